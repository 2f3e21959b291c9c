"""The network of chapter 5: recurrent neurons that hear events, and a leaky readout."""

import math

import torch
from torch import Tensor, nn

from helpers import require
from helpers.network import over_time
from helpers.neuron import LI
from helpers.recurrent.neuron import RecurrentLIF
from helpers.spoken.ear import STEP_SECONDS


class SpokenNet(nn.Module):
    """One layer of recurrent LIF neurons, and a leaky readout that never spikes.

    Args:
        n_inputs: channels of the ear
        n_hidden: recurrent neurons
        n_classes: neurons in the readout
        recurrent: whether the neurons hear each other
        learn_time: whether their time constants are learned, one pair for each neuron
        alpha: steepness of the surrogate gradient, see `helpers.neuron.LIF`
        dropout: share of the neurons that the readout does not hear in training, others for each
            example
        delay: time steps until a spike reaches the other neurons
        dt: time step, s

    Raises:
        InputError: when an argument is not allowed
    """

    def __init__(
        self,
        n_inputs: int = 80,
        n_hidden: int = 256,
        n_classes: int = 10,
        recurrent: bool = True,
        learn_time: bool = True,
        alpha: float = 5.0,
        dropout: float = 0.2,
        delay: int = 1,
        dt: float = STEP_SECONDS,
    ):
        super().__init__()
        require(n_hidden >= 1, f"n_hidden is {n_hidden}: it must be at least 1.")
        require(0 < alpha < math.inf, f"alpha is {alpha}: it must be a number above 0.")
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
            z = z * kept.to(z) / (1 - self.dropout)  # what the readout hears
        v, _ = self.readout(over_time(self.out, z))
        return v
