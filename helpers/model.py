"""The spiking network of chapter 1 for images of digits."""

from functools import partial
from typing import NamedTuple

import torch
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.functional.lif import LIFFeedForwardState

from helpers import choose, require
from helpers.assets.digits import PIXELS, DataName
from helpers.encoders import ENCODERS, Encoding, encode
from helpers.network import in_segments, over_time
from helpers.neuron import LI, LIF


class SpikingConvNetState(NamedTuple):
    """Each layer of neurons after the last time step; v and i are shaped (batch, ...)."""

    lif1: LIFFeedForwardState
    lif2: LIFFeedForwardState
    lif3: LIFFeedForwardState
    readout: LIState


class SpikingConvNet(torch.nn.Module):
    """Two spiking convolutions, a spiking hidden layer, and a leaky readout that never spikes.

    The layers are those of `norse.torch.ConvNet`, after LeCun et al. 1998, doi:10.1109/5.726791.
    Where Norse multiplies the current of the second convolution by 10 at every step, here the
    initial weights are larger: that costs nothing.

    Args:
        seq_length: time steps of 1 ms for which an image is shown
        encoding: how images become a sequence: a key of ENCODERS
        alpha: steepness of the surrogate gradient: 1 is Norse's, DigitsClassifier takes 5
        n_hidden: neurons in the hidden layer
        n_classes: neurons in the readout
        compile: on an NVIDIA GPU, compile neurons and pooling; None: where that works. See
            `helpers.engine.kernels`
        data: the data set by whose pixels the images are normalised
        recompute: for long sequences: keep the state alone after so many time steps, and compute
            the rest anew in the backward pass: less memory, more time. 0: keep all

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
        recompute: int = 0,
    ):
        super().__init__()
        # more would take longer, or more memory, than anyone has
        for name, size, largest in (
            ("seq_length", seq_length, 10_000),
            ("n_hidden", n_hidden, 1_000_000),
            ("n_classes", n_classes, 100_000),
        ):
            require(
                1 <= size <= largest,
                f"{name} is {size}: it must be between 1 and {largest:,}.",
            )
        require(recompute >= 0, f"recompute is {recompute}: it must be a number of steps, or 0.")
        self.seq_length = seq_length
        self.pixels = choose(PIXELS, data, "data")
        choose(ENCODERS, encoding, "encoding")
        self.encoding = encoding
        self.recompute = recompute
        lif = partial(LIF, alpha=alpha, compile=compile)
        self.conv1 = torch.nn.Conv2d(1, 20, kernel_size=5)
        self.lif1 = lif()
        self.conv2 = torch.nn.Conv2d(20, 50, kernel_size=5)
        self.lif2 = lif()
        self.hidden = torch.nn.Linear(50 * 4 * 4, n_hidden)
        self.lif3 = lif()
        self.out = torch.nn.Linear(n_hidden, n_classes, bias=False)
        self.readout = LI(compile=compile)
        # PyTorch's initial weights, made for ReLU, leave the deeper layers silent
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                parameter *= 2 if name.startswith("conv1") else 4
        # on an Apple GPU its gradients were 30 times slower: pytorch issue 193349
        if not torch.backends.mps.is_available():
            self.to(memory_format=torch.channels_last)

    def forward(
        self,
        x: torch.Tensor,
        state: SpikingConvNetState | None = None,
        return_state: bool = False,
    ):
        """Return the readout voltage over time.

        Args:
            x: normalised images (batch, 1, 28, 28), shown for seq_length steps, or spikes
                (seq_length, batch, 1, 28, 28)
            state: where an earlier call stopped, to go on from there; None starts every neuron
                from rest
            return_state: return the state as well

        Returns:
            Voltage v, (seq_length, batch, n_classes), dimensionless; with return_state a pair, v
            and the state.

        Raises:
            InputError: when x has another shape or is no floating-point tensor
        """
        _check_input(x)
        x = self.to_sequence(x)  # does nothing if the classifier has done it
        if self.recompute and torch.is_grad_enabled():
            if x.dim() == 4:
                x = x.expand(self.seq_length, *x.shape)
            v, state = in_segments(self._run, x, state, self.recompute)
        else:
            v, state = self._run(x, state)
        return (v, state) if return_state else v

    def _run(self, x, state):
        s1, s2, s3, s4 = state or [None] * 4
        if x.dim() == 4:  # the same at each time step: one convolution does for all
            z, s1 = self.lif1(self._first_current(x), s1, self.seq_length, pool=True)
        else:
            z, s1 = self.lif1(over_time(self._first_current, x), s1, pool=True)
        # z is (seq_length, batch, 20, 12, 12)
        z, s2 = self.lif2(over_time(self.conv2, z), s2, pool=True)
        z = z.flatten(2)  # (seq_length, batch, 50 * 4 * 4)
        z, s3 = self.lif3(over_time(self.hidden, z), s3)  # (seq_length, batch, n_hidden)
        v, s4 = self.readout(over_time(self.out, z), s4)  # (seq_length, batch, n_classes)
        return v, SpikingConvNetState(s1, s2, s3, s4)

    def to_sequence(self, x: torch.Tensor) -> torch.Tensor:
        """Encode images (batch, 1, 28, 28); a sequence stays as it is.

        With the encoding "current" images do too: at each time step, they are the same.
        """
        if x.dim() == 5 or self.encoding == "current":
            return x
        return encode(x, self.encoding, self.seq_length, self.pixels)

    def _first_current(self, x):
        # on a CPU bfloat16 is no faster here, and moves many spikes
        with torch.autocast("cpu", enabled=False):
            return self.conv1(x)


def _check_input(x) -> None:
    is_tensor = isinstance(x, torch.Tensor)
    given = tuple(x.shape) if is_tensor else type(x).__name__
    require(
        is_tensor and x.dim() in (4, 5) and x.shape[-3:] == (1, 28, 28) and x.numel() > 0,
        f"the network got {given}: it takes images (batch, 1, 28, 28) or spikes (seq_length, "
        "batch, 1, 28, 28).",
    )
    require(
        x.is_floating_point(),
        f"the network got {x.dtype}: normalise images to float32 first, as helpers.assets.digits "
        "does.",
    )
