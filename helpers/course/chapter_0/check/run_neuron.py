"""run_neuron(neuron, x) gives its i, v and z over time, each shaped like x, (seq_length, n)."""

import norse.torch as norse
import torch

from helpers.course.checks import call, compare, exercise, expect


def _run_neuron(neuron, x):
    state = None
    steps = []
    for x_t in x:
        z, state = neuron(x_t, state)
        steps.append((state.i, state.v, z))
    return [torch.stack(values) for values in zip(*steps)]


@exercise("Run a neuron", ours=_run_neuron)
def run_neuron(answer) -> str:
    x = 0.9 * torch.rand(40, 3)
    right = _run_neuron(norse.LIFCell(), x)
    hints = {
        "stack": (
            "The lists are still empty, or hold something other than tensors: append to i, v and z."
        )
    }
    got = call(answer, hints, neuron=norse.LIFCell(), x=x)
    expect(
        isinstance(got, tuple | list) and len(got) == 3,
        "Return three tensors, i, v and z, as the last line does.",
    )
    forgetful = _run_neuron(lambda x_t, state: norse.LIFCell()(x_t), x)
    names = ("i", "v", "z")
    for name, got_part, right_part, forgotten in zip(names, got, right, forgetful):
        mistakes = {
            "The state should go from one step to the next: yours starts each step from rest.": (
                forgotten
            ),
            f"{name} has one step too few: collect it in every step.": right_part[1:].shape,
        }
        for other, value in zip(names, right):
            mistakes[f"{name} holds what should be in {other}: look at the order."] = value
        compare(name, got_part, right_part, mistakes)
    return "one neuron, step by step. All it remembers is in the state."
