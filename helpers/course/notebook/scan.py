"""A cell of Norse's over a sequence."""

import torch
from torch import Tensor, nn


def scan(cell: nn.Module, x: Tensor) -> Tensor:
    """Return what a cell of Norse's gives for each time step of x, (seq_length, batch, ...)."""
    state = None
    outputs = []
    for x_t in x.unbind(0):
        y, state = cell(x_t, state)
        outputs.append(y)
    return torch.stack(outputs)
