"""Leaky integrate-and-fire neurons, computed for a whole sequence at once.

Chapter 1 builds one time step by hand. These are the same equations over `seq_length` steps, with
the backward pass written out. Every result equals that of Norse's cells, step by step
(tests/test_neuron.py).
"""

import functools

import torch
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.functional.lif import LIFFeedForwardState

from helpers.engine.kernels import is_above, run_neurons

DT = 1e-3  # s, one time step


def lif_forward(x, v, i, seq_length, keep_voltages, dtype, a, b, v_th, v_reset, alpha):
    """Run LIF over time. Returns spikes, voltages before the reset, and the last v and i.

    `run_neurons` of engine/kernels.py calls this. From a on, the arguments are the constants that
    LIF.forward makes, below.

    Args:
        x: input current, (seq_length, neurons), or (neurons,) if it is the same at each step
        v, i: first voltage and current, (neurons,), measured from v_leak
        seq_length: time steps
        keep_voltages: whether voltages are returned, which the backward pass needs
        dtype: type of the spikes
        a, b: dt * tau_mem_inv and dt * tau_syn_inv
        v_th, v_reset: threshold, and voltage after a spike, measured from v_leak
        alpha: for the backward pass only
    """
    is_compiling = torch.compiler.is_compiling()
    is_constant = x.dim() == 1
    spikes = []
    voltages = []
    z_buffer = v.new_empty(seq_length, *v.shape, dtype=dtype)
    inputs = [x] * seq_length if is_constant else x.unbind(0)
    for x_t, z_t in zip(inputs, z_buffer.unbind(0)):
        i = i + x_t
        v = v + a * (i - v)
        z = is_above(v, v_th, z_t)  # written into z_buffer, unless this is compiled
        if is_compiling:
            spikes.append(z.to(dtype))
        if keep_voltages:
            voltages.append(v)
        v = torch.addcmul(v, z, v, value=-1)  # (1 - z) * v
        if v_reset:
            v = torch.add(v, z, alpha=v_reset)
        i = i - b * i
    z = torch.stack(spikes) if is_compiling else z_buffer
    return z, voltages, v, i


def lif_backward(voltages, dz, dv, di, is_constant, a, b, v_th, v_reset, alpha):
    """Return the gradients for x, v and i of `lif_forward`, from those for its z, v and i.

    This is the chain rule, line by line, for the loop of `lif_forward`, from its end to its
    beginning. Only the step z = (v > v_th) is an exception: its slope is 0 almost everywhere, so
    we use that of SuperSpike instead. We carry a * dv along, which is what goes from v on to i.
    Each line does in one operation what its comment says.
    """
    is_compiling = torch.compiler.is_compiling()
    dx = []
    a_dv = a * dv
    z_buffer = torch.empty_like(dv)
    for v, dz_t in zip(reversed(voltages), reversed(dz.unbind(0))):
        # (alpha * |v - v_th| + 1)^2, or 1 / slope
        surrogate = torch.rsub((v - v_th).abs(), 1, alpha=-alpha) ** 2
        # dz + dv * (v_reset - v), without v_reset
        through_z = torch.addcmul(dz_t, a_dv, v, value=-1 / a)
        if v_reset:
            through_z = torch.add(through_z, a_dv, alpha=v_reset / a)
        # (1 - z) * dv
        a_dv = torch.addcmul(a_dv, is_above(v, v_th, z_buffer), a_dv, value=-1)
        # dv + through_z / surrogate
        a_dv = torch.addcdiv(a_dv, through_z, surrogate, value=a)
        # (1 - b) * di + a * dv
        if is_compiling:
            di = (1 - b) * di + a_dv
        else:  # in one operation: compiled, that would keep all dx twice
            di = torch.add(a_dv, di, alpha=1 - b)
        a_dv.mul_(1 - a)
        if is_constant and dx:
            dx[0] = dx[0] + di  # of a constant x, the sum so far
        else:
            dx.append(di)
    dx = dx[0] if is_constant else torch.stack(dx[::-1])
    return dx, a_dv / a, di


def li_forward(x, v, i, seq_length, keep_voltages, dtype, a, b):
    """Run LI over time. Like `lif_forward` without a threshold; returns voltages, not spikes."""
    voltages = []
    for x_t in x.unbind(0):
        i = i + x_t
        v = v + a * (i - v)
        i = i - b * i
        voltages.append(v)
    return torch.stack(voltages), (), v, i


def li_backward(voltages, dz, dv, di, is_constant, a, b):
    """Return the gradients of `li_forward`; dz are those for its voltages.

    All is linear, so the voltages themselves are not needed.
    """
    dx = []
    a_dv = a * dv
    for dz_t in reversed(dz.unbind(0)):
        a_dv = torch.add(a_dv, dz_t, alpha=a)
        di = torch.add(a_dv, di, alpha=1 - b)
        a_dv = (1 - a) * a_dv
        dx.append(di)
    return torch.stack(dx[::-1]), a_dv / a, di


class LIF(torch.nn.Module):
    """Leaky integrate-and-fire neurons with current-based synapses, over a whole sequence.

    Equations: `norse.torch.functional.lif.lif_feed_forward_step`. Surrogate: SuperSpike, Zenke and
    Ganguli 2018, section 3.3.2, doi:10.1162/neco_a_01086.

    Args:
        tau_mem_inv: inverse time constant of the membrane, 1/s
        tau_syn_inv: inverse time constant of the synapse, 1/s
        v_th: threshold, dimensionless
        v_reset: voltage after a spike
        v_leak: resting voltage
        alpha: steepness of the surrogate gradient 1 / (alpha * |v - v_th| + 1)^2. Norse 1.1.0
            always computes with 1.
        compile: let torch.compile make one loop of all time steps: much faster, after some seconds
            for each seq_length; None: on an NVIDIA GPU alone
    """

    def __init__(
        self,
        tau_mem_inv: float = 100.0,
        tau_syn_inv: float = 200.0,
        v_th: float = 1.0,
        v_reset: float = 0.0,
        v_leak: float = 0.0,
        alpha: float = 1.0,
        compile: bool | None = False,
    ):
        super().__init__()
        self.tau_mem_inv = tau_mem_inv
        self.tau_syn_inv = tau_syn_inv
        self.v_th = v_th
        self.v_reset = v_reset
        self.v_leak = v_leak
        self.alpha = alpha
        self.wants_compiling = compile

    def forward(self, x, state: LIFFeedForwardState | None = None, seq_length: int | None = None):
        """Return spikes, and the state after the last step.

        Voltage and current are kept in float32 at least.

        Args:
            x: input current, (seq_length, batch, ...); with seq_length given (batch, ...), the
                same at each step
            state: where an earlier call stopped, v and i shaped (batch, ...); None starts from rest
            seq_length: time steps for which a constant x flows

        Returns:
            Spikes z, (seq_length, batch, ...), of the type of x, or under autocast of its type;
            and the state (v, i).
        """
        if state is None:
            first_x = x if seq_length else x[0]
            v = torch.zeros_like(first_x, dtype=_exact_type(x))
            i = torch.zeros_like(v)
        else:
            v = state.v - self.v_leak
            i = state.i
        constants = (
            _step_size(self.tau_mem_inv, v.dtype),
            _step_size(self.tau_syn_inv, v.dtype),
            self.v_th - self.v_leak,
            self.v_reset - self.v_leak,
            self.alpha,
        )
        # engine/kernels.py runs the two functions above on all neurons at once
        z, v, i = run_neurons(
            lif_forward, lif_backward, x, v, i, seq_length, constants, self.wants_compiling
        )
        return z, LIFFeedForwardState(v=v + self.v_leak, i=i)


class LI(torch.nn.Module):
    """Leaky integrators: like LIF without threshold, so the voltage itself is the output.

    Equations: `norse.torch.functional.leaky_integrator.li_feed_forward_step`, with v_leak = 0.

    Args:
        tau_mem_inv: inverse time constant of the membrane, 1/s
        tau_syn_inv: inverse time constant of the synapse, 1/s
        compile: as for LIF
    """

    def __init__(
        self,
        tau_mem_inv: float = 100.0,
        tau_syn_inv: float = 200.0,
        compile: bool | None = False,
    ):
        super().__init__()
        self.tau_mem_inv = tau_mem_inv
        self.tau_syn_inv = tau_syn_inv
        self.wants_compiling = compile

    def forward(self, x, state: LIState | None = None):
        """Return voltages, shaped like x, and the state after the last step.

        Args:
            x: input current, (seq_length, batch, ...)
            state: where an earlier call stopped, v and i shaped (batch, ...); None starts from rest
        """
        if state is None:
            v = torch.zeros_like(x[0], dtype=_exact_type(x), memory_format=torch.contiguous_format)
            i = torch.zeros_like(v)
        else:
            v, i = state
        constants = (
            _step_size(self.tau_mem_inv, v.dtype),
            _step_size(self.tau_syn_inv, v.dtype),
        )
        voltages, v, i = run_neurons(
            li_forward, li_backward, x, v, i, None, constants, self.wants_compiling
        )
        return voltages, LIState(v=v, i=i)


def _exact_type(x: torch.Tensor) -> torch.dtype:
    """The type in which neurons of input x compute: float32, or float64 if x is."""
    return torch.promote_types(x.dtype, torch.float32)


@functools.cache
def _step_size(inverse_time_constant: float, dtype: torch.dtype) -> float:
    """dt / tau, rounded as Norse rounds it, so that results agree to the last bit."""
    return float(torch.tensor(inverse_time_constant, dtype=dtype) * DT)
