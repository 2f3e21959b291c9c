"""in_blocks(inputs, R, d) gives the spikes of all steps, where each arrives d steps later."""

from functools import partial

import torch

from helpers.course.chapter_7.neurons import neurons
from helpers.course.checks import (
    call,
    compare_all,
    exercise,
    expect,
    expect_slopes,
    expect_spikes,
    is_close,
    slopes,
    variations,
)

SHORTER = "The last block may be shorter: take as many of the spikes as it has steps."
HINTS = {
    "must match the size of tensor a": SHORTER,
    "must match the size of tensor b": SHORTER,
    "shapes cannot be multiplied": "For rows of spikes, R z is z @ R.T.",
    "non-empty": "Append the spikes of each block to the list.",
    "modified inplace": "block is a part of inputs, and += changes these: add to make a new one.",
    "too many values to unpack": "neurons gives three things: spikes, v and i.",
}


def _in_blocks(
    inputs,
    R,
    d,
    heard=lambda z, steps: z[:steps],
    state=lambda old, new: new,
    drive=torch.add,
):
    """Return the spikes of all steps.

    heard: which spikes of the block before a block of so many steps hears
    state: what is handed on of v and of i, by the one before the block and the one after it
    drive: what arrives, by the inputs and by R z
    """
    z = inputs.new_zeros(d, *inputs.shape[1:])
    v = i = z[0]
    found = []
    for block in inputs.split(d):
        arriving = drive(block, heard(z, len(block)) @ R.T)
        z, new_v, new_i = neurons(arriving, v, i)
        found.append(z)
        v = state(v, new_v)
        i = state(i, new_i)
    return torch.cat(found)


@exercise("A block of steps", ours=_in_blocks)
def in_blocks(answer) -> str:
    cases = []
    for d, steps in ((5, 4), (1, 12), (7, 16), (3, 20)):
        inputs = torch.rand(steps, 2, 6) * 4
        R = (torch.randn(6, 6) * 3).requires_grad_()
        got = call(answer, HINTS, inputs=inputs, R=R, d=d)
        spikes = partial(_in_blocks, inputs, R=R, d=d)
        right = spikes()
        expect_spikes(got, right)
        mistakes = {
            "z @ R sends spikes backwards along the weights: R z is z @ R.T.": {"R": R.T},
            "The inputs never arrive: add the block to R z.": {"drive": lambda x, Rz: Rz},
            "R z is subtracted: spikes add their weights.": {"drive": torch.sub},
            "No spike is heard: R z is missing, or z is the one of the start.": {"R": 0 * R},
            "The neurons begin at rest in each block: hand on v and i.": {
                "state": lambda old, new: old
            },
            "Each step hears the spikes of d steps before: yours all hear the last one.": {
                "heard": lambda z, steps: z[-1]
            },
            "Yours hears all spikes of the block before in each step.": {
                "heard": lambda z, steps: z.sum(0)
            },
            "A spike arrives after d steps: yours always arrives after one.": {"d": 1},
            "A shorter last block hears the first spikes of the block before: yours the last.": {
                "heard": lambda z, steps: z[-steps:]
            },
            "In yours, the spikes of a block arrive in the wrong order.": {
                "heard": lambda z, steps: z.flip(0)[:steps]
            },
        }
        cases.append(("The spikes ", got, right, variations(spikes, mistakes)))
    compare_all(cases)
    expect_slopes(got, "R", R)
    expect(
        is_close(*slopes(got, R), *slopes(right, R)),
        "The spikes are right, their gradient is not: hand on z, v and i as they are.",
    )
    return "one product for d steps, and R is read from memory once for all of them."
