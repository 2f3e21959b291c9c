"""The neurons' loop over time, and pooling, as fast kernels.

They work in the memory's own order, and are compiled where that is asked for.
"""

import functools
from collections.abc import Callable

import torch

from helpers.setup import environment


def options(device_type: str) -> dict[str, int]:
    """The options of torch.compile, as far as this version of PyTorch knows them."""
    # Each step becomes a value of its own; else the compiler writes late steps as ever longer
    # formulas of early ones.
    wanted = {"realize_reads_threshold": 1}
    if device_type == "cuda":
        # One kernel is to take all time steps: the compiler's own limits would cut a loop of more
        # than some twenty, and make a second kernel to stack fewer than nine. Above 300 operations
        # it is still cut: compiling takes too long.
        wanted |= {
            "max_fusion_size": 300,
            "max_pointwise_cat_inputs": 0,
            "max_complex_pointwise_cat_inputs": 0,
        }
    known = torch._inductor.config  # private
    return {name: value for name, value in wanted.items() if hasattr(known, name)}


@functools.cache
def compile_once(function: Callable, axis: int, device_type: str) -> Callable:
    """Compile a function once for all lengths of this axis of its tensors.

    The next process finds the compiled code on disk.
    """
    fast = torch.compile(function, dynamic=False, options=options(device_type))

    def run(*tensors, **constants):
        # private: else the ninth length, type, or change of gradients runs uncompiled. It is set
        # where it is used, as each thread has a limit of its own
        torch._dynamo.config.recompile_limit = 64
        for tensor in tensors:  # private: mark_dynamic refuses lengths of 1
            torch._dynamo.maybe_mark_dynamic(tensor, axis % tensor.dim())
        return fast(*tensors, **constants)

    return run


@functools.cache
def can_compile(device_type: str) -> bool:
    """Whether torch.compile works here, tried on a small function. Where not, says so once."""
    try:
        if device_type not in ("cpu", "cuda"):
            raise NotImplementedError(f"it was never tried on {device_type}")
        # a function of our own: PyTorch 2.10 leaves its own ones as they are, without a word
        torch.compile(lambda x: x / (1 + x.abs()))(torch.ones(8, device=device_type))
        return True
    except Exception as error:
        if environment.is_first_process():
            reason = str(error).strip().partition("\n")[0]
            print(f"compile: going on without, as this machine cannot compile ({reason}).")
        return False


def should_compile(wanted: bool | None, device_type: str) -> bool:
    """Whether to compile on this device. None: on an NVIDIA GPU alone.

    There, operation after operation waits for Python.
    """
    if wanted is None:
        wanted = device_type == "cuda"
    return wanted and can_compile(device_type)


def run_neurons(
    kernels: tuple[Callable, Callable, Callable],
    x: torch.Tensor,
    v: torch.Tensor,
    i: torch.Tensor,
    p: tuple,
    dtype: torch.dtype,
    compile: bool | None,
    seq_length: int | None = None,
) -> list[torch.Tensor]:
    """Take a time step of neurons over and over, with the gradients of a written-out backward pass.

    Neurons do not know of each other, so they can be taken in the order in which the layer before
    left them in memory: nothing is copied, and the kernels see them as one axis.

    Args:
        kernels: LIF_KERNELS or LI_KERNELS of helpers/neuron.py: one time step, which is compiled;
            all time steps, for where nothing is compiled; and their backward pass
        x: input current, (seq_length, batch, ...), or with seq_length given (batch, ...)
        v, i: first voltage and current, (batch, ...)
        p: constants of the step
        dtype: of what the neurons send
        compile: make one loop of all time steps, where this machine can: see `should_compile`
        seq_length: time steps for which a constant x flows, or None

    Returns:
        What the neurons send, (seq_length, batch, ...), and the last v and i.
    """
    device = x.device.type
    axes = [*range(-v.dim(), 0)]
    order = sorted(axes, key=x.stride, reverse=True)

    def flat(y):  # the axes of the neurons as one, in this order
        return y.movedim(order, axes).flatten(-v.dim())

    def unflat(y):
        return y.unflatten(-1, [v.shape[axis] for axis in order]).movedim(axes, order)

    step, forward, backward = kernels
    if should_compile(compile, device):
        forward = functools.partial(compile_once(run_steps, -1, device), step=step)
        backward = compile_once(backward, -1, device)
    length = seq_length or len(x)
    forward = functools.partial(forward, seq_length=length, dtype=dtype, p=p)
    backward = functools.partial(backward, is_constant=bool(seq_length), p=p)
    return [unflat(y) for y in _Scan.apply(forward, backward, flat(x), flat(v), flat(i))]


class _Kernels(torch.autograd.Function):
    """A kernel, which returns its results and what is kept, and the one for its gradients."""

    @staticmethod
    def forward(ctx, kernel, backward_kernel, *tensors):
        results, kept = kernel(*tensors, keep=any(ctx.needs_input_grad))
        ctx.save_for_backward(*kept)
        ctx.backward_kernel = backward_kernel
        return results

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *gradients):
        return None, None, *ctx.backward_kernel(*gradients, *ctx.saved_tensors)


class _Scan(_Kernels):
    """Of neurons: a profile shows this name."""


class _Pool(_Kernels):
    """Of pooling: a profile shows this name."""


def run_steps(x, v, i, step, keep, seq_length, dtype, p):
    """The loop over time in its plain form, which is compiled.

    Args:
        x: input current, (seq_length, neurons), or (neurons,) if it is the same at each step
        v, i: first voltage and current, (neurons,)
        step: `lif_step` or `li_step` of helpers/neuron.py
        keep: whether voltages are returned, which the backward pass needs
        seq_length, dtype, p: as for `run_neurons`

    Returns:
        What the neurons send, with the last v and i; and voltages before the reset.
    """
    sent = []
    voltages = []
    for x_t in x.expand(seq_length, -1).unbind(0):
        z, v_before, v, i = step(x_t, v, i, p)
        sent.append(z.to(dtype))
        if keep and v_before is not None:
            voltages.append(v_before)
    return (torch.stack(sent), v, i), voltages


def is_above(v: torch.Tensor, v_th: float, out: torch.Tensor) -> torch.Tensor:
    """1.0 where v is above the threshold, else 0.0.

    With booleans, what follows takes a CPU four times as long.

    out: where it is written, in the type of out; compiled code leaves that alone
    """
    if torch.compiler.is_compiling():
        return (v > v_th).to(v.dtype)
    if out.dtype == v.dtype:
        return torch.gt(v, v_th, out=out)
    z = torch.gt(v, v_th, out=torch.empty_like(v))
    out.copy_(z)
    return z


class FusedMaxPool(torch.nn.Module):
    """`torch.nn.MaxPool2d(2)`, compiled.

    Less memory is moved, as it notes in one small number which pixel it took. Takes (batch,
    channels, height, width), height and width even. Where it is not to be compiled: PyTorch's own.
    """

    def __init__(self, compile: bool | None):
        super().__init__()
        self.wants_compiling = compile

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        device = z.device.type
        if not should_compile(self.wants_compiling, device):
            return torch.nn.functional.max_pool2d(z, kernel_size=2)
        batch, channels, height, width = z.shape
        rows = z.movedim(1, -1).reshape(-1, 2, width // 2, 2, channels)
        forward = compile_once(_pool_forward, 0, device)
        backward = compile_once(_pool_backward, 0, device)
        pooled = _Pool.apply(forward, backward, rows)
        return pooled.unflatten(0, (batch, height // 2)).movedim(-1, 1)


def _pool_forward(rows, keep):
    """Return the maxima of pixels, and which of the four comes first among those that have it.

    rows: (rows, 2, columns, 2, channels)
    keep: as for `run_steps`; pooling without gradients is rare, and keeps it too
    """
    upper, lower = rows.unbind(1)
    a, b = upper.unbind(2)
    c, d = lower.unbind(2)
    z = a.maximum(b).maximum(c.maximum(d))
    first = torch.where(c == z, 2.0, 3.0)
    first = torch.where(b == z, 1.0, first)
    first = torch.where(a == z, 0.0, first)
    return z, (first.to(z.dtype),)


def _pool_backward(dz, first):
    """Return the gradient of the pixels, (rows, 2, columns, 2, channels).

    In each window the first of the largest gets all of it.
    """
    pixel = torch.arange(4.0, device=dz.device).reshape(2, 1, 2, 1)
    return (torch.where(first[:, None, :, None] == pixel, dz[:, None, :, None], 0.0),)
