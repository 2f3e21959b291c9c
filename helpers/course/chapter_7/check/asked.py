"""asked(gradients, rows) gives, for each process, the gradient of its own spikes, as a list."""

import torch

from helpers.course.judge import Solution, call, exercise, expect, expect_form, kind

HINTS = {
    "shapes cannot be multiplied": "The chain rule for z @ R.T is dj @ R, without .T.",
    "must match the size of tensor": (
        "What all ask for has n columns: add these up before you take a process's own."
    ),
    "split_with_sizes": "Split along the neurons, dim=1: each has as many as it has rows.",
}
TOTAL = "sum(dj @ R for dj, R in zip(gradients, rows))"
OWN = "total.split([len(R) for R in rows], dim=1)"
OF_ITSELF = """[
        (dj @ R).split([len(R) for R in rows], dim=1)[p]
        for p, (dj, R) in enumerate(zip(gradients, rows))
    ]"""
solution = Solution(
    """
def asked(gradients, rows):
    total = sum(dj @ R for dj, R in zip(gradients, rows))
    return list(total.split([len(R) for R in rows], dim=1))
""",
    {
        TOTAL: {
            f"{TOTAL} / len(rows)": (
                "A sum, not a mean: all processes have the same example, and other neurons."
            ),
            "gradients[0] @ rows[0]": (
                "That is what the first process asks of all: add up what all of them ask."
            ),
            "gradients[-1] @ rows[-1]": (
                "That is what the last process asks of all: add up what all of them ask."
            ),
            f"{TOTAL}.sum(0).expand(4, -1)": (
                "All steps are added up: each step has its own gradient."
            ),
        },
        OWN: {
            OF_ITSELF: "That is what a process asks of its own neurons: the others ask too.",
            f"a - b for a, b in zip({OWN}, {OF_ITSELF})": (
                "A process asks its own neurons too: yours adds up the others alone."
            ),
            "gradients": "Those are the gradients of the currents: R is missing.",
        },
        "sum(": {"-sum(": "A gradient comes back with the sign that it has: yours is turned."},
        "dj @ R": {"(dj @ R).abs()": "The signs are lost: gradients that differ may cancel."},
    },
)


@exercise("What is asked of a spike", ours=solution)
def asked(answer) -> str:
    cases = []
    for sizes in ((2, 3), (4, 1), (1, 2, 3)):
        rows = [torch.randn(size, sum(sizes)) for size in sizes]
        gradients = [torch.randn(4, size) for size in sizes]
        cases.append((gradients, rows))
    solution.compare_cases("The gradients, side by side, ", answer, cases, HINTS, _side_by_side)
    return "each process asks all neurons. The sum of what all ask is the gradient of the whole."


def _side_by_side(function, hints, gradients, rows) -> torch.Tensor:
    """Return the gradients of all processes in one tensor, (4, n)."""
    before = [y.clone() for y in gradients + rows]
    got = call(function, hints, gradients=list(gradients), rows=list(rows))
    expect(
        all(map(torch.equal, before, gradients + rows)),
        "Your function changes its tensors in place, as += does: its caller may still need them.",
    )
    expect(
        isinstance(got, list | tuple) and len(got) == len(rows),
        f"Return a list with a tensor for each process, {len(rows)} here: yours is {kind(got)}.",
    )
    for part, own in zip(got, gradients):
        expect_form("A process's part, with a column for each of its own neurons,", part, own)
    return torch.cat(got, 1)
