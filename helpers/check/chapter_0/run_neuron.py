"""run_neuron(cell, x) gives i, v and z of a cell over time, each shaped like x, (seq_length, n)."""

import norse.torch as norse
import torch

from helpers.check.judge import call, exercise, expect
from helpers.check.values import compare


def _run_neuron(cell, x):
    state = None
    i = []
    v = []
    z = []
    for x_t in x:
        spike, state = cell(x_t, state)
        i.append(state.i)
        v.append(state.v)
        z.append(spike)
    return torch.stack(i), torch.stack(v), torch.stack(z)


@exercise("Run a neuron", ours=_run_neuron)
def run_neuron(answer) -> str:
    x = 0.9 * torch.rand(40, 3)
    right = _run_neuron(norse.LIFCell(), x)
    hints = {
        "stack": (
            "The lists are still empty, or hold something else than tensors: append to i, v and z."
        )
    }
    got = call(answer, hints, cell=norse.LIFCell(), x=x)
    expect(
        isinstance(got, tuple | list) and len(got) == 3,
        "Return three tensors, i, v and z, as the last line does.",
    )
    fresh = [_run_neuron(norse.LIFCell(), x_t[None]) for x_t in x]
    forgetful = [torch.cat(parts) for parts in zip(*fresh)]
    for name, mine, wanted, forgotten in zip("ivz", got, right, forgetful):
        others = {other: value for other, value in zip("ivz", right) if other != name}
        mistakes = {
            "The state should go from one step to the next: yours starts each step from rest.": (
                forgotten
            ),
            **{
                f"{name} holds what should be in {other}: look at the order.": others[other]
                for other in others
            },
        }
        short = isinstance(mine, torch.Tensor) and mine.shape == (39, 3)
        expect(not short, f"{name} has one step too few: collect it in every step.")
        compare(name, mine, wanted, mistakes)
    return "one neuron, step by step. All that it remembers is in the state."
