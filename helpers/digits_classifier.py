"""The classifier of the digits: the spiking network of chapter 1, encoder and distortion."""

import math

import torch
import torch.nn.functional as F

from helpers import require
from helpers.assets.digits import DataName
from helpers.classifier import SpikingClassifier
from helpers.encoders import Encoding
from helpers.model import SpikingConvNet


class DigitsClassifier(SpikingClassifier):
    """Trains a SpikingConvNet to classify images of digits.

    How it trains, what it logs and what it keeps is SpikingClassifier's.
    `DigitsClassifier.load_from_checkpoint(path)` brings back a trained one.

    Args:
        seq_length: time steps of 1 ms for which an image is shown
        encoding: how images become a sequence: the image as a constant current, spikes of one LIF
            neuron per pixel, random spikes, or one spike, earlier if brighter
        alpha: steepness of the surrogate gradient; Norse's is 1, and chapter 3 compares the two
        distort: how far each training image is turned, scaled, sheared and moved; 1: by up to 12
            degrees, 12 % and 1.6 pixels, 0: not at all. It makes up for few images
        n_hidden: neurons in the hidden layer
        n_classes: neurons in the readout
        compile: on an NVIDIA GPU, compile neurons and pooling: much faster after some seconds;
            null: where that works. A CPU needs none
        data: the data set by whose pixels the images are normalised
        recompute: for long sequences: keep the network's state alone after so many time steps, and
            compute the rest anew in the backward pass: less memory, more time. 0: keep all
        options: the others of SpikingClassifier

    Raises:
        InputError: when an argument is not allowed
    """

    def __init__(
        self,
        seq_length: int = 8,
        encoding: Encoding = "current",
        alpha: float = 5.0,
        distort: float = 1.0,
        n_hidden: int = 500,
        n_classes: int = 10,
        compile: bool | None = False,
        data: DataName = "MNIST",
        recompute: int = 0,
        **options,
    ):
        require(0 <= distort <= 2, f"distort is {distort}: it must be between 0 and 2.")
        net = SpikingConvNet(
            seq_length, encoding, alpha, n_hidden, n_classes, compile, data, recompute
        )
        super().__init__(net, **options)
        self.pixels = net.pixels
        self.distort = distort
        self.example_input_array = torch.zeros(2, 1, 28, 28)

    def to_sequence(self, x: torch.Tensor) -> torch.Tensor:
        return self.net.to_sequence(x).to(self.dtype)

    def augment(self, x: torch.Tensor) -> torch.Tensor:
        """Distort images (batch, 1, 28, 28), each in another way. Spikes stay as they are."""
        if self.distort == 0 or x.dim() != 4:
            return x
        # drawn on the CPU: the same for any device
        numbers = self.distort * (2 * torch.rand(len(x), 7, 1) - 1)
        angle = math.radians(12) * numbers[:, :1]
        stretch = 0.12 * numbers[:, 1:5].view(-1, 2, 2)
        move = 1.6 / 14 * numbers[:, 5:]  # -1 to 1 is the whole image
        rotation = torch.cat([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1)
        matrix = rotation.view(-1, 2, 2) @ (torch.eye(2) + stretch)
        transform = torch.cat([matrix, move], 2).to(x)
        grid = F.affine_grid(transform, x.shape, align_corners=False)
        black = -self.pixels.mean / self.pixels.std
        return F.grid_sample(x - black, grid, align_corners=False) + black
