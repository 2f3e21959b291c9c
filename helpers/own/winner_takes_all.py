"""Neurons that compete: the part of learning without labels that chapter 5 builds on."""

import torch


def winner_takes_all(v: torch.Tensor, threshold: torch.Tensor) -> torch.Tensor:
    """Spikes z, (batch, neurons): of the neurons above their threshold the one that is furthest above it, if any.

    v: voltages, (batch, neurons); threshold: that of each neuron, (neurons,)
    """
    above = v - threshold
    first = torch.nn.functional.one_hot(above.argmax(1), v.shape[1])
    return first.to(v.dtype) * (above > 0)
