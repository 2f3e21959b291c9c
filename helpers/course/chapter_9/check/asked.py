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
        whole = [dj @ R for dj, R in zip(gradients, rows)]
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
        ask = [each.split(sizes, dim=1) for each in whole]
        own = [parts[p] for p, parts in enumerate(ask)]
        summed = [sum(parts) for parts in zip(*ask)]
        mistakes = {
            "A sum, not a mean: all processes have the same example, and other neurons.": [
                part / len(sizes) for part in summed
            ],
            "That is what a process asks of its own neurons: the others ask too.": own,
            "A process asks its own neurons too: yours adds up the others alone.": [
                total - mine for total, mine in zip(summed, own)
            ],
            "That is what the first process asks of all: add up what all of them ask.": ask[0],
            "That is what the last process asks of all: add up what all of them ask.": ask[-1],
            "A gradient comes back with the sign that it has: yours is turned.": [
                -part for part in summed
            ],
            "The signs are lost: gradients that differ may cancel.": [
                sum(part.abs() for part in parts) for parts in zip(*ask)
            ],
            "Those are the gradients of the currents: R is missing.": gradients,
            "All steps are added up: each step has its own gradient.": [
                part.sum(0).expand_as(part) for part in summed
            ],
        }
        joined = {sentence: torch.cat(list(wrong), 1) for sentence, wrong in mistakes.items()}
        cases.append(
            ("The gradients, side by side, ", torch.cat(list(got), 1), torch.cat(summed, 1), joined)
        )
    compare_all(cases)
    return "each process asks all neurons. The sum of what all ask is the gradient of the whole."
