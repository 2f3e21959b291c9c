"""halve(curves, rungs) gives the indices of the runs that are left, and all epochs trained."""

import torch

from helpers.course.checks import call, exercise, expect, expect_no_mistake, kind, number, parts

SIZES = ((16, 8, (1, 2, 4)), (13, 9, (2, 5)), (9, 7, (1, 3)))  # runs, epochs, rungs


def _runs_left(curves, rungs, n_kept=lambda n: n // 2, pick=torch.take):
    """Return the runs that are left.

    n_kept: how many of n; pick: those of them, by their places
    """
    left = torch.arange(len(curves))
    for rung in rungs:
        order = curves[left, rung - 1].argsort(descending=True)
        left = pick(left, order[: n_kept(len(left))])
    return left


def _sizes_and_spans(curves, rungs) -> tuple:
    """Return how many runs train from each rung to the next, and for how many epochs."""
    sizes = [len(curves) // 2**n for n in range(len(rungs) + 1)]
    spans = [end - begin for begin, end in zip([0, *rungs], [*rungs, curves.shape[1]])]
    return sizes, spans


def _epochs(sizes, spans):
    return sum(size * span for size, span in zip(sizes, spans))


def _halve(curves, rungs=(1, 2, 4)):
    return _runs_left(curves, rungs), _epochs(*_sizes_and_spans(curves, rungs))


@exercise("Halve", ours=_halve)
def halve(answer) -> str:
    all_runs = []
    all_epochs = []
    for n_runs, length, rungs in SIZES:
        curves = torch.rand(n_runs, length)
        runs, epochs = parts(call(answer, curves=curves, rungs=rungs), "indices, epochs")
        left, n_epochs = _halve(curves, rungs)
        all_runs.append((_sorted(runs), sorted(left.tolist()), _wrong_runs(curves, rungs)))
        epochs = round(number(epochs, "The epochs"), 6)
        all_epochs.append((epochs, n_epochs, _wrong_epochs(curves, rungs)))
    expect_no_mistake(all_runs)
    for (n_runs, _, rungs), (found, left, _) in zip(SIZES, all_runs):
        case = f"{n_runs} runs and rungs {rungs}"
        expect(
            len(found) == len(left),
            f"Of {case}, {len(left)} runs are left: yours has {len(found)}.",
        )
        expect(found == left, f"Of {case}, the runs {left} are left: yours has {found}.")
    expect_no_mistake(all_epochs)
    for (n_runs, length, rungs), (found, n_epochs, _) in zip(SIZES, all_epochs):
        expect(
            found == n_epochs,
            f"For {n_runs} runs of {length} epochs and rungs {rungs}, it is {n_epochs} in"
            f" all: yours is {found:g}.",
        )
    runs, epochs = call(answer, curves=torch.ones(24, 8))
    expect(
        (len(_sorted(runs)), round(float(epochs))) == (3, 60),
        "Runs may be equally good: of 24 such runs, by the rungs (1, 2, 4) of the first line, 3 are"
        f" left after 60 epochs in all. Yours has {len(runs)} after {epochs:g}.",
    )
    return "most of the time goes to the runs that looked best so far."


def _sorted(got) -> list[int]:
    """Return the indices of runs that an answer gives, from the lowest to the highest."""
    if isinstance(got, list | tuple | range):
        got = torch.as_tensor(got)
    expect(
        isinstance(got, torch.Tensor) and got.ndim == 1 and not got.is_floating_point(),
        f"The indices should be a tensor of whole numbers with one axis: yours is {kind(got)}.",
    )
    expect(got.dtype != torch.bool, "Return indices: yours is True or False for each run.")
    return sorted(got.tolist())


def _wrong_runs(curves, rungs) -> dict:
    """Return which runs are left after usual mistakes."""
    mistakes = {
        "Sorting gives places among those that are left: take left[...] of them.": {
            "pick": lambda left, kept: kept
        },
        "Yours keeps the worse half: argsort begins with the lowest, unless descending=True.": {
            "curves": -curves
        },
        "After rung epochs, the accuracy is in column rung - 1: epochs are counted from 1.": {
            "curves": curves.roll(-1, 1)
        },
        "Half of the runs are kept, rounded down: yours rounds up.": {
            "n_kept": lambda n: n - n // 2
        },
        "Yours looks at the end of the curves, which nobody knows yet.": {
            "curves": curves[:, -1:].expand_as(curves)
        },
        "Yours looks at the first rung each time.": {
            "curves": curves[:, [rungs[0] - 1]].expand_as(curves)
        },
        "Yours keeps half once: there is a rung for each halving.": {"rungs": rungs[:1]},
        "Yours keeps the best value so far of each run: the rung counts.": {
            "curves": curves.cummax(1).values
        },
    }
    return {
        sentence: sorted(_runs_left(**({"curves": curves, "rungs": rungs} | wrong)).tolist())
        for sentence, wrong in mistakes.items()
    }


def _wrong_epochs(curves, rungs) -> dict:
    """Return how many epochs usual mistakes give."""
    sizes, spans = _sizes_and_spans(curves, rungs)
    at_last = sizes[-1] * spans[-1]
    return {
        "Between two rungs, only the difference is trained: yours begins anew each time.": (
            _epochs(sizes, [*rungs, spans[-1]])
        ),
        "Those are epochs of one run: each of those that are left trains them.": (
            rungs[-1] + at_last
        ),
        "The runs that are halved away have trained up to that rung: count before halving.": (
            _epochs(sizes[1:], spans[:-1]) + at_last
        ),
        "Yours counts what comes after the last rung: what was trained up to each rung?": at_last,
    }
