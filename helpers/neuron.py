"""Leaky integrate-and-fire neurons, computed for a whole sequence at once.

Chapter 1 builds one time step by hand; these are the same equations over `seq_length` steps, with the backward pass
written out. Every result equals that of Norse's cells, step by step (tests/test_neuron.py).
"""

import functools

import torch
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.functional.lif import LIFFeedForwardState

from helpers.speed.kernels import is_above, run_neurons

DT = 1e-3  # s, one time step


def lif_forward(x, v, i, seq_length, keep, dtype, a, b, v_th, v_reset, alpha):
    """LIF over time: spikes, voltages before the reset (if they are to be kept), and the last v and i.

    x: (seq_length, neurons), or (neurons,), the same at each step; v and i: (neurons,), measured from v_leak
    keep: whether voltages are kept, for the backward pass; dtype: of the spikes
    a: dt * tau_mem_inv; b: dt * tau_syn_inv; alpha: for the backward pass only
    `run_neurons` of speed/kernels.py calls this. From a on, the arguments are the constants of LIF.forward below.
    """
    spikes, voltages, room = [], [], v.new_empty(seq_length, *v.shape, dtype=dtype)
    for x_t, room_t in zip(x.unbind(0) if x.dim() == 2 else [x] * seq_length, room.unbind(0)):
        i = i + x_t
        v = v + a * (i - v)
        z = is_above(v, v_th, room_t)
        if torch.compiler.is_compiling():  # else the spikes lie in their room by now
            spikes.append(z.to(dtype))
        if keep:
            voltages.append(v)
        v = torch.addcmul(v, z, v, value=-1)  # (1 - z) * v
        if v_reset:
            v = torch.add(v, z, alpha=v_reset)
        i = i - b * i
    return torch.stack(spikes) if spikes else room, voltages, v, i


def lif_backward(voltages, dz, dv, di, constant, a, b, v_th, v_reset, alpha):
    """The gradients of the loss for x, v and i of `lif_forward`, from those for its z, v and i.

    This is the chain rule, line by line, for the loop of `lif_forward`, from its end to its beginning. Only the step
    z = (v > v_th) is another matter: its slope is 0 almost everywhere, so we use that of SuperSpike in its place. We
    carry a * dv along, which is what goes from v on to i. Each line does in one operation what its comment says.
    """
    dx, a_dv, room = [], a * dv, torch.empty_like(dv)
    for v, dz_t in zip(reversed(voltages), reversed(dz.unbind(0))):
        surrogate = torch.rsub((v - v_th).abs(), 1, alpha=-alpha) ** 2  # (alpha * |v - v_th| + 1)^2, or 1 / slope
        through_z = torch.addcmul(dz_t, a_dv, v, value=-1 / a)  # dz + dv * (v_reset - v), without v_reset
        if v_reset:
            through_z = torch.add(through_z, a_dv, alpha=v_reset / a)
        a_dv = torch.addcmul(a_dv, is_above(v, v_th, room), a_dv, value=-1)  # (1 - z) * dv
        a_dv = torch.addcdiv(a_dv, through_z, surrogate, value=a)  # dv + through_z / surrogate
        # (1 - b) * di + a * dv in one operation; compiled, that would keep all dx twice
        di = (1 - b) * di + a_dv if torch.compiler.is_compiling() else torch.add(a_dv, di, alpha=1 - b)
        a_dv.mul_(1 - a)
        dx = [dx[0] + di] if constant and dx else [*dx, di]  # of a constant x, the sum so far
    return dx[0] if constant else torch.stack(dx[::-1]), a_dv / a, di


def li_forward(x, v, i, seq_length, keep, dtype, a, b):
    """LI over time: as `lif_forward`, without a threshold; what it gives for each step is the voltage."""
    voltages = []
    for x_t in x.unbind(0):
        i = i + x_t
        v = v + a * (i - v)
        i = i - b * i
        voltages.append(v)
    return torch.stack(voltages), (), v, i


def li_backward(voltages, dz, dv, di, constant, a, b):
    """As `lif_backward`; dz: the gradients for the voltages, which are not needed themselves, as all is linear."""
    dx, a_dv = [], a * dv
    for dz_t in reversed(dz.unbind(0)):
        a_dv = torch.add(a_dv, dz_t, alpha=a)
        di = torch.add(a_dv, di, alpha=1 - b)
        a_dv = (1 - a) * a_dv
        dx.append(di)
    return torch.stack(dx[::-1]), a_dv / a, di


class LIF(torch.nn.Module):
    """Leaky integrate-and-fire neurons with current-based synapses, over a whole sequence.

    Equations: `norse.torch.functional.lif.lif_feed_forward_step`. Surrogate: SuperSpike, Zenke and Ganguli 2018,
    section 3.3.2, doi:10.1162/neco_a_01086.

    Args:
        tau_mem_inv: inverse time constant of the membrane, 1/s
        tau_syn_inv: inverse time constant of the synapse, 1/s
        v_th: threshold, dimensionless
        v_reset: voltage after a spike
        v_leak: resting voltage
        alpha: steepness of the surrogate gradient 1 / (alpha * |v - v_th| + 1)^2. Norse 1.1.0 always computes with 1.
        compile: let torch.compile make one loop of all time steps: much faster, after some seconds for each seq_length;
            None: on an NVIDIA GPU alone
    """

    def __init__(
        self, tau_mem_inv=100.0, tau_syn_inv=200.0, v_th=1.0, v_reset=0.0, v_leak=0.0, alpha=1.0, compile=False
    ):
        super().__init__()
        self.tau_mem_inv, self.tau_syn_inv, self.alpha = tau_mem_inv, tau_syn_inv, alpha
        self.v_th, self.v_reset, self.v_leak, self.wants_compiling = v_th, v_reset, v_leak, compile

    def forward(self, x, state: LIFFeedForwardState | None = None, seq_length: int | None = None):
        """Spikes and the state after the last step. Voltage and current are kept in float32 at least.

        Args:
            x: input current, (seq_length, batch, ...); with seq_length given (batch, ...), the same at each step
            state: where an earlier call stopped, v and i shaped (batch, ...); None starts from rest
            seq_length: time steps for which a constant x flows

        Returns:
            Spikes z, (seq_length, batch, ...), of the type of x, or under autocast of its type; and the state (v, i).
        """
        if state is None:
            v, i = (torch.zeros_like(x if seq_length else x[0], dtype=_exact(x)) for _ in "vi")
        else:
            v, i = state.v - self.v_leak, state.i
        a, b = (_step_size(rate, v.dtype) for rate in (self.tau_mem_inv, self.tau_syn_inv))
        constants = a, b, self.v_th - self.v_leak, self.v_reset - self.v_leak, self.alpha
        # helpers/speed/kernels.py runs the two functions above on all neurons at once, as they are or compiled
        z, v, i = run_neurons(lif_forward, lif_backward, x, v, i, seq_length, constants, self.wants_compiling)
        return z, LIFFeedForwardState(v=v + self.v_leak, i=i)


class LI(torch.nn.Module):
    """Leaky integrators: like LIF without threshold, so the voltage itself is the output.

    Equations: `norse.torch.functional.leaky_integrator.li_feed_forward_step`, with v_leak = 0.

    Args:
        tau_mem_inv: inverse time constant of the membrane, 1/s
        tau_syn_inv: inverse time constant of the synapse, 1/s
        compile: as for LIF
    """

    def __init__(self, tau_mem_inv=100.0, tau_syn_inv=200.0, compile=False):
        super().__init__()
        self.tau_mem_inv, self.tau_syn_inv, self.wants_compiling = tau_mem_inv, tau_syn_inv, compile

    def forward(self, x, state: LIState | None = None):
        """Voltages v, shaped like the input current x (seq_length, batch, ...), and the state after the last step."""
        v, i = state if state is not None else torch.zeros((2, *x[0].shape), dtype=_exact(x), device=x.device)
        constants = tuple(_step_size(rate, v.dtype) for rate in (self.tau_mem_inv, self.tau_syn_inv))
        voltages, v, i = run_neurons(li_forward, li_backward, x, v, i, None, constants, self.wants_compiling)
        return voltages, LIState(v=v, i=i)


def _exact(x: torch.Tensor) -> torch.dtype:
    """The type in which neurons of input x compute: float32, or float64 if x is."""
    return torch.promote_types(x.dtype, torch.float32)


@functools.cache
def _step_size(inverse_time_constant: float, dtype: torch.dtype) -> float:
    """dt / tau, rounded as Norse rounds it, so that results agree to the last bit."""
    return float(torch.tensor(inverse_time_constant, dtype=dtype) * DT)
