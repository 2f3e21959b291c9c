"""The neurons' loop over time, and pooling, as fast kernels.

They work in the memory's own order, and are compiled where that is asked for.
"""

import functools
from collections.abc import Callable

import torch

from helpers.engine import private_names

# Each step becomes a value of its own; else the compiler writes late steps as ever longer formulas
# of early ones.
ONE_VALUE = {"realize_reads_threshold": 1}
# On a GPU, one kernel is to take all time steps: the compiler's own limits would cut a loop of more
# than some twenty, and make a second kernel to stack fewer than nine. Above 300 operations it is
# still cut: compiling takes too long.
ONE_KERNEL = {
    "max_fusion_size": 300,
    "max_pointwise_cat_inputs": 0,
    "max_complex_pointwise_cat_inputs": 0,
}


def options(device_type: str) -> dict[str, int]:
    """The options of torch.compile, as far as this version of PyTorch knows them."""
    wanted = ONE_VALUE | (ONE_KERNEL if device_type == "cuda" else {})
    return {name: value for name, value in wanted.items() if private_names.knows_option(name)}


@functools.cache
def compile_once(function: Callable, axis: int, device_type: str) -> Callable:
    """Compile a function once for all lengths of this axis of its tensors.

    The next process finds the compiled code on disk.
    """
    fast = torch.compile(function, dynamic=False, options=options(device_type))

    def run(*arguments):
        private_names.allow_recompiling()
        for argument in arguments:
            for tensor in argument if isinstance(argument, tuple) else (argument,):
                if isinstance(tensor, torch.Tensor):
                    private_names.mark_any_length(tensor, axis % tensor.dim())
        return fast(*arguments)

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
        distributed = torch.distributed
        is_in_group = distributed.is_available() and distributed.is_initialized()
        if not is_in_group or distributed.get_rank() == 0:
            reason = str(error).strip().partition("\n")[0]
            print(f"compile: going on without, as this machine cannot compile ({reason}).")
        return False


def compiles(wanted: bool | None, device_type: str) -> bool:
    """Whether to compile on this device. None: on an NVIDIA GPU alone.

    There, operation after operation waits for Python.
    """
    if wanted is None:
        wanted = device_type == "cuda"
    return wanted and can_compile(device_type)


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


def run_neurons(
    forward: Callable,
    backward: Callable,
    x: torch.Tensor,
    v: torch.Tensor,
    i: torch.Tensor,
    seq_length: int | None,
    constants: tuple,
    compile: bool | None,
) -> list[torch.Tensor]:
    """Run a neuron's equations over time, with the gradients that its own backward pass gives.

    Neurons do not know of each other, so they can be taken in the order in which the layer before
    left them in memory: nothing is copied, and `forward` and `backward` see them as one axis.

    Args:
        forward, backward: as `helpers.neuron.lif_forward` and `lif_backward`, or those of LI
        x: input current, (seq_length, batch, ...), or with seq_length given (batch, ...)
        v, i: first voltage and current, (batch, ...)
        seq_length: time steps for which a constant x flows, or None
        constants: what forward and backward take last
        compile: make one loop of all time steps, where this machine can: see `compiles`

    Returns:
        What forward gives for each step, (seq_length, batch, ...), and the last v and i.
    """
    device = x.device.type
    shape = v.shape
    n = v.dim()
    strides_of = (x if seq_length else x[0]).stride
    order = sorted(range(-n, 0), key=strides_of, reverse=True)

    def flat(y):  # the axes of the neurons as one, in this order
        time = y.dim() - n
        return y.permute(*range(time), *order).reshape(*y.shape[:time], -1)

    def unflat(y):
        y = y.reshape(*y.shape[:-1], *(shape[axis] for axis in order))
        return y.permute(*range(y.dim() - n), *(order.index(axis) - n for axis in range(-n, 0)))

    dtype = x.dtype
    if torch.is_autocast_enabled(device):
        dtype = torch.get_autocast_dtype(device)
    kernels = [forward, backward]
    if compiles(compile, device):
        kernels = [compile_once(kernel, -1, device) for kernel in kernels]
    steps = seq_length or len(x)
    results = _Scan.apply(flat(x), flat(v), flat(i), kernels, steps, dtype, *constants)
    return [unflat(y) for y in results]


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, v, i, kernels, seq_length, dtype, *constants):
        keep_voltages = any(ctx.needs_input_grad[:3])
        forward, ctx.backward_kernel = kernels
        z, voltages, v, i = forward(x, v, i, seq_length, keep_voltages, dtype, *constants)
        ctx.save_for_backward(*voltages)
        ctx.is_constant = x.dim() == 1
        ctx.constants = constants
        return z, v, i

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dz, dv, di):
        saved = ctx.saved_tensors
        gradients = ctx.backward_kernel(saved, dz, dv, di, ctx.is_constant, *ctx.constants)
        no_gradients = (None,) * (3 + len(ctx.constants))  # for kernels, seq_length, dtype, ...
        return *gradients, *no_gradients


class FusedMaxPool(torch.nn.Module):
    """`torch.nn.MaxPool2d(2)`, compiled.

    Less memory is moved, as it notes in one small number which pixel it took. Takes (batch,
    channels, height, width), height and width even. Where it is not to be compiled: PyTorch's own.
    """

    def __init__(self, compile: bool | None = True):
        super().__init__()
        self.wants_compiling = compile

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        if not compiles(self.wants_compiling, z.device.type):
            return torch.nn.functional.max_pool2d(z, kernel_size=2)
        batch, channels, height, width = z.shape
        rows = z.movedim(1, -1).reshape(-1, 2, width // 2, 2, channels)
        return _Pool.apply(rows).unflatten(0, (batch, height // 2)).movedim(-1, 1)


class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows):
        z, ctx.first = compile_once(_pool_forward, 0, rows.device.type)(rows)
        return z

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dz):
        return compile_once(_pool_backward, 0, dz.device.type)(dz, ctx.first)


def _pool_forward(rows):
    """Return the maxima of pixels, and which of the four comes first among those that have it.

    rows: (rows, 2, columns, 2, channels)
    """
    a = rows[:, 0, :, 0]
    b = rows[:, 0, :, 1]
    c = rows[:, 1, :, 0]
    d = rows[:, 1, :, 1]
    z = a.maximum(b).maximum(c.maximum(d))
    first = torch.where(c == z, 2.0, 3.0)
    first = torch.where(b == z, 1.0, first)
    first = torch.where(a == z, 0.0, first)
    return z, first.to(z.dtype)


def _pool_backward(dz, first):
    """Return the gradient of the pixels, (rows, 2, columns, 2, channels).

    In each window the first of the largest gets all of it.
    """
    pixel = torch.arange(4.0, device=dz.device).reshape(2, 1, 2, 1)
    return torch.where(first[:, None, :, None] == pixel, dz[:, None, :, None], 0.0)
