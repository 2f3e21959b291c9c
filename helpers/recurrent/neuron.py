"""Recurrent leaky integrate-and-fire neurons, computed for a whole sequence at once.

Each neuron receives the spikes of all neurons of its layer, one time step late or more. This takes
a matrix product for each block of as many steps. The input's product is one for all steps, and the
backward pass is written out, in scan.py. With a delay of one step, every result equals that of
Norse's recurrent cell (tests/recurrent/test_recurrent.py).
"""

import math

import torch
from norse.torch.functional.lif import LIFState
from torch import Tensor, nn

from helpers import require
from helpers.neuron import DT, check_constants, check_state
from helpers.recurrent.scan import Connections, RecurrentScan

INPUT_GAIN = 3.0  # the first input weights, in units of those that torch.nn.Linear starts with
RECURRENT_GAIN = 0.4  # the first recurrent weights: their standard deviation times sqrt(n_hidden)


class RecurrentLIF(nn.Module):
    """Leaky integrate-and-fire neurons that receive each other's spikes, over a whole sequence.

    One time step, from the state (z, v, i) that the step before left:

        j = i + W x + R z, with the z of `delay` steps ago
        v = v + a (v_leak - v + j)
        z = 1 where v > v_th, else 0
        v = (1 - z) v + z v_reset
        i = b j

    Each neuron has its own a = dt * tau_mem_inv and b = 1 - dt * tau_syn_inv. Both stay between
    0 and 1, as the parameters are raw_a and raw_b: a = sigmoid(raw_a), b = sigmoid(raw_b).
    The weights have Norse's names: W is input_weights, R is recurrent_weights. No neuron receives
    its own spikes. Gradients ignore the reset, as in Norse's recurrent cell; those of Norse's cell
    without recurrence, and of LIF in neuron.py, do not.

    Equations: `norse.torch.functional.lif.lif_step`. Surrogate: SuperSpike, Zenke and Ganguli 2018,
    section 3.3.2, doi:10.1162/neco_a_01086.

    Args:
        n_inputs: input channels
        n_hidden: neurons
        tau_mem_inv: inverse time constant of the membrane at the start, 1/s
        tau_syn_inv: inverse time constant of the synapse at the start, 1/s
        spread: standard deviation of raw_a and raw_b at the start, so that neurons differ
        learn: whether the time constants are learned
        v_th: threshold, dimensionless
        v_reset: voltage after a spike
        v_leak: resting voltage
        alpha: steepness of the surrogate gradient 1 / (alpha * |v - v_th| + 1)^2; Norse's is 1
        dt: length of a time step, s
        delay: time steps until a spike arrives: 1 as in Norse, or more; or for each sending neuron
            its own, (n_hidden,)
    """

    sends_spikes = True  # also where all of them are 0
    own = slice(None)  # the neurons that this process computes

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        tau_mem_inv: float | Tensor = 100.0,
        tau_syn_inv: float | Tensor = 200.0,
        spread: float = 0.0,
        learn: bool = True,
        v_th: float = 1.0,
        v_reset: float = 0.0,
        v_leak: float = 0.0,
        alpha: float = 1.0,
        dt: float = DT,
        delay: int | Tensor = 1,
    ):
        super().__init__()
        check_constants(alpha=alpha)
        check_constants(-math.inf, v_th=v_th, v_reset=v_reset, v_leak=v_leak)
        self.n_inputs = n_inputs
        self.n_hidden = n_hidden
        self.v_th = v_th
        self.v_reset = v_reset
        self.v_leak = v_leak
        self.alpha = alpha
        self.dt = dt
        delays = torch.as_tensor(delay)
        is_whole = not delays.is_floating_point() and delays.shape in ((), (n_hidden,))
        require(
            is_whole and (delays >= 1).all(),
            f"delay is {delay}: it must be a whole number of time steps, at least 1, or {n_hidden} "
            "of them, one for each neuron.",
        )
        if delays.dim():
            self.register_buffer("delay", delays.long())
        else:
            self.delay = int(delays)

        input_weights, recurrent_weights, noise = self.draw(n_hidden)
        recurrent_weights[:, self.own].fill_diagonal_(0.0)
        self.input_weights = nn.Parameter(input_weights)
        self.recurrent_weights = nn.Parameter(recurrent_weights)
        raw_a = _raw("tau_mem_inv", tau_mem_inv, dt).expand(n_hidden)[self.own]
        raw_b = -_raw("tau_syn_inv", tau_syn_inv, dt).expand(n_hidden)[self.own]
        self.raw_a = nn.Parameter(spread * noise[:, 0] + raw_a, learn)
        self.raw_b = nn.Parameter(spread * noise[:, 1] + raw_b, learn)

    def connect(self) -> Connections:
        """What brings spikes to the neurons that receive them."""
        return Connections(self.delay)

    def draw(self, n_rows: int, generator: torch.Generator | None = None) -> list[Tensor]:
        """The first weights of the inputs and of so many neurons, and what makes these differ."""
        bound = INPUT_GAIN / math.sqrt(self.n_inputs)
        w = torch.empty(n_rows, self.n_inputs).uniform_(-bound, bound, generator=generator)
        r = torch.randn(n_rows, self.n_hidden, generator=generator)
        noise = torch.randn(2, n_rows, generator=generator)
        return [w, r * RECURRENT_GAIN / math.sqrt(self.n_hidden), noise.T]

    @property
    def tau_mem_inv(self) -> Tensor:
        """Inverse time constants of the membranes as they are now, (n_hidden,), 1/s."""
        return self.raw_a.sigmoid() / self.dt

    @property
    def tau_syn_inv(self) -> Tensor:
        """Inverse time constants of the synapses as they are now, (n_hidden,), 1/s."""
        return self.raw_b.neg().sigmoid() / self.dt

    @torch.compiler.disable  # else torch.compile unrolls the loop, for many minutes
    def forward(self, x: Tensor, state: LIFState | None = None) -> tuple[Tensor, LIFState]:
        """Spikes and the state after the last step. A state is kept in float32 at least.

        Args:
            x: input, (seq_length, batch, n_inputs)
            state: where an earlier call stopped: z, v and i, (batch, n_hidden). None: at rest. With
                a delay above 1, z has the spikes on their way, oldest first: (longest delay, batch,
                n_hidden)

        Returns:
            Spikes, (seq_length, batch, n_hidden), of the type of x, or of autocast; and the state.

        Raises:
            InputError: x or the state has another shape, or x is not of a floating type.
        """
        require(
            x.dim() == 3 and x.shape[-1] == self.n_inputs and x.numel() > 0,
            f"x has the shape {tuple(x.shape)}: it must be (seq_length, batch, {self.n_inputs}), "
            "with at least one time step and one example.",
        )
        require(x.is_floating_point(), f"x is of {x.dtype}: it must be of a floating type.")
        connections = self.connect()
        longest = connections.longest
        shape = x.shape[1], len(self.raw_a)
        z_shape = shape
        if longest > 1:
            z_shape = longest, *shape

        products = nn.functional.linear(x, self.input_weights)  # of all steps at once
        exact = torch.promote_types(products.dtype, torch.float32)
        connections.is_at_rest = state is None
        if state is None:
            rest = torch.zeros_like(products[0], dtype=exact)
            state = LIFState(z=rest.new_zeros(z_shape), v=rest + self.v_leak, i=rest)
        state = check_state(state, LIFState, z=z_shape, v=shape, i=shape)
        z = state.z.to(products.dtype).reshape(longest, *shape)
        spikes, v, i = RecurrentScan.apply(
            products.to(exact),
            self.recurrent_weights.to(products.dtype),
            self.raw_a.to(exact),
            self.raw_b.to(exact),
            z,
            state.v.to(exact) - self.v_leak,
            state.i.to(exact),
            (self.v_th - self.v_leak, self.v_reset - self.v_leak, self.alpha),
            connections,
        )
        z = torch.cat([z, spikes[-longest:]])[-longest:]
        return spikes, LIFState(z=z.view(z_shape), v=v + self.v_leak, i=i)


def _raw(name: str, rate: float | Tensor, dt: float) -> Tensor:
    """The number whose sigmoid is dt * rate, computed in float64."""
    raw = (dt * torch.as_tensor(rate, dtype=torch.float64)).logit()
    require(
        raw.isfinite().all(), f"{name} is {rate}: it must be above 0 and below 1 / dt, {1 / dt:g}."
    )
    return raw.to(torch.get_default_dtype())
