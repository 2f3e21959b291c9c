"""A decorator for backward passes that are written by hand."""

import torch

from helpers import require


def once_differentiable(backward):
    """Refuse to differentiate a backward pass.

    PyTorch's decorator of this name lets a second derivative pass that lacks a part.
    """

    def refuse_or_go_on(ctx, *gradients):
        require(
            torch.compiler.is_compiling() or not torch.is_grad_enabled(),
            "these neurons have no second derivative: leave create_graph out.",
        )
        return backward(ctx, *gradients)

    return refuse_or_go_on
