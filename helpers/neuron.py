"""Leaky integrate-and-fire neurons, computed for a whole sequence at once.

`lif_step` is the time step that chapter 1 builds by hand. On a CPU, `step` of engine/cpu_kernel.py
computes the same, bit for bit, for all time steps of some neurons, then of the next. On a GPU
`lif_step` itself is compiled, or `run_lif_eagerly` computes the same in fewer operations.
`lif_backward` is the chain rule, with the surrogate gradient in it. Spikes, voltages and currents
equal those of Norse's cells, step by step, and gradients do where alpha is 1, as in Norse
(tests/test_neuron.py).
"""

import functools
import math
from numbers import Real
from typing import NamedTuple

import torch
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.functional.lif import LIFFeedForwardState

from helpers import require
from helpers.engine.kernels import is_above, run_neurons

DT = 1e-3  # s, one time step


class Constants(NamedTuple):
    """The constants of a time step. Voltages are measured from v_leak."""

    a: float  # dt * tau_mem_inv
    b: float  # dt * tau_syn_inv
    v_th: float = 0.0
    v_reset: float = 0.0
    alpha: float = 1.0  # of the surrogate gradient, in the backward pass
    sends_spikes: bool = True  # False: there is no threshold, and the voltage is sent


def lif_step(x, v, i, p: Constants):
    """Take one time step of LIF neurons, as in chapter 1.

    Args:
        x: input current, (batch, ...)
        v, i: membrane potential and synaptic current after the step before
        p: constants

    Returns:
        Spikes z; v before the reset, which the backward pass needs; and v and i after the step.
    """
    i = i + x
    v_before = v + p.a * (i - v)
    z = (v_before > p.v_th).to(v_before.dtype)  # its gradient: see lif_backward
    v = (1 - z) * v_before + z * p.v_reset
    i = i - p.b * i
    return z, v_before, v, i


def run_steps(x, v, i, keep, seq_length, dtype, p):
    """The loop over time in its plain form, which is compiled.

    Args:
        x: input current, (seq_length, neurons), or (1, neurons) if it is the same at each step
        v, i: first voltage and current, (neurons,)
        keep: whether voltages are returned, which the backward pass needs
        seq_length, dtype, p: as for `run_neurons` of engine/kernels.py

    Returns:
        What the neurons send, with the last v and i; and voltages before the reset.
    """
    sent = []
    voltages = []
    for x_t in x.expand(seq_length, -1).unbind(0):
        z, v_before, v, i = lif_step(x_t, v, i, p)
        sent_t = z if p.sends_spikes else v_before
        sent.append(sent_t.to(dtype))
        if keep:
            voltages.append(v_before)
    return (torch.stack(sent), v, i), voltages


def run_lif_eagerly(x, v, i, keep, seq_length, dtype, p):
    """What `run_steps` gives, in fewer operations, its spikes written in place."""
    voltages = []
    spikes = v.new_empty(seq_length, *v.shape, dtype=dtype)
    for x_t, z_t in zip(x.expand(seq_length, -1).unbind(0), spikes.unbind(0)):
        i = i + x_t
        v = v + p.a * (i - v)
        z = is_above(v, p.v_th, z_t)  # written into spikes
        if keep:
            voltages.append(v)
        v = torch.addcmul(v, z, v, value=-1)  # (1 - z) * v
        if p.v_reset:
            v = torch.add(v, z, alpha=p.v_reset)
        i = i - p.b * i
        if not p.sends_spikes:
            z_t.copy_(v)
    return (spikes, v, i), voltages


def lif_backward(dz, dv, di, *voltages, is_constant, p):
    """Return the gradients for x, v and i of the loop, from those for its z, v and i.

    This is the chain rule, line by line, for `lif_step`, from the end of the loop to its beginning.
    Only the step z = (v > v_th) is an exception: its slope is 0 almost everywhere, so we use that
    of SuperSpike instead. a_dv is a * dv, the part of the gradient that goes from v on to i. The
    comment above a line is its formula: the line computes that in one operation.
    """
    is_compiling = torch.compiler.is_compiling()
    dx = []
    a_dv = p.a * dv
    z_buffer = torch.empty_like(dv)
    for v, dz_t in zip(reversed(voltages), reversed(dz.unbind(0))):
        if not p.sends_spikes:  # there is no slope then
            a_dv = torch.add(a_dv, dz_t, alpha=p.a)
        # 1 / slope = (1 + alpha * |v - v_th|)^2
        inverse_slope = torch.rsub((v - p.v_th).abs(), 1, alpha=-p.alpha) ** 2
        # dz + dv * (v_reset - v), without v_reset
        through_z = torch.addcmul(dz_t, a_dv, v, value=-1 / p.a)
        if p.v_reset:
            through_z = torch.add(through_z, a_dv, alpha=p.v_reset / p.a)
        # (1 - z) * dv
        a_dv = torch.addcmul(a_dv, is_above(v, p.v_th, z_buffer), a_dv, value=-1)
        # dv + through_z / inverse_slope
        a_dv = torch.addcdiv(a_dv, through_z, inverse_slope, value=p.a)
        # (1 - b) * di + a * dv
        if is_compiling:
            di = (1 - p.b) * di + a_dv
        else:  # in one operation: compiled, that would keep all dx twice
            di = torch.add(a_dv, di, alpha=1 - p.b)
        a_dv.mul_(1 - p.a)
        if is_constant and dx:
            dx[0] = dx[0] + di  # of a constant x, the sum so far
        else:
            dx.append(di)
    return torch.stack(dx[::-1]), a_dv / p.a, di


# All time steps, to be compiled; the same, where nothing is; the backward pass
KERNELS = run_steps, run_lif_eagerly, lif_backward


def check_state(state, kind: type[tuple], **shapes):
    """Return a state whose parts have names and these shapes. It may be a plain tuple or list."""
    if type(state) in (tuple, list):
        state = kind(*state)
    for name, wanted in shapes.items():
        shape = getattr(state, name).shape
        require(
            shape == wanted,
            f"{name} of the state has the shape {(*shape,)}: it must be {(*wanted,)}.",
        )
    return state


def check_constants(above: float = 0, **constants) -> None:
    """Refuse what is no number, or too small. A tensor would not be learned."""
    wanted = "finite number" if above < 0 else f"number above {above}"
    for name, value in constants.items():
        require(
            isinstance(value, Real) and above < value < math.inf,
            f"{name} is {value}: it must be a {wanted}.",
        )


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
        compile: on an NVIDIA GPU, let torch.compile make one loop of all time steps: much faster,
            after some seconds for each seq_length. None: wherever that works. A CPU needs none
    """

    sends_spikes = True  # also where all of them are 0
    fuse = True  # whether a CPU takes the kernel; chapter 3 measures what it brings

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
        check_constants(tau_mem_inv=tau_mem_inv, tau_syn_inv=tau_syn_inv, alpha=alpha)
        check_constants(-math.inf, v_th=v_th, v_reset=v_reset, v_leak=v_leak)
        self.tau_mem_inv = tau_mem_inv
        self.tau_syn_inv = tau_syn_inv
        self.v_th = v_th
        self.v_reset = v_reset
        self.v_leak = v_leak
        self.alpha = alpha
        self.wants_compiling = compile

    def forward(
        self,
        x,
        state: LIFFeedForwardState | None = None,
        seq_length: int | None = None,
        pool: bool = False,
    ):
        """Return spikes, and the state after the last step.

        Voltage and current are kept in float32 at least.

        Args:
            x: input current, (seq_length, batch, ...); with seq_length given (batch, ...), the
                same at each step
            state: where an earlier call stopped, v and i shaped (batch, ...); None starts from rest
            seq_length: time steps for which a constant x flows, at least 1
            pool: of 2 x 2 neurons, pass on one spike where any has one: max pooling, for x with
                (..., channels, height, width)

        Returns:
            Spikes z, (seq_length, batch, ...), of the type of x, or under autocast of its type;
            and the state (v, i).
        """
        require(
            seq_length is None or seq_length >= 1,
            f"seq_length is {seq_length}: it must be at least 1.",
        )
        require(pool in (False, True), f"pool is {pool}: it must be True or False.")
        exact = torch.promote_types(x.dtype, torch.float32)
        if state is None:
            v = i = x.new_zeros((), dtype=exact)  # one for all neurons, so it takes no memory
        else:
            shape = x.shape if seq_length else x.shape[1:]
            state = check_state(state, LIFFeedForwardState, v=shape, i=shape)
            v = state.v.to(torch.promote_types(exact, state.v.dtype)) - self.v_leak
            i = state.i.to(v.dtype)
        sent_type = x.dtype
        if not self.sends_spikes:
            sent_type = v.dtype
            x = x.to(sent_type)  # else a kernel would be compiled for these two types, too
        elif torch.is_autocast_enabled(x.device.type):
            sent_type = torch.get_autocast_dtype(x.device.type)
        p = Constants(
            a=_step_size(self.tau_mem_inv, v.dtype),
            b=_step_size(self.tau_syn_inv, v.dtype),
            v_th=self.v_th - self.v_leak,
            v_reset=self.v_reset - self.v_leak,
            alpha=self.alpha,
            sends_spikes=self.sends_spikes,
        )
        z, v, i = run_neurons(self, KERNELS, x, v, i, p, sent_type, seq_length, pool)
        if self.v_leak:
            v = v + self.v_leak
        return z, LIFFeedForwardState(v=v, i=i)


class LI(LIF):
    """Leaky integrators: like LIF without threshold, so the voltage itself is the output.

    Equations: `norse.torch.functional.leaky_integrator.li_feed_forward_step`, with v_leak = 0.

    Args:
        tau_mem_inv: inverse time constant of the membrane, 1/s
        tau_syn_inv: inverse time constant of the synapse, 1/s
        compile: as for LIF
    """

    sends_spikes = False

    def __init__(
        self,
        tau_mem_inv: float = 100.0,
        tau_syn_inv: float = 200.0,
        compile: bool | None = False,
    ):
        super().__init__(tau_mem_inv, tau_syn_inv, compile=compile)
        self.v_th = math.inf

    def forward(self, x, state: LIState | None = None):
        """Return voltages, shaped like x, and the state after the last step.

        Args:
            x: input current, (seq_length, batch, ...)
            state: where an earlier call stopped, v and i shaped (batch, ...); None starts from rest
        """
        voltages, state = super().forward(x, state)
        return voltages, LIState(*state)


@functools.cache
def _step_size(inverse_time_constant, dtype):
    """dt / tau, rounded as Norse rounds it, so that results agree to the last bit."""
    return float(torch.tensor(inverse_time_constant, dtype=dtype) * DT)
