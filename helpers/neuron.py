"""Leaky integrate-and-fire neurons, computed for a whole sequence at once.

Chapter 1 builds one time step by hand; these are the same equations over `seq_length` steps, with the
backward pass written out. Every result equals that of Norse's cells, step by step (tests/test_neuron.py).
"""

import torch
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.functional.lif import LIFFeedForwardState

from helpers.compile import can_compile, compiled

DT = 1e-3  # s, one time step


def _forward(x, v, i, seq_length, keep, dtype, a, b, v_th, v_reset):
    """LIF over time: spikes, voltages before the reset (if they are to be kept), and the last v and i.

    x: (seq_length, neurons), or (neurons,), the same at each step; v and i: (neurons,), measured from v_leak
    a: dt * tau_mem_inv; b: dt * tau_syn_inv
    """
    spikes, voltages, i = [], [], i.clone()
    for t in range(seq_length):
        i += x[t] if x.dim() == 2 else x
        v = v + (i - v).mul_(a)
        fired = v > v_th
        spikes.append(fired.to(dtype))
        if keep:
            voltages.append(v)
        v = v.masked_fill(fired, v_reset)
        i -= b * i
    return torch.stack(spikes), voltages, v, i


def _backward(voltages, dz, dv, di, constant, a, b, v_th, v_reset, alpha):
    """The gradients of the loss for x, v and i of `_forward`, from those for its z, v and i. For t = ..., 1, 0:

    s  <- (dz[t] + dv * (v_reset - v[t])) / (alpha * |v[t] - v_th| + 1)^2
    dv <- (0 where it fired, else dv) + s
    di <- (1 - b) * di + a * dv
    dx[t] <- di
    dv <- (1 - a) * dv

    `s` is where the surrogate gradient enters: the step z = (v > v_th) has slope 0 almost everywhere, so we use the
    slope of SuperSpike instead. The rest is the chain rule, line by line, for the loop of `_forward`.
    """
    dx, dv = [], dv.clone()
    for t in reversed(range(len(voltages))):
        s = (v_reset - voltages[t]).mul_(dv).add_(dz[t])
        above = voltages[t] - v_th
        dv.masked_fill_(above > 0, 0)
        dv += s.div_(above.abs_().mul_(alpha).add_(1).square_())
        di = di * (1 - b)
        di += a * dv
        dv *= 1 - a
        dx.append(di)
    return sum(dx) if constant else torch.stack(dx[::-1]), dv, di


class _Scan(torch.autograd.Function):
    """`_forward` with `_backward` as its gradient; each runs as it is, or compiled into one loop over the neurons."""

    @staticmethod
    def forward(ctx, x, v, i, compile, seq_length, dtype, *constants):
        keep = any(ctx.needs_input_grad[:3])
        forward, ctx.backward = [compiled(f, -1) if compile else f for f in (_forward, _backward)]
        z, voltages, v, i = forward(x, v, i, seq_length, keep, dtype, *constants[:4])
        ctx.save_for_backward(*voltages)
        ctx.options = x.dim() == 1, *constants
        return z, v, i

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dz, dv, di):
        return *ctx.backward(ctx.saved_tensors, dz, dv, di, *ctx.options), *[None] * (2 + len(ctx.options))


class LIF(torch.nn.Module):
    """Leaky integrate-and-fire neurons with current-based synapses, over a whole sequence.

    tau_mem_inv, tau_syn_inv: inverse time constants of membrane and synapse, 1/s
    v_th, v_reset, v_leak: threshold, reset and resting voltage, dimensionless
    alpha: steepness of the surrogate gradient 1 / (alpha * |v - v_th| + 1)^2. Norse 1.1.0 always computes with 1.
    compile: let torch.compile make one loop of all time steps: much faster after some seconds, once for a seq_length

    Equations: `norse.torch.functional.lif.lif_feed_forward_step`. Surrogate: SuperSpike, Zenke and Ganguli 2018,
    section 3.3.2, doi:10.1162/neco_a_01086.
    """

    def __init__(
        self, tau_mem_inv=100.0, tau_syn_inv=200.0, v_th=1.0, v_reset=0.0, v_leak=0.0, alpha=1.0, compile=False
    ):
        super().__init__()
        self.tau_mem_inv, self.tau_syn_inv, self.alpha = tau_mem_inv, tau_syn_inv, alpha
        self.v_th, self.v_reset, self.v_leak, self.compiled = v_th, v_reset, v_leak, compile

    def forward(self, x, state: LIFFeedForwardState | None = None, seq_length: int | None = None):
        """Spikes z, (seq_length, batch, ...), and the state (v, i) after the last step.

        x: input current (seq_length, batch, ...); with seq_length given (batch, ...), the same at each step
        state: where an earlier call stopped, v and i shaped (batch, ...); None starts from rest

        Voltage and current are kept in float32 at least. Spikes have the type of x, or under autocast its type.
        """
        step = x if seq_length else x[0]
        if state is None:
            v = torch.full_like(step, self.v_leak, dtype=_exact(x))
            state = LIFFeedForwardState(v=v, i=torch.zeros_like(v))
        order = sorted(range(step.dim()), key=step.stride, reverse=True)  # as the layer before left x in memory
        x, v, i = (_flat(y, order, len(step.shape)) for y in (x, state.v - self.v_leak, state.i))
        device = x.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        compile = self.compiled and can_compile(device)
        a, b = _step_sizes(v, self.tau_mem_inv, self.tau_syn_inv)
        constants = a, b, self.v_th - self.v_leak, self.v_reset - self.v_leak, self.alpha
        z, v, i = _Scan.apply(x, v, i, compile, seq_length or len(x), dtype, *constants)
        z, v, i = (_unflat(y, order, step.shape) for y in (z, v, i))
        return z, LIFFeedForwardState(v=v + self.v_leak, i=i)


def _flat(y, order, axes):
    """The last `axes` axes of y as one, in the given order."""
    time = y.dim() - axes
    return y.permute(*range(time), *(time + axis for axis in order)).reshape(*y.shape[:time], -1)


def _unflat(y, order, shape):
    """The last axis of y as axes of the given shape again: undoes `_flat`."""
    time = y.dim() - 1
    y = y.reshape(*y.shape[:time], *(shape[axis] for axis in order))
    return y.permute(*range(time), *(time + order.index(axis) for axis in range(len(shape))))


def _exact(x):
    """The type in which neurons of input x compute: float32, or float64 if x is."""
    return torch.promote_types(x.dtype, torch.float32)


class LI(torch.nn.Module):
    """Leaky integrators: like LIF without threshold, so the voltage itself is the output.

    Equations: `norse.torch.functional.leaky_integrator.li_feed_forward_step`, with v_leak = 0.
    """

    def __init__(self, tau_mem_inv=100.0, tau_syn_inv=200.0):
        super().__init__()
        self.tau_mem_inv, self.tau_syn_inv = tau_mem_inv, tau_syn_inv

    def forward(self, x, state: LIState | None = None):
        """Voltages v, shaped like the input current x (seq_length, batch, ...), and the state after the last step."""
        v, i = state if state is not None else torch.zeros((2, *x[0].shape), dtype=_exact(x), device=x.device)
        a, b = _step_sizes(v, self.tau_mem_inv, self.tau_syn_inv)
        voltages = []
        for x_t in x.unbind(0):  # indexing x[t] would make the backward pass quadratic in seq_length
            i = i + x_t
            v = v + a * (i - v)
            i = i - b * i
            voltages.append(v)
        return torch.stack(voltages), LIState(v=v, i=i)


class MaxPool(torch.nn.Module):
    """Halves the last two axes: the maximum of each 2 x 2 pixels, of spikes that is whether one of the four fired.

    compile: `torch.nn.functional.max_pool2d`, with less memory moved: it notes which pixel it took in one small number
    """

    def __init__(self, compile=False):
        super().__init__()
        self.compiled = compile

    def forward(self, z):
        """z: (batch, channels, height, width), height and width even."""
        if self.compiled and can_compile(z.device.type):
            batch, channels, height, width = z.shape
            rows = z.movedim(1, -1).reshape(-1, 2, width // 2, 2, channels)
            return _Pool.apply(rows).unflatten(0, (batch, height // 2)).movedim(-1, 1)
        return torch.nn.functional.max_pool2d(z, kernel_size=2)


class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows):
        z, ctx.first = compiled(_pool_forward, 0)(rows)
        return z

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dz):
        return compiled(_pool_backward, 0)(dz, ctx.first)


def _pool_forward(rows):
    """Maxima of pixels (rows, 2, columns, 2, channels), and which of the four comes first among those that have it."""
    a, b, c, d = rows[:, 0, :, 0], rows[:, 0, :, 1], rows[:, 1, :, 0], rows[:, 1, :, 1]
    z = a.maximum(b).maximum(c.maximum(d))
    return z, torch.where(a == z, 0.0, torch.where(b == z, 1.0, torch.where(c == z, 2.0, 3.0))).to(z.dtype)


def _pool_backward(dz, first):
    """Pixels (rows, 2, columns, 2, channels): the first of the largest gets the gradient, the others 0."""
    pixel = torch.arange(4.0, device=dz.device).reshape(2, 1, 2, 1)
    return torch.where(first[:, None, :, None] == pixel, dz[:, None, :, None], 0.0)


def _step_sizes(x, *inverse_time_constants):
    """dt / tau for each time constant, rounded as Norse rounds it, so that results agree to the last bit."""
    return [float(torch.tensor(inverse, dtype=x.dtype) * DT) for inverse in inverse_time_constants]
