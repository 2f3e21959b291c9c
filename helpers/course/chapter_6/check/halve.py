"""halve(curves, rungs) gives the indices of the runs that are left, and all epochs trained."""

import numpy as np
import torch

from helpers.course.judge import Solution, call, exercise, expect, kind, number, parts

SIZES = ((16, 8, (1, 2, 4)), (13, 9, (2, 5)), (9, 7, (1, 3)))  # runs, epochs, rungs
solution = Solution(
    """
def halve(curves, rungs=(1, 2, 4)):
    left = torch.arange(len(curves))
    n_epochs, before = 0, 0
    for rung in rungs:
        n_epochs += len(left) * (rung - before)
        order = curves[left, rung - 1].argsort(descending=True)
        left = left[order[: len(left) // 2]]
        before = rung
    return left, n_epochs + len(left) * (curves.shape[1] - before)
""",
    {
        "Sorting gives places among those that are left: take left[...] of them.": (
            "left[order[: len(left) // 2]]",
            "order[: len(left) // 2]",
        ),
        "Yours keeps the worse half: argsort begins with the lowest, unless descending=True.": (
            "descending=True",
            "",
        ),
        "After rung epochs, the accuracy is in column rung - 1: epochs are counted from 1.": (
            "rung - 1",
            "rung",
        ),
        "Half of the runs are kept, rounded down: yours rounds up.": (
            "len(left) // 2",
            "(len(left) + 1) // 2",
        ),
        "Yours looks at the end of the curves, which nobody knows yet.": ("rung - 1", "-1"),
        "Between two rungs, only the difference is trained: yours begins anew each time.": (
            "(rung - before)",
            "rung",
        ),
        "The runs that are halved away have trained up to that rung: count before halving.": (
            "+= len(left)",
            "+= len(left) // 2",
        ),
    },
)


@exercise("Halve", ours=solution)
def halve(answer) -> str:
    curves = [torch.rand(n_runs, length) for n_runs, length, _ in SIZES]

    def results(function):
        """Return the indices of the runs that are left, sorted, and then the epochs, by case."""
        found = []
        for of_runs, (_, _, rungs) in zip(curves, SIZES):
            left, n_epochs = _sorted(call(function, curves=of_runs, rungs=rungs))
            found.append(torch.tensor([*left, n_epochs]))
        return found

    solution.expect_no_mistake(answer, results)
    for (n_runs, length, rungs), got, right in zip(SIZES, results(answer), results(solution)):
        case = f"{n_runs} runs of {length} epochs and rungs {rungs}"
        *runs, epochs = got.tolist()
        *left, n_epochs = right.tolist()
        expect(runs == left, f"Of {case}, the runs {left} are left: yours has {runs}.")
        expect(epochs == n_epochs, f"For {case}, it is {n_epochs:g} in all: yours is {epochs:g}.")
    runs, epochs = call(answer, curves=torch.ones(24, 8))
    expect(
        (len(runs), epochs) == (3, 60),
        "Runs may be equally good: of 24 such runs, by the rungs (1, 2, 4) of the first line, 3 are"
        f" left after 60 epochs in all. Yours has {len(runs)} after {epochs:g}.",
    )
    return "most of the time goes to the runs that looked best so far."


def _sorted(got) -> tuple[list[int], float]:
    """Return the indices of runs, from the lowest to the highest, and the epochs."""
    runs, epochs = parts(got, "indices, epochs")
    if isinstance(runs, list | tuple | range | np.ndarray):
        runs = torch.as_tensor(runs)
    expect(
        isinstance(runs, torch.Tensor) and runs.ndim == 1 and not runs.is_floating_point(),
        f"The indices should be a tensor of whole numbers with one axis: yours is {kind(runs)}.",
    )
    expect(runs.dtype != torch.bool, "Return indices: yours is True or False for each run.")
    return sorted(runs.tolist()), number(epochs, "The epochs")
