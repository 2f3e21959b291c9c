"""run_cell(cell, x, forget_every) gives a cell's spikes over time, (seq_length, batch, neurons)."""

import norse.torch as norse
import torch

from helpers.course.checks import call, compare, exercise, expect, expect_slopes


def _run_cell(cell, x, forget_every=None, starts=None):
    """starts: steps that begin from rest, in place of those that forget_every gives"""
    starts = starts or range(0, len(x), forget_every or len(x))
    state = None
    spikes = []
    for t, x_t in enumerate(x):
        if t in starts:
            state = None
        z, state = cell(x_t, state)
        spikes.append(z)
    return torch.stack(spikes)


@exercise("Remember and forget", ours=_run_cell)
def run_cell(answer) -> str:
    cell = norse.LSNNRecurrentCell(3, 6)
    x = 10 * torch.rand(20, 5, 3)
    hints = {
        "and 'NoneType'": "forget_every can be None: ask for that first.",
        "modulo by zero": "forget_every can be None, and that is not 0: ask for it first.",
        "but got": "cell returns a pair, spikes and state: append the spikes alone.",
        "non-empty": "The list is still empty: append the spikes of each step.",
        "unpack": "cell returns two things, spikes and state.",
    }
    for forget_every in (None, 4):
        case = f"With forget_every = {forget_every} the state should be"
        mistakes = {
            f"{case} passed on from step to step: yours starts every step from rest.": range(20),
            f"{case} dropped only where forget_every says so: yours is dropped every 10 steps.": (
                range(0, 20, 10)
            ),
        }
        if forget_every:
            mistakes |= {
                f"{case} dropped every 4 steps: yours is kept.": [0],
                f"{case} dropped every 4 steps: yours is dropped once.": [0, 4],
                f"{case} dropped every 4 steps: yours is dropped in all other steps.": (
                    [t for t in range(20) if t % 4]
                ),
                (
                    f"{case} dropped before steps 0, 4, 8:"
                    " yours is dropped in each of the first four."
                ): range(4),
                f"{case} dropped before steps 0, 4, 8: yours is dropped after them.": (
                    range(1, 20, 4)
                ),
                f"{case} dropped before steps 0, 4, 8: yours is dropped a step early.": (
                    range(3, 20, 4)
                ),
            }
        got = call(answer, hints, cell=cell, x=x, forget_every=forget_every)
        expect(
            getattr(got, "shape", ())[1:] != (5, 6) or len(got) >= 20,
            "There should be spikes of 20 steps:"
            " append them in each step, and return after the loop.",
        )
        right = _run_cell(cell, x, forget_every)
        mistakes = {
            sentence: _run_cell(cell, x, starts=starts) for sentence, starts in mistakes.items()
        } | {
            "Return the spikes of all steps: yours are those of one step.": right[0].shape,
            "Time should be the first axis, as in torch.stack(spikes): yours is the second.": (
                right.transpose(0, 1).shape
            ),
        }
        compare("The spikes at (step, example, neuron) ", got, right, mistakes)
    expect_slopes(got, "the weights of the cell", cell.input_weights)
    return "the same cell remembers or forgets, and all that differs is its state."
