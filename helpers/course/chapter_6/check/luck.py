"""luck(scores, tried) gives how much better the best of the tried runs is than its new seeds."""

import torch

from helpers.course.judge import Solution, call, exercise, expect, number

SIZES = ((6, 4), (5, 3), (9, 5), (4, 6))  # settings, seeds
HINTS = {"division by zero": "Where no seed is left, return nan, as the mean of nothing is."}
solution = Solution(
    """
def luck(scores, tried):
    done = torch.where(tried, scores, -1.0)
    setting, seed = divmod(done.argmax().item(), scores.shape[1])
    new = scores[setting][~tried[setting]]
    return scores[setting, seed] - new.mean()
""",
    {
        "torch.where(tried, scores, -1.0)": {
            "scores": "The winner is the best of the runs that were tried: yours is any run.",
        },
        "done.argmax()": {
            "scores[tried].argmax()": (
                "argmax of scores[tried] counts those that were tried: yours takes it for all."
            ),
        },
        "scores[setting][~tried[setting]]": {
            "scores[setting]": "The winner's own score is no new seed: take it out of the mean.",
            "torch.cat([scores[setting, :seed], scores[setting, seed + 1 :]])": (
                "Seeds that were tried and have lost are not new: they were chosen to be lower."
            ),
            "scores[~tried]": (
                "New seeds are those of the winner's setting: yours average over all settings."
            ),
        },
        "scores[setting, seed] - new.mean()": {
            "new.mean() - scores[setting, seed]": (
                "Yours is the luck with its sign swapped: a lucky winner has more than 0."
            ),
            "new.mean()": (
                "That is what new seeds reach: by how much is it less than what was reported?"
            ),
        },
        "mean": {"max": "Take the mean of the new seeds: their best is lucky as well."},
    },
)


@exercise("Luck", ours=solution)
def luck(answer) -> str:
    cases = []
    for n_settings, n_seeds in SIZES:
        scores = 100 * torch.rand(n_settings, n_seeds)
        scores[:, -1] = 100 - torch.arange(n_settings)  # which nobody has tried
        n_tried = torch.randint(2, n_seeds, (n_settings, 1))
        tried = torch.arange(n_seeds) < n_tried  # and never the last seed
        scores[0, -1] = scores[tried].max()  # the winner's, where nobody has looked
        order = torch.randperm(n_seeds)
        cases.append((scores[:, order], tried[:, order]))
    labels = [f"{n_settings} settings with {n_seeds} seeds" for n_settings, n_seeds in SIZES]
    solution.compare_numbers("The points of luck in ", answer, cases, HINTS, labels=labels)
    scores = torch.rand(2, 3)
    got = number(call(answer, HINTS, scores=scores, tried=scores >= 0))
    expect(got != got, f"Where no seed is left, return nan: yours is {got:.2f}.")
    return "new seeds do not repeat this part of the winner's score."
