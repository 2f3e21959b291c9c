"""torch.compile for functions that treat all neurons alike: what compiles, and where."""

import functools

import torch
from pytorch_lightning.utilities import rank_zero_only


@functools.cache
def compiled(function, axis: int):
    """The function, compiled for any length of this axis of its tensors: batches of any size share the result.

    What was compiled is kept on disk: the next process takes it from there.
    """
    # Each step becomes a value of its own; else the compiler writes late steps as ever longer formulas of early ones.
    fast = torch.compile(function, dynamic=False, options={"realize_reads_threshold": 1})

    def run(*arguments):
        for argument in arguments:
            for tensor in argument if isinstance(argument, tuple) else (argument,):
                if isinstance(tensor, torch.Tensor):
                    torch._dynamo.maybe_mark_dynamic(tensor, axis % tensor.dim())
        return fast(*arguments)

    return run


@functools.cache
def can_compile(device_type: str) -> bool:
    """Whether torch.compile works here, tried on a small function; says so, once, where it does not."""
    try:
        if device_type not in ("cpu", "cuda"):
            raise NotImplementedError(f"it was never tried on {device_type}")
        # a function of our own: PyTorch 2.10 leaves its own ones as they are, without a word
        torch.compile(lambda x: x / (1 + x.abs()))(torch.ones(8, device=device_type))
        torch._dynamo.config.recompile_limit = 64  # one for each seq_length, type, and with or without gradients
        return True
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        rank_zero_only(print)(f"compile: going on without, as this machine cannot compile ({reason}).")
        return False
