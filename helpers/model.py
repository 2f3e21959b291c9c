"""The spiking network of chapter 1, encoder included. helpers.classifier puts one of the decoders behind it."""

from contextlib import ExitStack
from functools import partial
from typing import Literal, NamedTuple

import torch
from norse.torch.functional.encode import constant_current_lif_encode, poisson_encode, spike_latency_lif_encode
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.functional.lif import LIFFeedForwardState

from helpers import require
from helpers.digits import PIXELS, DataName
from helpers.neuron import LI, LIF
from helpers.speed.kernels import FusedMaxPool

LAYERS = ("lif1", "lif2", "lif3")
ENCODERS = {  # normalised images (batch, 1, 28, 28), seq_length, Pixels -> a sequence (seq_length, batch, 1, 28, 28)
    # The image itself at each time step. It is not copied: so the network sees that one convolution does for all.
    "current": lambda images, seq_length, pixels: images.expand(seq_length, *images.shape),
    # The spikes of one LIF neuron for each pixel.
    "lif": lambda images, seq_length, pixels: constant_current_lif_encode(images, seq_length),
    # Random spikes, the more the brighter the pixel: 1000 Hz for brightness 1.
    "poisson": lambda images, seq_length, pixels: poisson_encode(pixels.brightness(images), seq_length, f_max=1000.0),
    # One spike for each pixel, the earlier the brighter it is.
    "latency": lambda images, seq_length, pixels: spike_latency_lif_encode(images, seq_length),
}
DECODERS = {  # readout voltage (seq_length, batch, n_classes) -> logits (batch, n_classes)
    "max": lambda v: v.amax(0),
    "mean": lambda v: v.mean(0),
    "last": lambda v: v[-1],
}
Encoding, Decoding = Literal[tuple(ENCODERS)], Literal[tuple(DECODERS)]


def choose(choices: dict, name: str, what: str):
    """The value of that name. Raises InputError, with all names, where there is none."""
    require(name in choices, f"{what} is {name!r}: it must be one of {', '.join(choices)}.")
    return choices[name]


def encode(images: torch.Tensor, encoding: Encoding, seq_length: int) -> torch.Tensor:
    """Images of MNIST (batch, 1, 28, 28) as a sequence (seq_length, batch, 1, 28, 28), by one of ENCODERS."""
    return choose(ENCODERS, encoding, "encoding")(images, seq_length, PIXELS["MNIST"])


class SpikingConvNetState(NamedTuple):
    """Where each layer of neurons stands after the last time step; v and i are shaped (batch, ...)."""

    lif1: LIFFeedForwardState
    lif2: LIFFeedForwardState
    lif3: LIFFeedForwardState
    readout: LIState


class SpikingConvNet(torch.nn.Module):
    """Two spiking convolutions, a spiking hidden layer, and a leaky readout that never spikes.

    The layers are those of `norse.torch.ConvNet`, after LeCun et al. 1998, doi:10.1109/5.726791. Where Norse multiplies
    the current of the second convolution by 10 at every step, here the initial weights are larger: that costs nothing.

    Args:
        seq_length: time steps of 1 ms for which an image is shown
        encoding: how images become a sequence: a key of ENCODERS
        alpha: steepness of the surrogate gradient, see `helpers.neuron.LIF`
        n_hidden: neurons in the hidden layer
        n_classes: neurons in the readout
        compile: compile the neurons and the pooling; None: on an NVIDIA GPU alone. See `helpers.speed.kernels`
        data: the data set by whose pixels the images are normalised

    Raises:
        InputError: when an argument is not allowed
    """

    def __init__(
        self,
        seq_length: int = 8,
        encoding: Encoding = "current",
        alpha: float = 1.0,
        n_hidden: int = 500,
        n_classes: int = 10,
        compile: bool | None = False,
        data: DataName = "MNIST",
    ):
        super().__init__()
        require(seq_length >= 1, f"seq_length is {seq_length}: it must be at least 1 time step.")
        require(alpha > 0, f"alpha is {alpha}: it must be above 0.")
        require(min(n_hidden, n_classes) >= 1, f"n_hidden and n_classes must be at least 1: {n_hidden}, {n_classes}.")
        self.seq_length, self.pixels = seq_length, choose(PIXELS, data, "data")
        self.encoder = choose(ENCODERS, encoding, "encoding")
        lif = partial(LIF, alpha=alpha, compile=compile)
        self.pool = FusedMaxPool(compile)
        self.conv1, self.lif1 = torch.nn.Conv2d(1, 20, kernel_size=5), lif()
        self.conv2, self.lif2 = torch.nn.Conv2d(20, 50, kernel_size=5), lif()
        self.hidden, self.lif3 = torch.nn.Linear(50 * 4 * 4, n_hidden), lif()
        self.out, self.readout = torch.nn.Linear(n_hidden, n_classes, bias=False), LI(compile=compile)
        with torch.no_grad():  # PyTorch's initial weights, made for ReLU, leave the deeper layers silent
            for layer, gain in ((self.conv1, 2), (self.conv2, 4), (self.hidden, 4), (self.out, 4)):
                for parameter in layer.parameters():
                    parameter *= gain
        if not torch.backends.mps.is_available():  # there its gradients were 30 times slower: pytorch issue 193349
            self.to(memory_format=torch.channels_last)

    def forward(self, x: torch.Tensor, state: SpikingConvNetState | None = None, return_state: bool = False):
        """Readout voltage over time.

        Args:
            x: normalised images (batch, 1, 28, 28), which are encoded, or spikes (seq_length, batch, 1, 28, 28)
            state: where an earlier call stopped, to go on from there; None starts every neuron from rest
            return_state: return the state as well

        Returns:
            Voltage v, (seq_length, batch, n_classes), dimensionless; with return_state a pair, v and the state.

        Raises:
            InputError: when x has another shape or is no floating-point tensor
        """
        _check_input(x)
        s1, s2, s3, s4 = state or (None, None, None, None)
        if x.dim() == 4:
            x = self.encoder(x, self.seq_length, self.pixels)
        if x.stride(0) == 0:  # the same at each time step: one convolution does for all
            z, s1 = self.lif1(self._first_current(x[0]), s1, len(x))  # (seq_length, batch, 20, 24, 24)
        else:
            z, s1 = self.lif1(over_time(self._first_current, x), s1)
        z, s2 = self.lif2(over_time(self.conv2, over_time(self.pool, z)), s2)  # (seq_length, batch, 50, 8, 8)
        z, s3 = self.lif3(over_time(self.hidden, over_time(self.pool, z).flatten(2)), s3)  # (..., n_hidden)
        v, s4 = self.readout(over_time(self.out, z), s4)  # (seq_length, batch, n_classes)
        return (v, SpikingConvNetState(s1, s2, s3, s4)) if return_state else v

    def _first_current(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", enabled=False):  # on a CPU bfloat16 is no faster here, and moves many spikes
            return self.conv1(x)


def record_spikes(net: torch.nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """What net gives for x, and of each of LAYERS that it has the spikes (seq_length, batch, ...); no gradients."""
    spikes = {}

    def keep(name, module, inputs, outputs):
        spikes[name] = outputs[0]

    with torch.no_grad(), ExitStack() as hooks:
        for name in LAYERS:
            if hasattr(net, name):
                hooks.enter_context(getattr(net, name).register_forward_hook(partial(keep, name)))
        return net(x), spikes


def over_time(layer, x: torch.Tensor) -> torch.Tensor:
    """Apply a layer without state to all time steps at once, as one large batch."""
    return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def _check_input(x) -> None:
    shape = tuple(x.shape) if isinstance(x, torch.Tensor) else type(x).__name__
    ok = isinstance(x, torch.Tensor) and x.dim() in (4, 5) and shape[-3:] == (1, 28, 28) and x.numel() > 0
    takes = "it takes images (batch, 1, 28, 28) or spikes (seq_length, batch, 1, 28, 28)."
    require(ok, f"the network got {shape}: {takes}")
    normalise = "normalise the images to float32 first, as helpers.data does."
    require(x.is_floating_point(), f"the network got {x.dtype}: {normalise}")
