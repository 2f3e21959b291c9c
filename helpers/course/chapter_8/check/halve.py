"""halve(curves, rungs) gives the indices of the runs that are left, and all epochs trained."""

import torch

from helpers.course.checks.judge import call, exercise, expect, kind
from helpers.course.checks.values import number, parts


def _halve(curves, rungs=(1, 2, 4)):
    left = torch.arange(len(curves))
    n_epochs = 0
    before = 0
    for rung in rungs:
        n_epochs += len(left) * (rung - before)
        order = curves[left, rung - 1].argsort(descending=True)
        left = left[order[: len(left) // 2]]
        before = rung
    return left, n_epochs + len(left) * (curves.shape[1] - before)


def _cases():
    for n_runs, n_epochs, rungs in ((16, 8, (1, 2, 4)), (13, 10, (2, 5)), (9, 6, (1, 3))):
        yield torch.rand(n_runs, n_epochs), rungs


def _places_only(curves, rungs):
    """Return the result of a usual mistake: places in the sorted rest as numbers of runs."""
    n_left = len(curves)
    left = torch.arange(n_left)
    for rung in rungs:
        left = curves[left, rung - 1].argsort(descending=True)[: len(left) // 2]
    return left


def _by(curves, rungs, column, descending=True, keep=lambda n: n // 2):
    left = torch.arange(len(curves))
    for rung in rungs:
        order = column(curves, rung)[left].argsort(descending=descending)
        left = left[order[: keep(len(left))]]
    return left


@exercise("Halve", ours=_halve)
def halve(answer) -> str:
    for curves, rungs in _cases():
        got = parts(call(answer, curves=curves, rungs=rungs), "indices, epochs")
        left, n_epochs = _halve(curves, rungs)
        _look_at_runs(got[0], left, curves, rungs)
        _look_at_epochs(number(got[1], "The epochs"), n_epochs, curves, rungs, len(left))
    return "most of the time goes to the runs that looked best so far."


def _look_at_runs(got, left, curves, rungs) -> None:
    got = torch.as_tensor(got) if isinstance(got, list | tuple | range) else got
    expect(
        isinstance(got, torch.Tensor) and got.ndim == 1 and not got.is_floating_point(),
        f"The indices should be a tensor of whole numbers with one axis: yours is {kind(got)}.",
    )
    expect(got.dtype != torch.bool, "Return indices: yours is True or False for each run.")
    found = sorted(got.tolist())
    case = f"{len(curves)} runs and rungs {rungs}"
    mistakes = {
        "Sorting gives places among those that are left: take left[...] of them.": (
            _places_only(curves, rungs)
        ),
        "Yours keeps the worse half: argsort begins with the lowest, unless descending=True.": (
            _by(curves, rungs, lambda c, r: c[:, r - 1], descending=False)
        ),
        "After rung epochs, the accuracy is in column rung - 1: epochs are counted from 1.": (
            _by(curves, rungs, lambda c, r: c[:, min(r, c.shape[1] - 1)])
        ),
        "Half of the runs are kept, rounded down: yours rounds up.": (
            _by(curves, rungs, lambda c, r: c[:, r - 1], keep=lambda n: -(-n // 2))
        ),
        "Yours looks at the end of the curves, which nobody knows yet.": (
            _by(curves, rungs, lambda c, r: c[:, -1])
        ),
        "Yours looks at the first rung each time.": (
            _by(curves, rungs, lambda c, r: c[:, rungs[0] - 1])
        ),
        "Yours keeps half once: there is a rung for each halving.": (
            _by(curves, rungs[:1], lambda c, r: c[:, r - 1])
        ),
        "Yours keeps the best value so far of each run: the rung counts.": (
            _by(curves, rungs, lambda c, r: c[:, :r].amax(1))
        ),
    }
    right = sorted(left.tolist())
    for sentence, wrong in mistakes.items():
        expect(found == right or found != sorted(wrong.tolist()), sentence)
    expect(
        len(found) == len(right),
        f"Of {case}, {len(right)} runs are left: yours has {len(found)}.",
    )
    expect(found == right, f"Of {case}, the runs {right} are left: yours has {found}.")


def _look_at_epochs(got: float, right: int, curves, rungs, n_left: int) -> None:
    n_runs, length = curves.shape
    sizes = [n_runs]
    for _ in rungs:
        sizes.append(sizes[-1] // 2)
    ends = [*rungs, length]
    spans = [end - begin for begin, end in zip([0, *rungs], ends)]
    mistakes = {
        "Between two rungs, only the difference is trained: yours begins anew each time.": (
            sum(size * end for size, end in zip(sizes, ends))
        ),
        "The runs that are left train to the end: their last epochs are missing.": (
            sum(size * span for size, span in zip(sizes[:-1], spans[:-1]))
        ),
        "Those are the epochs without halving.": n_runs * length,
        "Those are epochs of one run: each of those that are left trains them.": length,
        "Those who are left train once more after the last rung, and not from the start.": (
            sum(size * span for size, span in zip(sizes[:-1], spans[:-1])) + n_left * length
        ),
        "The runs that are halved away have trained up to that rung: count before halving.": (
            sum(size * span for size, span in zip(sizes[1:], spans[:-1])) + n_left * spans[-1]
        ),
    }
    for sentence, wrong in mistakes.items():
        expect(got == right or got != wrong, sentence)
    expect(
        got == right,
        f"For {n_runs} runs of {length} epochs and rungs {rungs}, it is {right}: yours is {got:g}.",
    )
