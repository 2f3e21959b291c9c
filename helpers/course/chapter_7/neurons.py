"""The neurons of chapter 7 as a plain loop: what they receive is computed outside of it."""

import torch
from norse.torch.functional.threshold import threshold
from torch import Tensor

A = 0.12  # the fraction of v that leaks away in a step
B = 0.62  # what stays of i


def neurons(currents: Tensor, v: Tensor, i: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Go through some time steps: chapter 5's recurrent step, without its products.

    Args:
        currents: what arrives, W x + R z, (steps, ..., n)
        v, i: voltage and current after the step before, (..., n)

    Returns:
        Spikes, shaped like currents, then v and i after the last step. Gradients ignore the reset.
    """
    spikes = []
    for arriving in currents:
        j = i + arriving
        v = v + A * (j - v)
        z = threshold(v - 1, "super", 1.0)
        v = (1 - z.detach()) * v
        i = B * j
        spikes.append(z)
    return torch.stack(spikes), v, i
