"""average(gradients) gives each weight's mean gradient over a list of dicts, one per process."""

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
    for n_processes in (3, 2):
        given = [
            {name: torch.randn(shape) for name, shape in shapes.items()} for _ in range(n_processes)
        ]
        copies = deepcopy(given)
        got = call(answer, gradients=copies)
        is_unchanged = repr(copies) == repr(given)  # dicts of tensors cannot be compared by ==
        expect(
            is_unchanged,
            "Your function changes the gradients in place, as += does:"
            " the processes may still need the old ones.",
        )
        expect(
            isinstance(got, dict),
            f"The result is one dict, from names to gradients: yours is {kind(got)}.",
        )
        expect(
            set(got) == set(shapes),
            f"The names should be {', '.join(shapes)}: yours are {', '.join(map(str, got))}.",
        )
        right = _average(given)
        for name in shapes:
            stacked = torch.stack([own[name] for own in given])
            mistakes = {
                "Yours is the sum: with more processes the step would get longer.": (
                    stacked.sum(0)
                ),
                "Yours is half the sum: there may be more than two processes.": (
                    stacked.sum(0) / 2
                ),
                "Yours is a third of the sum: there may be more than three processes, or fewer.": (
                    stacked.sum(0) / 3
                ),
                "Yours takes two processes: there may be more.": stacked[:2].mean(0),
                "Yours is the gradient of the first process alone.": stacked[0],
                "Yours is the gradient of the last process alone.": stacked[-1],
                "Yours has the last process alone, divided by their number: add up first.": (
                    stacked[-1] / n_processes
                ),
                "The mean is over the processes: yours is over the weights too.": stacked.mean(),
                "The mean is over the processes: yours is over the weights.": (
                    stacked.flatten(1).mean(1)
                ),
                "The mean is over the processes, the first axis: yours is over the second.": (
                    stacked.mean(1)
                ),
                "The gradients of all processes are still there, side by side: take their mean.": (
                    stacked
                ),
            }
            compare(f"The mean of {name}", got[name], right[name], mistakes)
    return "that is all that data parallelism computes, whatever the network."
