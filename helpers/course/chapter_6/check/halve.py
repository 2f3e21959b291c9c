"""halve(curves, halve_after) gives the indices of the runs that are left, and all epochs."""

import torch

from helpers.course.judge import Solution, call, exercise, expect, kind, number, parts

SIZES = ((16, 8, (1, 2, 4)), (13, 9, (2, 5)), (9, 7, (1, 3)))  # runs, epochs, halve_after
solution = Solution(
    """
def halve(curves, halve_after=(1, 2, 4)):
    left = torch.arange(len(curves))
    n_epochs, before = 0, 0
    for epoch in halve_after:
        n_epochs += len(left) * (epoch - before)
        order = curves[left, epoch - 1].argsort(descending=True)
        left = left[order[: len(left) // 2]]
        before = epoch
    return left, n_epochs + len(left) * (curves.shape[1] - before)
""",
    {
        "left[order[: len(left) // 2]]": {
            "order[: len(left) // 2]": (
                "Sorting gives places among those that are left: take left[...] of them."
            ),
        },
        "descending=True": {
            "": (
                "Yours keeps the worse half: argsort begins with the lowest, unless"
                " descending=True."
            ),
        },
        "epoch - 1": {
            "epoch": (
                "The accuracy after an epoch is in column epoch - 1: epochs are counted from 1."
            ),
            "-1": "Yours looks at the end of the curves, which nobody knows yet.",
        },
        "len(left) // 2": {
            "(len(left) + 1) // 2": "Half of the runs are kept, rounded down: yours rounds up.",
        },
        "(epoch - before)": {
            "epoch": (
                "Between two halvings, only the difference is trained: yours begins anew each time."
            ),
        },
        "+= len(left)": {
            "+= len(left) // 2": (
                "The runs that are halved away have trained up to that epoch: count before halving."
            ),
        },
    },
)


@exercise("Halve", ours=solution)
def halve(answer) -> str:
    cases = [(torch.rand(n_runs, length), halve_after) for n_runs, length, halve_after in SIZES]

    def results(function):
        return [
            _sorted(call(function, curves=curves, halve_after=halve_after))
            for curves, halve_after in cases
        ]

    solution.expect_no_mistake(answer, results)
    for (n_runs, length, halve_after), got, right in zip(SIZES, results(answer), results(solution)):
        case = f"{n_runs} runs of {length} epochs with {halve_after=}"
        *runs, epochs = got.tolist()
        *left, n_epochs = right.tolist()
        expect(runs == left, f"Of {case}, the runs {left} are left: yours has {runs}.")
        expect(epochs == n_epochs, f"For {case}, it is {n_epochs:g} in all: yours is {epochs:g}.")
    runs, epochs = call(answer, curves=torch.ones(24, 8))
    expect(
        (len(runs), epochs) == (3, 60),
        "Of 24 equally good runs, halve_after=(1, 2, 4) of the first line leaves 3, after 60 epochs"
        f" in all. Yours has {len(runs)} after {epochs:g}.",
    )
    return "most of the time goes to the runs that looked best so far."


def _sorted(got) -> torch.Tensor:
    """Return the indices of runs, from the lowest to the highest, and then the epochs."""
    runs, epochs = parts(got, "indices, epochs")
    runs = torch.as_tensor(runs)
    expect(
        runs.ndim == 1 and not runs.is_floating_point(),
        f"The indices should be a tensor of whole numbers with one axis: yours is {kind(runs)}.",
    )
    expect(runs.dtype != torch.bool, "Return indices: yours is True or False for each run.")
    return torch.tensor([*sorted(runs.tolist()), number(epochs, "The epochs")])
