"""Neurons that compete, for learning without labels."""

import torch


def winner_takes_all(v: torch.Tensor, threshold: torch.Tensor) -> torch.Tensor:
    """Spikes (batch, neurons): of the neurons above their threshold, only the one furthest above it spikes.

    v: voltages, (batch, neurons); threshold: of each neuron, (neurons,)
    """
    above = v - threshold
    first = torch.nn.functional.one_hot(above.argmax(1), v.shape[1])
    return first.to(v.dtype) * (above > 0)
