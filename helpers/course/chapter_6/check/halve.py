"""halve(curves, rungs) gives the indices of the runs that are left, and all epochs trained."""

import torch

from helpers.course.checks import call, exercise, expect, expect_no_mistake, kind, number, parts

SIZES = ((16, 8, (1, 2, 4)), (13, 9, (2, 5)), (9, 7, (1, 3)))  # runs, epochs, rungs


def _halve(
    curves,
    rungs=(1, 2, 4),
    look=lambda curves: curves,
    pick=torch.take,
    n_kept=lambda n: n // 2,
    trained=lambda n, kept, rung, before: n * (rung - before),
):
    """Return what is left, and the epochs.

    look: what is sorted; pick: the runs at some places; trained: epochs up to a rung
    """
    left = torch.arange(len(curves))
    n_epochs = before = 0
    for rung in rungs:
        order = look(curves)[left, rung - 1].argsort(descending=True)
        kept = pick(left, order[: n_kept(len(left))])
        n_epochs += trained(len(left), len(kept), rung, before)
        left = kept
        before = rung
    return left, n_epochs + len(left) * (curves.shape[1] - before)


MISTAKES = {
    "Sorting gives places among those that are left: take left[...] of them.": {
        "pick": lambda left, places: places
    },
    "Yours keeps the worse half: argsort begins with the lowest, unless descending=True.": {
        "look": torch.neg
    },
    "After rung epochs, the accuracy is in column rung - 1: epochs are counted from 1.": {
        "look": lambda curves: curves.roll(-1, 1)
    },
    "Half of the runs are kept, rounded down: yours rounds up.": {"n_kept": lambda n: n - n // 2},
    "Yours looks at the end of the curves, which nobody knows yet.": {
        "look": lambda curves: curves[:, -1:].expand_as(curves)
    },
    "Between two rungs, only the difference is trained: yours begins anew each time.": {
        "trained": lambda n, kept, rung, before: n * rung
    },
    "The runs that are halved away have trained up to that rung: count before halving.": {
        "trained": lambda n, kept, rung, before: kept * (rung - before)
    },
}


@exercise("Halve", ours=_halve)
def halve(answer) -> str:
    cases = []
    for n_runs, length, rungs in SIZES:
        curves = torch.rand(n_runs, length)
        got = _sorted(call(answer, curves=curves, rungs=rungs))
        mistakes = {
            said: _sorted(_halve(curves, rungs, **wrong)) for said, wrong in MISTAKES.items()
        }
        cases.append((got, _sorted(_halve(curves, rungs)), mistakes))
    expect_no_mistake(cases)
    for (n_runs, length, rungs), ((runs, epochs), (left, n_epochs), _) in zip(SIZES, cases):
        case = f"{n_runs} runs of {length} epochs and rungs {rungs}"
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
    if isinstance(runs, list | tuple | range):
        runs = torch.as_tensor(runs)
    expect(
        isinstance(runs, torch.Tensor) and runs.ndim == 1 and not runs.is_floating_point(),
        f"The indices should be a tensor of whole numbers with one axis: yours is {kind(runs)}.",
    )
    expect(runs.dtype != torch.bool, "Return indices: yours is True or False for each run.")
    return sorted(runs.tolist()), number(epochs, "The epochs")
