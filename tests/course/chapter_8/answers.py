"""Answers to the exercises of chapter 8."""

import math

import numpy as np
import torch

from helpers.course.chapter_8 import check
from tests.course.checks.answers import edited

hours = edited("""\
shared = n_runs * hours / (devices * efficiency)
alone = math.ceil(n_runs / devices) * hours
return (shared, shared * devices), (alone, n_runs * hours)""")
RETURN = "return (shared, shared * devices), (alone, n_runs * hours)"

numbered = edited("""\
first = task * each
numbers = range(first, min(first + each, n_runs))
return [divmod(number, n_seeds) for number in numbers]""")

lined = edited("""\
each = math.ceil(n_runs / max_size)
n_tasks = math.ceil(n_runs / each)
return f"--array=0-{n_tasks - 1}%{at_once}", each""")

meant = edited("""\
scores = torch.tensor(scores)
half = t * scores.std() / len(scores) ** 0.5
return scores.mean(), scores.mean() - half, scores.mean() + half""")
HALF = "t * scores.std() / len(scores) ** 0.5"
ALL = "return scores.mean(), scores.mean() - half, scores.mean() + half"

halved = edited("""\
left = torch.arange(len(curves))
n_epochs, before = 0, 0
for rung in rungs:
    n_epochs += len(left) * (rung - before)
    order = curves[left, rung - 1].argsort(descending=True)
    left = left[order[: len(left) // 2]]
    before = rung
return left, n_epochs + len(left) * (curves.shape[1] - before)""")
COUNT = "n_epochs += len(left) * (rung - before)"
KEEP = "left = left[order[: len(left) // 2]]"
LAST = "return left, n_epochs + len(left) * (curves.shape[1] - before)"

BY_MEDIAN = halved(KEEP, "left = left[scores > scores.median()]").replace(
    "order = curves[left, rung - 1].argsort(descending=True)", "scores = curves[left, rung - 1]"
)


def by_numpy(scores, t):
    half = t * np.std(scores, ddof=1) / np.sqrt(len(scores))
    return [np.mean(scores), np.mean(scores) - half, np.mean(scores) + half]


def by_sorting(curves, rungs=(1, 2, 4)):
    left, epochs, before = list(range(len(curves))), 0, 0
    for rung in [*rungs, curves.shape[1]]:
        epochs += len(left) * (rung - before)
        before = rung
        if rung != curves.shape[1]:
            left.sort(key=lambda n: -curves[n, rung - 1].item())
            del left[len(left) // 2 :]
    return left, epochs


RIGHT = {
    check.device_hours: [
        hours(),
        hours("math.ceil(n_runs / devices)", "-(-n_runs // devices)"),
        hours("(shared, shared * devices)", "[shared, n_runs * hours / efficiency]"),
        lambda n, h, d, e: torch.tensor(
            [[n * h / d / e, n * h / e], [math.ceil(n / d) * h, n * h]]
        ),
    ],
    check.runs_of_task: [
        numbered(),
        numbered("divmod(number, n_seeds)", "(number // n_seeds, number % n_seeds)"),
        numbered("divmod(number, n_seeds)", "[int(number / n_seeds), number % n_seeds]"),
        lambda task, each, seeds, n: [
            divmod(number, seeds) for number in range(n) if number // each == task
        ],
    ],
    check.array_line: [
        lined(),
        lined("math.ceil(n_runs / max_size)", "-(-n_runs // max_size)"),
        lined("each = math.ceil(n_runs / max_size)", "each = 1 + (n_runs - 1) // max_size"),
        lined("math.ceil(n_runs / each)", "len(range(0, n_runs, each))"),
    ],
    check.mean_interval: [
        meant(),
        by_numpy,
        meant(HALF, "t * (scores.var() / len(scores)).sqrt()"),
        meant(ALL, "m = sum(scores) / len(scores)\nreturn [m, m - half, m + half]"),
    ],
    check.halve: [
        halved(),
        by_sorting,
        halved(LAST, LAST.replace("return left, n_epochs +", "return left, n_epochs + 1e-12 +")),
        halved("argsort(descending=True)", "topk(len(left)).indices"),
        halved(
            "curves[left, rung - 1].argsort(descending=True)",
            "(-curves[left][:, rung - 1]).argsort()",
        ),
    ],
}

WRONG = {
    check.device_hours: {
        "the hours of one run": hours("n_runs * hours / (", "hours / ("),
        "divide by it too": hours("(devices * efficiency)", "devices"),
        "for (3, 0.5, 8, 0.9) should be 0.2083: yours is 0.5": hours(
            "shared = n_runs * hours / (devices * efficiency)",
            "shared = max(hours, n_runs * hours / (devices * efficiency))",
        ),
        "for (7, 10.0, 2, 0.4) should be 87.5: yours is 70": hours(
            "(devices * efficiency)", "max(1, devices * efficiency)"
        ),
        "yours takes less time": hours("/ (devices * efficiency)", "/ devices * efficiency"),
        "as long as one device needs for all": hours(
            "shared = n_runs * hours / (devices * efficiency)", "shared = n_runs * hours"
        ),
        "The two ways are swapped": hours(
            RETURN, "return (alone, n_runs * hours), (shared, shared * devices)"
        ),
        "count each of the devices": hours("(shared, shared * devices)", "(shared, shared)"),
        "the efficiency makes that longer": hours("shared * devices)", "n_runs * hours)"),
        "times the devices: not of one run": hours(
            "shared * devices)", "shared * devices / n_runs)"
        ),
        "with one device busy or with all: round up": hours(
            "math.ceil(n_runs / devices)", "n_runs / devices"
        ),
        "yours leaves it out": hours("math.ceil(n_runs / devices)", "n_runs // devices"),
        "no efficiency here": (
            hours(
                "math.ceil(n_runs / devices) * hours",
                "math.ceil(n_runs / devices) * hours / efficiency",
            ),
            hours("(alone, n_runs * hours)", "(alone, n_runs * hours / efficiency)"),
        ),
        "Those are rounds": hours(
            "math.ceil(n_runs / devices) * hours", "math.ceil(n_runs / devices)"
        ),
        "yours pays for it": hours("(alone, n_runs * hours)", "(alone, alone * devices)"),
        "add up what each run takes": hours("(alone, n_runs * hours)", "(alone, alone)"),
        "Return hours, device-hours": hours(RETURN, "return shared, alone"),
        "Return one after another, side by side": hours(RETURN, "return shared"),
    },
    check.runs_of_task: {
        "yours from 1": numbered("divmod(number,", "divmod(number + 1,"),
        "Setting and seed are swapped": numbered(
            "divmod(number, n_seeds)", "divmod(number, n_seeds)[::-1]"
        ),
        "yours goes beyond n_runs": numbered("min(first + each, n_runs)", "first + each"),
        "takes the task for its first number": numbered("task * each", "task"),
        "yours have the same seed": numbered(
            "divmod(number, n_seeds)", "divmod(number, n_runs // n_seeds)[::-1]"
        ),
        "yours is the number": numbered("divmod(number, n_seeds)", "(number // n_seeds, number)"),
        "n_seeds runs share a setting": numbered(
            "divmod(number, n_seeds)", "(number, number % n_seeds)"
        ),
        "Return a list of pairs": numbered("return [", "return next(iter([").replace(
            "numbers]", "numbers]))[0]"
        ),
        "should be a pair": numbered("divmod(number, n_seeds)", "number"),
        "there are 1 runs, not 2": numbered("each, n_runs)", "each + 1, n_runs)"),
    },
    check.array_line: {
        "some runs are in no task": (
            lined("math.ceil(n_runs / max_size)", "max(1, n_runs // max_size)"),
            lined("math.ceil(n_runs / max_size)", "max(1, round(n_runs / max_size))"),
        ),
        "one more than is needed": (
            lined("math.ceil(n_runs / max_size)", "n_runs // max_size + 1"),
            lined("/ max_size", "/ (max_size - 1)"),
        ),
        "A task does whole runs": lined("math.ceil(n_runs / max_size)", "n_runs / max_size"),
        "The last task is included": lined("n_tasks - 1", "n_tasks"),
        "fewer tasks than runs": lined("n_tasks - 1", "n_runs - 1"),
        "The tasks are counted from 0": lined("=0-{n_tasks - 1}", "=1-{n_tasks}"),
        "After % stands": lined("%{at_once}", ""),
        "so it ends in": lined("%{at_once}", "%8"),
        "The option is called": lined("--array=", "array="),
        "The option should be a text": lined('f"--array=0-{n_tasks - 1}%{at_once}"', "n_tasks"),
        "Return the option, the runs of each task": lined(", each", ""),
    },
    check.mean_interval: {
        "yours is twice as wide": meant(HALF, f"2 * {HALF}"),
        "varies less than one value": meant(" / len(scores) ** 0.5", ""),
        "yours divides by n.": (
            meant(" ** 0.5", ""),
            meant("scores.std()", "scores.std(correction=0)"),
        ),
        "yours is the variance": meant("std()", "var()"),
        "t is missing": meant("t * ", ""),
        "the highest of the scores": meant(ALL, "return scores.mean(), scores.min(), scores.max()"),
        "not of n - 1": meant("len(scores)", "(len(scores) - 1)"),
        "the last two of yours are swapped": meant(
            ALL, "return scores.mean(), scores.mean() + half, scores.mean() - half"
        ),
        "half the width": meant(ALL, "return scores.mean(), half, half"),
        "middle by the median": meant(ALL, ALL.replace("mean", "median")),
        "Return mean, lowest, highest": meant(
            ALL, "return scores.mean() - half, scores.mean() + half"
        ),
    },
    check.halve: {
        "take left[...] of them": halved(KEEP, "left = order[: len(left) // 2]"),
        "keeps the worse half": halved("descending=True", ""),
        "in column rung - 1": halved("rung - 1", "rung"),
        "yours rounds up": halved("len(left) // 2", "(len(left) + 1) // 2"),
        "which nobody knows yet": halved("rung - 1", "-1"),
        "the first rung each time": halved("rung - 1", "rungs[0] - 1"),
        "Yours keeps half once": halved("before = rung", "before = rung\n    break"),
        "the rung counts": halved("curves[left, rung - 1]", "curves[left, :rung].amax(1)"),
        "yours begins anew": halved("(rung - before)", "rung").replace(
            "(curves.shape[1] - before)", "curves.shape[1]"
        ),
        "their last epochs are missing": halved(LAST, "return left, n_epochs"),
        # in the first case, but not in the others, as many as if training begins anew at each rung
        "it is 40 in all: yours is 64": halved(LAST, "return left, curves.numel() // 2"),
        "the epochs without halving": halved(LAST, "return left, curves.numel()"),
        "epochs of one run": halved(LAST, "return left, curves.shape[1]"),
        "and not from the start": halved("(curves.shape[1] - before)", "curves.shape[1]"),
        "count before halving": halved(COUNT, "pass").replace(KEEP, KEEP + "\n    " + COUNT),
        "it is 56 in all: yours is 59": halved("(curves.shape[1] - before)", "before"),
        "Runs may be equally good": BY_MEDIAN,
        "by the rungs (1, 2, 4) of the first line": lambda curves, rungs=(1, 2, 3): by_sorting(
            curves, rungs
        ),
        "3 are left after 60 epochs in all. Yours has 6 after 84": (
            lambda curves, rungs=(1, 4): by_sorting(curves, rungs)
        ),
        "tensor of whole numbers": halved(LAST, "return left.float(), n_epochs"),
        "Return indices, epochs": halved(LAST, "return n_epochs"),
    },
}
