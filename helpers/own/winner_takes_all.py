"""Neurons that compete: the part of learning without labels that chapter 5 builds on."""

import torch


def winner_takes_all(v: torch.Tensor, threshold: torch.Tensor) -> torch.Tensor:
    """Spikes, like voltages v (batch, neurons): the neuron furthest above its threshold (neurons,) spikes, if any."""
    above = v - threshold
    first = torch.nn.functional.one_hot(above.argmax(1), v.shape[1])
    return first.to(v.dtype) * (above > 0)
