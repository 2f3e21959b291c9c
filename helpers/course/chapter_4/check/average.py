"""average(gradients, counts) gives each weight's gradient of the mean loss over all images.

It takes a list of dicts, one per process, and the number of images of each process.
"""

import torch

from helpers.course.checks import call, compare_all, exercise, expect, kind


def _average(gradients, counts):
    total = sum(counts)
    return {
        name: sum(n * own[name] for n, own in zip(counts, gradients)) / total
        for name in gradients[0]
    }


@exercise("Average the gradients", ours=_average)
def average(answer) -> str:
    shapes = {"conv.weight": (3, 2, 4), "out.weight": (5,)}
    compared = []
    # three unequal parts, two unequal ones, two equal ones
    for counts in ([10, 20, 6], [24, 8], [16, 16]):
        given = [{name: torch.randn(shape) for name, shape in shapes.items()} for _ in counts]
        before = f"{given} {counts}"  # dicts of tensors cannot be compared by ==
        right = _average(given, counts)
        got = call(answer, gradients=given, counts=counts)
        expect(
            f"{given} {counts}" == before,
            "Your function changes the gradients or the counts in place, as += does:"
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
        for name in shapes:
            mistakes = _mistakes(torch.stack([own[name] for own in given]), counts, right[name])
            compared.append((f"The gradient of {name}", got[name], right[name], mistakes))
    compare_all(compared)
    call(answer, gradients=given[:1], counts=counts[:1])  # one process alone
    return "one image counts as much as any other, whichever process has it."


def _mistakes(stacked, counts, right) -> dict:
    """Return what usual mistakes give for one weight, with a sentence each."""
    weighted = torch.stack([n * own for n, own in zip(counts, stacked)])
    n_images = sum(counts)
    return {
        "Yours is the plain mean: an image of a small part then counts more than the others.": (
            stacked.mean(0)
        ),
        "Yours is the plain sum: with more processes the step would get longer.": stacked.sum(0),
        "Yours is the sum over all images: divide it by their number.": weighted.sum(0),
        "Divide by the number of all images: yours divides by the number of processes.": (
            weighted.mean(0)
        ),
        "The gradients are of mean losses: multiply by the counts, where yours divides.": (
            sum(own / n for n, own in zip(counts, stacked))
        ),
        "Yours is the mean of two processes: there may be more.": (
            weighted[:2].sum(0) / sum(counts[:2])
        ),
        "Yours is the gradient of the first process alone.": stacked[0],
        "Yours is the gradient of the last process alone.": stacked[-1],
        "Yours has the last process alone: add up all of them first.": [
            weighted[-1] / n_images,
            stacked[-1] / len(counts),
        ],
        "The sum is over the processes: yours is over the weights too.": [
            right.mean(),
            right.sum(),
        ],
        "The gradients of all processes are still there, side by side: add them up.": [
            weighted / n_images,
            stacked,
        ],
    }
