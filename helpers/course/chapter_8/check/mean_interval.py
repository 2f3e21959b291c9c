"""mean_interval(scores, t) gives the mean of scores, and the lowest and highest of its interval."""

from functools import partial

import torch

from helpers.course.checks import call, compare_all, exercise, numbers


def _around(mean, half):
    return torch.stack([mean, mean - half, mean + half])


def _mean_interval(scores, t):
    scores = torch.tensor(scores)
    return _around(scores.mean(), t * scores.std() / len(scores) ** 0.5)


CASES = (([0.90, 0.92, 0.97], 4.3), ([0.50, 0.60, 0.40, 0.71], 3.2), ([-0.03, 0.01], 12.7))


@exercise("Mean and interval", ours=_mean_interval)
def mean_interval(answer) -> str:
    cases = []
    for scores, t in CASES:
        got = numbers(call(answer, scores=scores, t=t), "mean, lowest, highest")
        x = torch.tensor(scores, dtype=torch.float64)
        n = len(scores)
        mean = x.mean()
        s = x.std()
        around = partial(_around, mean)
        half = t * s / n**0.5
        mistakes = {
            "The mean of n values varies less than one value: divide s by the root of n.": (
                around(t * s)
            ),
            "Divide by the root of n: yours divides by n.": around(t * s / n),
            "s divides by n - 1: yours divides by n.": around(t * x.std(correction=0) / n**0.5),
            "s is the standard deviation: yours is the variance, its square.": around(half * s),
            "The formula gives half of the interval: yours is twice as wide.": around(2 * half),
            "t is missing: with few values, s itself is uncertain.": around(half / t),
            (
                "Those are the lowest and the highest of the scores:"
                " the interval is that of their mean."
            ): torch.stack([mean, x.min(), x.max()]),
            "Take the root of n, and not of n - 1: std has divided by that already.": (
                around(t * s / (n - 1) ** 0.5)
            ),
            "Return mean, lowest, highest: the last two of yours are swapped.": around(-half),
            "Return the lowest and the highest value: yours are mean and half the width, twice.": (
                torch.stack([mean, half, half])
            ),
            "That is the interval's middle by the median: the formula has the mean.": (
                around(half) + x.median() - mean
            ),
        }
        cases.append((f"For {scores}, the values of ", torch.tensor(got), around(half), mistakes))
    compare_all(cases, labels=["mean", "lowest", "highest"])
    return "where the mean of very many seeds may lie."
