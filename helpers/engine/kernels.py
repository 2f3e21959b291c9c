"""The neurons' loop over time as a fast kernel.

It works in the memory's own order. On a CPU, cpu_kernel.py takes all time steps of some neurons,
then of the next. Elsewhere, and where that cannot be, operation follows operation; on an NVIDIA GPU
they are compiled if that is asked for.
"""

import functools
from collections.abc import Callable
from types import ModuleType

import torch
from torch.nn.functional import max_pool2d

from helpers.engine.once_differentiable import once_differentiable
from helpers.setup.environment import say_once

OPTIONS = {  # of torch.compile
    # Each step becomes a value of its own; else the compiler writes late steps as ever longer
    # formulas of early ones.
    "realize_reads_threshold": 1,
    # One kernel is to take all time steps: the compiler's own limits would cut a loop of more than
    # some twenty, and make a second kernel to stack fewer than nine. Above 300 operations it is
    # still cut: compiling takes too long.
    "max_fusion_size": 300,
    "max_pointwise_cat_inputs": 0,
    "max_complex_pointwise_cat_inputs": 0,
}


@functools.cache
def compile_once(function: Callable, axis: int) -> Callable:
    """Compile a function once for all lengths of this axis of its tensors.

    The next process finds the compiled code on disk.
    """
    fast = torch.compile(function, dynamic=False, options=OPTIONS)

    def run(*tensors, **constants):
        # private: else the ninth length, type, or change of gradients runs uncompiled. It is set
        # where it is used, as each thread has a limit of its own
        torch._dynamo.config.recompile_limit = 64
        for tensor in tensors:  # private: mark_dynamic refuses lengths of 1
            torch._dynamo.maybe_mark_dynamic(tensor, axis % tensor.dim())
        return fast(*tensors, **constants)

    return run


@functools.cache
def can_compile() -> bool:
    """Whether torch.compile works on this GPU, tried on a small function. If not, says so once."""
    try:
        # a function of our own: PyTorch 2.10 leaves its own ones as they are, without a word
        torch.compile(lambda x: x / (1 + x.abs()), options=OPTIONS)(torch.ones(8, device="cuda"))
        return True
    except Exception as error:
        say_once(f"compile: going on without, as this machine cannot compile ({_reason(error)}).")
        return False


def should_compile(wanted: bool | None, device_type: str) -> bool:
    """Whether to compile: on an NVIDIA GPU alone, unless it is not wanted.

    There, operation after operation waits for Python. If it is wanted elsewhere, says so once.
    """
    if device_type == "cuda":
        return wanted is not False and can_compile()
    if wanted:
        say_once(f"compile: it is for NVIDIA GPUs, and does nothing on this {device_type}.")
    return False


@functools.cache
def find_cpu_kernel(constants: type | None, x_type, sent_type, state_type) -> ModuleType | None:
    """Return the kernel for CPUs, ready for these types. Where it cannot run, says so once.

    constants: those of a step; None for recurrent neurons
    """
    try:
        if {x_type, sent_type} - {torch.float32, torch.bfloat16} or state_type != torch.float32:
            raise NotImplementedError("it takes float32 and bfloat16, with a state in float32")
        from helpers.engine import cpu_kernel  # here, as importing numba takes a moment

        cpu_kernel.prepare(constants, x_type, sent_type)
        return cpu_kernel
    except Exception as error:
        say_once(f"neurons: going on without their kernel, which is slower ({_reason(error)}).")
        return None


def _reason(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def run_neurons(
    neurons: torch.nn.Module,
    kernels: tuple[Callable, Callable, Callable],
    x: torch.Tensor,
    v: torch.Tensor,
    i: torch.Tensor,
    p: tuple,
    dtype: torch.dtype,
    seq_length: int | None,
    pool: bool,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Take a time step of neurons over and over, with the gradients of a written-out backward pass.

    Neurons do not know of each other, so they can be taken in the order in which the layer before
    left them in memory: nothing is copied, and the kernels see them as one axis.

    Args:
        neurons: say whether a GPU is to compile one loop of all time steps, `wants_compiling` (see
            `should_compile`), and whether a CPU is to take the kernel of cpu_kernel.py where it
            can be had, `fuse`
        kernels: KERNELS of helpers/neuron.py: the loop over time, to be compiled; the same, for
            where nothing is compiled; and their backward pass
        x: input current, (seq_length, batch, ...), or with seq_length given (batch, ...)
        v, i: first voltage and current, (batch, ...)
        p: constants of the step
        dtype: of what the neurons send
        seq_length: time steps for which a constant x flows, or None
        pool: send the largest of each 2 x 2 pixels; x is (..., channels, height, width)

    Returns:
        What the neurons send, (seq_length, batch, ...), and the last v and i.
    """
    is_compiled = should_compile(neurons.wants_compiling, x.device.type)
    length = seq_length or len(x)
    if seq_length:
        x = x[None]
    shape = x.shape[1:]
    axes = [*range(-len(shape), 0)]
    order = sorted(axes, key=x.stride, reverse=True)
    if pool:
        order = [*axes[:-3], -2, -1, -3]  # the channels of a pixel side by side
    x = x.movedim(order, axes)
    sizes = sent_sizes = x.shape[1:]

    def flat(y):  # the axes of the neurons as one, in this order
        return y.expand(shape).movedim(order, axes).flatten()

    def unflat(y, sizes=sizes):
        return y.unflatten(-1, sizes).movedim(axes, order)

    kernel = None
    if neurons.fuse and x.is_cpu and x.numel() and not torch.compiler.is_compiling():
        kernel = find_cpu_kernel(type(p), x.dtype, dtype, v.dtype)
    row = None
    if kernel and pool and not any(size % 2 for size in sizes[-3:-1]):
        *others, height, width, channels = sizes
        sent_sizes = *others, height // 2, width // 2, channels
        row = width, channels
    plain_loop, forward, backward = kernels
    pool_pixels = max_pool2d
    if kernel:
        forward = functools.partial(kernel.run, row=row)
        backward = functools.partial(kernel.run_back, row=row)
    elif is_compiled:
        forward = compile_once(plain_loop, -1)
        backward = compile_once(backward, -1)
        pool_pixels = compile_once(max_pool2d, 0)
    elif torch.compiler.is_compiling():
        forward = plain_loop
    forward = functools.partial(forward, seq_length=length, dtype=dtype, p=p)
    backward = functools.partial(backward, is_constant=bool(seq_length), p=p)
    z, v, i = _Scan.apply(forward, backward, x.flatten(1), flat(v), flat(i))
    z = unflat(z, sent_sizes)
    if pool and not row:
        z = pool_pixels(z.flatten(0, -4), kernel_size=2).unflatten(0, z.shape[:-3])
    return z, unflat(v), unflat(i)


class _Scan(torch.autograd.Function):
    """The loop, operation by operation or compiled: a profile shows this name."""

    @staticmethod
    def forward(ctx, kernel, backward_kernel, *tensors):
        results, kept = kernel(*tensors, keep=any(ctx.needs_input_grad))
        ctx.save_for_backward(*kept)
        ctx.backward_kernel = backward_kernel
        ctx.set_materialize_grads(False)  # else one that nobody asks for is written out, all zeros
        ctx.zeros = [y.new_zeros(()).expand_as(y) for y in results]
        return results

    @staticmethod
    @once_differentiable
    def backward(ctx, *gradients):
        gradients = [d if d is not None else zero for d, zero in zip(gradients, ctx.zeros)]
        return None, None, *ctx.backward_kernel(*gradients, *ctx.saved_tensors)


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
