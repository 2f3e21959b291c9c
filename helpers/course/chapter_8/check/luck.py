"""luck(scores, tried) gives how much better the best of the tried runs is than its new seeds."""

from math import inf, nan

import torch

from helpers.course.checks import call, exercise, expect, expect_no_mistake, number

SIZES = ((6, 4), (5, 3), (9, 5), (4, 6))  # settings, seeds


def _winner(scores, tried):
    """Return the setting and the seed of the best run that was tried."""
    done = scores.where(tried, torch.tensor(-inf))
    return divmod(done.argmax().item(), scores.shape[1])


def _luck(scores, tried):
    setting, seed = _winner(scores, tried)
    return scores[setting, seed] - scores[setting][~tried[setting]].mean()


def _case(n_settings, n_seeds):
    """Return scores, and what was tried: of each setting the first seeds, but never the last."""
    scores = 100 * torch.rand(n_settings, n_seeds)
    n_tried = torch.randint(1, n_seeds, (n_settings, 1))
    tried = torch.arange(n_seeds) < n_tried
    tried[scores[:, 0].argmax(), :2] = True
    return scores, tried


@exercise("Luck", ours=_luck)
def luck(answer) -> str:
    hints = {"division by zero": "Where no seed is left, return nan, as the mean of nothing is."}
    cases = []
    for size in SIZES:
        scores, tried = _case(*size)
        got = number(call(answer, hints, scores=scores, tried=tried))
        right = _luck(scores, tried)
        cases.append((torch.tensor(got).float(), right, _mistakes(scores, tried)))
    expect_no_mistake(cases)
    for size, (got, right, _) in zip(SIZES, cases):
        expect(
            torch.isclose(got, right, atol=1e-3),
            f"For {size[0]} settings with {size[1]} seeds, it should be {right:.2f} points:"
            f" yours is {got:.2f}.",
        )
    none_left = torch.ones(2, 3, dtype=torch.bool)
    got = number(call(answer, hints, scores=torch.rand(2, 3), tried=none_left))
    expect(got != got, f"Where no seed is left, return {nan}: yours is {got:.2f}.")
    return "what the winner reports, and nobody who runs its setting will see."


def _mistakes(scores, tried) -> dict:
    """Return what usual mistakes give."""
    setting, seed = _winner(scores, tried)
    best = scores[setting, seed]
    of_setting = scores[setting]
    new = of_setting[~tried[setting]]
    others = torch.cat([of_setting[:seed], of_setting[seed + 1 :]])
    nobody_ran = _winner(scores, torch.ones_like(tried))
    other_setting = scores[nobody_ran[0]]
    means = scores.where(tried, torch.tensor(nan)).nanmean(dim=1)
    n = means.argmax()
    return {
        "The winner is the best of the runs that were tried: yours is any run.": [
            other_setting.max() - other_setting[~tried[nobody_ran[0]]].mean(),
            other_setting.max() - new.mean(),
        ],
        "The winner's own score is no new seed: take it out of the mean.": best - of_setting.mean(),
        "Seeds that were tried and have lost are not new: they were chosen to be lower.": (
            best - others.mean()
        ),
        "New seeds are those of the winner's setting: yours average over all settings.": (
            best - scores[~tried].mean()
        ),
        "Yours is the luck with its sign swapped: a lucky winner has more than 0.": (
            new.mean() - best
        ),
        "That is what new seeds reach: by how much is it less than what was reported?": new.mean(),
        "That is what the winner reports: how much of it is lost with new seeds?": best,
        "Take the mean of the new seeds: their best is lucky as well.": best - new.max(),
        "One run wins here: yours is the best mean of what was tried.": [
            means[n] - scores[n][~tried[n]].mean(),
            of_setting[tried[setting]].mean() - new.mean(),
        ],
        "That compares with the other runs that were tried: new seeds were not.": [
            best - scores[tried].mean(),
            best - of_setting[tried[setting]].mean(),
        ],
    }
