"""How images become a sequence of spikes or currents."""

from typing import Literal

import torch
from norse.torch.functional.encode import (
    constant_current_lif_encode,
    poisson_encode,
    spike_latency_lif_encode,
)

from helpers import choose, require
from helpers.assets.digits import PIXELS, Pixels

# normalised images (batch, 1, 28, 28), seq_length, Pixels -> (seq_length, batch, 1, 28, 28)
ENCODERS = {
    # The image itself at each time step.
    "current": lambda images, seq_length, pixels: images.expand(seq_length, *images.shape),
    # The spikes of one LIF neuron for each pixel.
    "lif": lambda images, seq_length, pixels: constant_current_lif_encode(images, seq_length),
    # Random spikes, the more the brighter the pixel: 1000 Hz for brightness 1.
    "poisson": lambda images, seq_length, pixels: poisson_encode(
        pixels.brightness(images), seq_length, f_max=1000.0
    ),
    # One spike for each pixel, the earlier the brighter it is.
    "latency": lambda images, seq_length, pixels: spike_latency_lif_encode(images, seq_length),
}
Encoding = Literal[tuple(ENCODERS)]


def encode(
    images: torch.Tensor,
    encoding: Encoding,
    seq_length: int,
    pixels: Pixels = PIXELS["MNIST"],
) -> torch.Tensor:
    """Images (batch, 1, 28, 28) as a sequence (seq_length, batch, 1, 28, 28), by one of ENCODERS.

    pixels: by which the images are normalised
    """
    is_normalised = images.is_floating_point() and (images.is_cuda or images.max() < 100)
    require(is_normalised, f"images are {images.dtype}, or above 100: normalise them.")
    return choose(ENCODERS, encoding, "encoding")(images, seq_length, pixels)
