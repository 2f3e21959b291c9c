"""luck(scores, tried) gives how much better the best of the tried runs is than its new seeds."""

import torch

from helpers.course.checks import call, exercise, expect, expect_no_mistake, number

SIZES = ((6, 4), (5, 3), (9, 5), (4, 6))  # settings, seeds


def _winner(scores, tried):
    """Return setting and seed of the best run that was tried."""
    return divmod((scores * tried).argmax().item(), scores.shape[1])


def _luck(scores, tried):
    setting, seed = _winner(scores, tried)
    return scores[setting, seed] - scores[setting][~tried[setting]].mean()


@exercise("Luck", ours=_luck)
def luck(answer) -> str:
    hints = {"division by zero": "Where no seed is left, return nan, as the mean of nothing is."}
    cases = []
    for n_settings, n_seeds in SIZES:
        scores = 100 * torch.rand(n_settings, n_seeds)
        scores[0, -1] = 100  # which nobody has tried
        n_tried = torch.randint(2, n_seeds, (n_settings, 1))
        tried = torch.arange(n_seeds) < n_tried  # and never the last seed
        order = torch.randperm(n_seeds)
        scores, tried = scores[:, order], tried[:, order]
        got = torch.tensor(number(call(answer, hints, scores=scores, tried=tried)))
        setting, seed = _winner(scores, tried)
        best = scores[setting, seed]
        of_setting = scores[setting]
        new = of_setting[~tried[setting]]
        right = best - new.mean()
        others = (of_setting.sum() - best) / (n_seeds - 1)
        highest, _ = _winner(scores, True)
        mistakes = {
            "The winner is the best of the runs that were tried: yours is any run.": (
                scores.max() - scores[highest][~tried[highest]].mean()
            ),
            "The winner's own score is no new seed: take it out of the mean.": (
                best - of_setting.mean()
            ),
            "Seeds that were tried and have lost are not new: they were chosen to be lower.": (
                best - others
            ),
            "New seeds are those of the winner's setting: yours average over all settings.": (
                best - scores[~tried].mean()
            ),
            "Yours is the luck with its sign swapped: a lucky winner has more than 0.": -right,
            "That is what new seeds reach: by how much is it less than what was reported?": (
                new.mean()
            ),
            "Take the mean of the new seeds: their best is lucky as well.": best - new.max(),
        }
        cases.append((got, right, mistakes))
    expect_no_mistake(cases)
    for size, (got, right, _) in zip(SIZES, cases):
        expect(
            torch.isclose(got, right, atol=1e-3),
            f"For {size[0]} settings with {size[1]} seeds, it should be {right:.2f} points:"
            f" yours is {got:.2f}.",
        )
    scores = torch.rand(2, 3)
    got = number(call(answer, hints, scores=scores, tried=scores >= 0))
    expect(got != got, f"Where no seed is left, return nan: yours is {got:.2f}.")
    return "what the winner reports, and nobody who runs its setting will see."
