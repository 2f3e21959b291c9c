"""A look into a network of Norse's cells while it runs."""

from contextlib import ExitStack
from functools import partial

import norse.torch as norse
import torch


def watch(
    network: torch.nn.Module, sequence: torch.Tensor
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Run a network over a sequence from rest, without gradients, and keep what its neurons send.

    Args:
        network: takes an input and a state, and returns an output and the new state, as
            `norse.SequentialState` does
        sequence: (seq_length, batch, ...)

    Returns:
        The spikes of each layer of LIF cells, (seq_length, batch, ...), by names "layer 1",
        "layer 2", ...; and the outputs, (seq_length, batch, ...).
    """
    cells = [module for module in network.modules() if isinstance(module, norse.LIFCell)]
    spikes = {f"layer {n}": [] for n in range(1, len(cells) + 1)}

    def keep(kept, cell, inputs, outputs):
        kept.append(outputs[0])

    state = None
    outputs = []
    with torch.no_grad(), ExitStack() as hooks:
        for cell, kept in zip(cells, spikes.values()):
            hooks.enter_context(cell.register_forward_hook(partial(keep, kept)))
        for x in sequence:
            output, state = network(x, state)
            outputs.append(output)
    return {name: torch.stack(kept) for name, kept in spikes.items()}, torch.stack(outputs)
