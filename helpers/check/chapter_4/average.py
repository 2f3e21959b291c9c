"""average(gradients) gives the mean of each weight's gradient over a list of dicts, one per process."""

from copy import deepcopy

import torch

from helpers.check.judge import call, exercise, expect, kind
from helpers.check.values import compare


def _average(gradients):
    return {
        name: torch.stack([own[name] for own in gradients]).mean(dim=0) for name in gradients[0]
    }


@exercise("Average the gradients", ours=_average)
def average(answer) -> str:
    shapes = {"conv.weight": (3, 2, 4), "out.weight": (5,)}
    for processes in (3, 2):
        given = [
            {name: torch.randn(shape) for name, shape in shapes.items()} for _ in range(processes)
        ]
        copies = deepcopy(given)
        got = call(answer, gradients=copies)
        changed = (
            "Your function changes the gradients in place, as += does:"
            " the processes may still need the old ones."
        )
        expect(repr(copies) == repr(given), changed)  # dicts of tensors cannot be compared by ==
        expect(
            isinstance(got, dict),
            f"The result is one dict, from names to gradients: yours is {kind(got)}.",
        )
        names = f"The names should be {', '.join(shapes)}: yours are {', '.join(map(str, got))}."
        expect(set(got) == set(shapes), names)
        right = _average(given)
        for name in shapes:
            all_of_it = torch.stack([own[name] for own in given])
            mistakes = {
                "Yours is the sum: with more processes the step would get longer.": (
                    all_of_it.sum(0)
                ),
                "Yours is half the sum: there may be more than two processes.": (
                    all_of_it.sum(0) / 2
                ),
                "Yours is a third of the sum: there may be more than three processes, or fewer.": (
                    all_of_it.sum(0) / 3
                ),
                "Yours takes two processes: there may be more.": all_of_it[:2].mean(0),
                "Yours is the gradient of the first process alone.": all_of_it[0],
                "Yours is the gradient of the last process alone.": all_of_it[-1],
                "Yours has the last process alone, divided by their number: add up first.": (
                    all_of_it[-1] / processes
                ),
                "The mean is over the processes: yours is over the weights too.": all_of_it.mean(),
                "The mean is over the processes: yours is over the weights.": (
                    all_of_it.flatten(1).mean(1)
                ),
                "The mean is over the processes, the first axis: yours is over the second.": (
                    all_of_it.mean(1)
                ),
                "The gradients of all processes are still there, side by side: take their mean.": (
                    all_of_it
                ),
            }
            compare(f"The mean of {name}", got[name], right[name], mistakes)
    return "that is all that data parallelism computes, whatever the network."
