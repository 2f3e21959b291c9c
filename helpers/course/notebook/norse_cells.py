"""Norse's cells over a sequence: they take one time step at a time."""

import norse.torch as norse
import torch
from torch import Tensor, nn

from helpers.network import record_spikes


def scan(cell: nn.Module, x: Tensor) -> Tensor:
    """Return what a cell of Norse's gives for each time step of x, (seq_length, batch, ...).

    cell: takes an input and a state, and returns an output and the new state; so does a network
        of cells, `norse.SequentialState`
    """
    state = None
    outputs = []
    for x_t in x:
        y, state = cell(x_t, state)
        outputs.append(y)
    return torch.stack(outputs)


def record_layers(network: nn.Module, sequence: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Run a network over a sequence from rest, without gradients, and record its neurons.

    Args:
        network: as the cell of `scan`
        sequence: (seq_length, batch, ...)

    Returns:
        The spikes of each layer of LIF cells, (seq_length, batch, neurons), by names "layer 1",
        "layer 2", ...; and the outputs, (seq_length, batch, ...).
    """
    net = norse.Lift(network)
    cells = [name for name, cell in net.named_modules() if isinstance(cell, norse.LIFCell)]
    (outputs, _), spikes = record_spikes(net, sequence, cells)
    return {f"layer {n}": z.flatten(2) for n, z in enumerate(spikes.values(), start=1)}, outputs
