"""Ways to spend 24 runs, played on the recorded sweep of chapter 8."""

from collections.abc import Callable
from statistics import mean

import torch

from helpers.course.chapter_8.recorded_sweep import read_accuracies
from helpers.course.checks import WrongAnswer, call, expect, numbers

N_RUNS = 24
N_PLAYS = 1000


class Runs:
    """The runs that may be done: `runs(setting, seed)` is an accuracy, in percent.

    scores: of each setting those of its seeds; the last one is not run, but judges
    """

    def __init__(self, scores: list[list[float]]):
        self.scores = scores
        self.done = {}

    def __call__(self, setting: int, seed: int) -> float:
        n_settings = len(self.scores)
        n_seeds = len(self.scores[0]) - 1
        asked = f"setting {setting} with seed {seed}"
        if setting not in range(n_settings) or seed not in range(n_seeds):
            raise WrongAnswer(
                f"Yours runs {asked}: settings are 0 to {n_settings - 1}, and seeds 0 to"
                f" {n_seeds - 1}."
            )
        if (setting, seed) in self.done:
            raise WrongAnswer(
                f"Yours runs {asked} twice: that gives the same number, and is paid for."
            )
        if len(self.done) == N_RUNS:
            raise WrongAnswer(f"Yours asks for more than {N_RUNS} runs.")
        self.done[setting, seed] = score = self.scores[int(setting)][int(seed)]
        return score


def play(spend: Callable, n_plays: int = N_PLAYS) -> tuple[float, float]:
    """Let somebody spend 24 runs, many times, with settings and seeds in random order.

    Args:
        spend: takes `Runs`, and gives the mean that it reports and the setting that it chooses
        n_plays: how often

    Returns:
        means of what it reports, and of what a new seed of its setting reaches, in percent
    """
    scores = read_accuracies()[:, :, -1]
    generator = torch.Generator().manual_seed(0)
    reports = []
    found = []
    for _ in range(n_plays):
        settings, seeds = (torch.randperm(n, generator=generator) for n in scores.shape)
        runs = Runs(scores[settings][:, seeds].tolist())
        report, setting = numbers(call(spend, run=runs), "the mean that you report, the setting")
        own = [score for (number, _), score in runs.done.items() if number == setting]
        expect(own, f"Yours chooses setting {setting:g}, of which it has done no run.")
        expect(
            abs(report - mean(own)) < 1e-3,
            f"Yours reports {report:.2f} % for runs with a mean of {mean(own):.2f} %: report the"
            " mean of all runs of the setting that you choose.",
        )
        reports.append(report)
        found.append(runs.scores[int(setting)][-1])
    return mean(reports), mean(found)
