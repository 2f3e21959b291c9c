"""asked(gradients, rows) gives, for each process, the gradient of its own spikes, as a list."""

import torch

from helpers.course.checks import call, compare_all, exercise, expect, kind

HINTS = {
    "shapes cannot be multiplied": "The chain rule for z @ R.T is dj @ R, without .T.",
    "must match the size of tensor": (
        "What all ask for has n columns: add these up before you take a process's own."
    ),
    "split_with_sizes": "Split along the neurons, dim=1: each has as many as it has rows.",
}


def _asked(gradients, rows):
    total = sum(dj @ R for dj, R in zip(gradients, rows))
    return list(total.split([len(R) for R in rows], dim=1))


@exercise("What is asked of a spike", ours=_asked)
def asked(answer) -> str:
    cases = []
    for sizes in ((2, 3), (4, 1), (1, 2, 3)):
        n = sum(sizes)
        rows = [torch.randn(size, n) for size in sizes]
        gradients = [torch.randn(4, size) for size in sizes]
        got = call(answer, HINTS, gradients=gradients, rows=rows)
        expect(
            isinstance(got, list | tuple) and len(got) == len(sizes),
            f"Return a list with a tensor for each process, {len(sizes)} here: yours is"
            f" {kind(got)}.",
        )
        for part, size in zip(got, sizes):
            expect(isinstance(part, torch.Tensor), f"The list holds tensors: {kind(part)} is none.")
            expect(
                part.shape != (4, n),
                "Each process keeps the gradients of its own spikes: yours keeps all.",
            )
            expect(
                part.shape == (4, size),
                "A process has as many columns as neurons, and their numbers may differ: one of"
                f" {size} neurons should get {(4, size)}, and yours gets {tuple(part.shape)}.",
            )
        whole = [dj @ R for dj, R in zip(gradients, rows)]
        own = torch.cat([each.split(sizes, dim=1)[p] for p, each in enumerate(whole)], 1)
        total = sum(whole)
        mistakes = {
            "A sum, not a mean: all processes have the same example, and other neurons.": (
                total / len(sizes)
            ),
            "That is what a process asks of its own neurons: the others ask too.": own,
            "A process asks its own neurons too: yours adds up the others alone.": total - own,
            "That is what the first process asks of all: add up what all of them ask.": whole[0],
            "That is what the last process asks of all: add up what all of them ask.": whole[-1],
            "A gradient comes back with the sign that it has: yours is turned.": -total,
            "The signs are lost: gradients that differ may cancel.": sum(map(torch.abs, whole)),
            "Those are the gradients of the currents: R is missing.": torch.cat(gradients, 1),
            "All steps are added up: each step has its own gradient.": (
                total.sum(0).expand_as(total)
            ),
        }
        cases.append(("The gradients, side by side, ", torch.cat(got, 1), total, mistakes))
    compare_all(cases)
    return "each process asks all neurons. The sum of what all ask is the gradient of the whole."
