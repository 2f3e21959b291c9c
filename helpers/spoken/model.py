"""The network that hears spoken digits, and its training: `helpers.train fit --own spoken`."""

import torch
from torch import Tensor, nn

from helpers import choose, require
from helpers.classifier import SpikingClassifier
from helpers.network import Decoding, over_time
from helpers.neuron import LI
from helpers.recurrent.neuron import RecurrentLIF
from helpers.spoken import shd
from helpers.spoken.augmentation import augment, move_at_random
from helpers.spoken.data import SOUNDS, Data, SoundName

__all__ = ["Data", "Listener", "Model", "SpokenNet"]  # --own takes Data and Model from one module


class SpokenNet(nn.Module):
    """One layer of recurrent LIF neurons, and a leaky readout that never spikes.

    Args:
        n_hidden: recurrent neurons
        recurrent: whether the neurons receive each other's spikes
        learn_time: whether their time constants are learned, one pair for each neuron
        alpha: steepness of the surrogate gradient, see `helpers.neuron.LIF`
        dropout: share of the neurons that the readout does not receive in training, others for each
            example
        delay: time steps until a spike reaches the other neurons
        data: the data set, which has its numbers of channels and of classes, and its time step

    Raises:
        InputError: when an argument is not allowed
    """

    def __init__(
        self,
        n_hidden: int = 256,
        recurrent: bool = True,
        learn_time: bool = True,
        alpha: float = 5.0,
        dropout: float = 0.2,
        delay: int = 1,
        data: SoundName = "spoken",
    ):
        super().__init__()
        n_inputs, n_classes, dt = choose(SOUNDS, data, "data")
        require(n_hidden >= 1, f"n_hidden is {n_hidden}: it must be at least 1.")
        require(0 <= dropout < 1, f"dropout is {dropout}: it must be at least 0 and below 1.")
        self.dropout = dropout
        self.lif = RecurrentLIF(
            n_inputs,
            n_hidden,
            tau_mem_inv=1 / 0.067,  # 63 ms at the start, see chapter 5
            tau_syn_inv=1 / 0.021,
            spread=0.5,
            learn=learn_time,
            alpha=alpha,
            dt=dt,
            delay=delay,
        )
        self.out = nn.Linear(n_hidden, n_classes, bias=False)
        self.readout = LI()  # its decays are those of 10 and 5 time steps
        with torch.no_grad():
            self.out.weight *= 4  # of what torch.nn.Linear starts with
            if not recurrent:
                self.lif.recurrent_weights.zero_()
        self.lif.recurrent_weights.requires_grad_(recurrent)

    def forward(self, x: Tensor) -> Tensor:
        """Return the readout voltage over time, (seq_length, batch, n_classes).

        x: numbers of events, (seq_length, batch, n_inputs), float
        """
        z, _ = self.lif(x)
        if self.training:
            # drawn on the CPU: the same for any device
            kept = torch.bernoulli(torch.full(z.shape[1:], 1 - self.dropout))
            z = z * kept.to(z) / (1 - self.dropout)  # what the readout receives
        v, _ = self.readout(over_time(self.out, z))
        return v


class Listener(SpikingClassifier):
    """Trains a network on sounds. Each recording is stretched, moved and partly silenced.

    How it trains, what it logs and what it keeps is SpikingClassifier's.

    Args:
        net: takes events (seq_length, batch, n_channels)
        learning_rate: the highest one; it rises over the first tenth of the steps, then falls along
            a cosine to 0
        decode: how the readout voltage becomes one logit a class
        label_smoothing: how much of the probability training asks for goes to all classes alike
        distort: change the training recordings
        options: the others of SpikingClassifier
    """

    def __init__(
        self,
        net: nn.Module,
        learning_rate: float = 2e-2,
        decode: Decoding = "mean",
        label_smoothing: float = 0.05,
        distort: bool = True,
        **options,
    ):
        super().__init__(net, decode, learning_rate, label_smoothing=label_smoothing, **options)
        self.distort = distort

    def augment(self, x: Tensor) -> Tensor:
        """Change a batch of events (batch, seq_length, n_channels), each example in another way."""
        if not self.distort:
            return x
        if x.shape[2] == shd.N_CHANNELS:  # they are not pairs of up and down
            return move_at_random(x)
        return augment(x)


class Model(Listener):
    """Trains a SpokenNet on sounds.

    Args:
        n_hidden: recurrent neurons
        recurrent: whether the neurons receive each other's spikes
        learn_time: whether their time constants are learned, one pair for each neuron
        alpha: steepness of the surrogate gradient
        dropout: share of the neurons that the readout does not receive in training
        delay: time steps until a spike reaches the other neurons; at 10, it takes 80 ms (SHD: 140)
        data: the data set, which has its numbers of channels and of classes, and its time step
        options: the others of Listener
    """

    def __init__(
        self,
        n_hidden: int = 256,
        recurrent: bool = True,
        learn_time: bool = True,
        alpha: float = 5.0,
        dropout: float = 0.2,
        delay: int = 1,
        data: SoundName = "spoken",
        **options,
    ):
        net = SpokenNet(n_hidden, recurrent, learn_time, alpha, dropout, delay, data)
        super().__init__(net, **options)
