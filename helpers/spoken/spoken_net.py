"""The network of chapter 7: recurrent neurons that hear events, and a leaky readout."""

import math
from typing import NamedTuple

import torch
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.functional.lif import LIFState

from helpers import require
from helpers.network import over_time
from helpers.neuron import LI
from helpers.recurrent.neuron import RecurrentLIF
from helpers.spoken.ear import STEP_SECONDS

TAU_MEM = 0.067  # s, of the membranes at the start
TAU_SYN = 0.021  # s, of the synapses at the start
SPREAD = 0.5  # neurons differ at the start: see RecurrentLIF
OUT_GAIN = 4.0  # the first readout weights, in units of those that torch.nn.Linear starts with


class SpokenState(NamedTuple):
    """Neurons and readout after the last time step; each part is (batch, ...)."""

    lif: LIFState
    readout: LIState


class SpokenNet(torch.nn.Module):
    """One layer of recurrent LIF neurons, and a leaky readout that never spikes.

    A time step is as long as the ear's, 8 ms.

    Args:
        n_inputs: channels of the ear
        n_hidden: recurrent neurons
        n_classes: neurons in the readout
        recurrent: whether the neurons hear each other
        learn_time: whether their time constants are learned, one pair for each neuron
        alpha: steepness of the surrogate gradient, see `helpers.neuron.LIF`
        dropout: share of the neurons that the readout does not hear in training, others for each
            example

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
    ):
        super().__init__()
        for name, n in (("n_inputs", n_inputs), ("n_hidden", n_hidden), ("n_classes", n_classes)):
            require(n >= 1, f"{name} is {n}: it must be at least 1.")
        require(0 < alpha < math.inf, f"alpha is {alpha}: it must be a number above 0.")
        require(0 <= dropout < 1, f"dropout is {dropout}: it must be at least 0 and below 1.")
        self.dropout = dropout
        self.lif = RecurrentLIF(
            n_inputs,
            n_hidden,
            tau_mem_inv=1 / TAU_MEM,
            tau_syn_inv=1 / TAU_SYN,
            spread=SPREAD,
            learn=learn_time,
            alpha=alpha,
            dt=STEP_SECONDS,
        )
        self.out = torch.nn.Linear(n_hidden, n_classes, bias=False)
        self.readout = LI()  # its decays are those of 10 and 5 time steps
        with torch.no_grad():
            self.out.weight *= OUT_GAIN
            if not recurrent:
                self.lif.recurrent_weights.zero_()
        self.lif.recurrent_weights.requires_grad_(recurrent)

    def forward(
        self, x: torch.Tensor, state: SpokenState | None = None, return_state: bool = False
    ):
        """Return the readout voltage over time.

        Args:
            x: numbers of events, (seq_length, batch, n_inputs), float
            state: where an earlier call stopped, so a sound can be heard in pieces
            return_state: return the state as well

        Returns:
            Voltages (seq_length, batch, n_classes); with return_state a pair, these and the state.
        """
        lif_state, readout_state = state or (None, None)
        z, lif_state = self.lif(x, lif_state)
        heard = z
        if self.training and self.dropout:
            # drawn on the CPU: the same for any device
            kept = torch.bernoulli(torch.full(z.shape[1:], 1 - self.dropout))
            heard = z * kept.to(z) / (1 - self.dropout)
        v, readout_state = self.readout(over_time(self.out, heard), readout_state)
        if return_state:
            return v, SpokenState(lif_state, readout_state)
        return v
