"""Ways to spend 24 runs, played on the recorded sweep of chapter 8."""

from collections.abc import Callable
from statistics import mean

import torch

from helpers.course.chapter_8.recorded_sweep import read_accuracies
from helpers.course.checks import call, expect, numbers

N_RUNS = 24


class Runs:
    """The runs that may be done: `runs(setting, seed)` is an accuracy. None is done twice.

    scores: of each setting those of its seeds, in percent
    """

    def __init__(self, scores: list[list[float]]):
        self.scores = scores
        self.done = {}

    def __call__(self, setting: int, seed: int) -> float:
        self.done[setting, seed] = self.scores[setting][seed]
        expect(len(self.done) <= N_RUNS, f"Yours asks for more than {N_RUNS} runs.")
        return self.done[setting, seed]


def play(spend: Callable) -> tuple[float, float]:
    """Let somebody spend 24 runs, many times, with settings and seeds in random order.

    spend: takes `Runs`, and gives the mean that it reports and the setting that it chooses

    Returns:
        means of what it reports, and of what a new seed of its setting reaches, in percent
    """
    scores = read_accuracies()[:, :, -1]
    n_settings, n_seeds = scores.shape
    last = f"Settings are 0 to {n_settings - 1}, seeds 0 to {n_seeds - 2}."
    generator = torch.Generator().manual_seed(0)
    reports = []
    found = []
    for _ in range(1000):
        settings, seeds = (torch.randperm(n, generator=generator) for n in scores.shape)
        mixed = scores[settings][:, seeds]
        runs = Runs(mixed[:, :-1].tolist())  # the last seed judges
        got = call(spend, {"index out of range": last}, run=runs)
        report, setting = numbers(got, "the mean that you report, the setting")
        own = [score for (number, _), score in runs.done.items() if number == setting]
        expect(own, f"Yours chooses setting {setting:g}, of which it has done no run.")
        expect(
            abs(report - mean(own)) < 1e-3,
            f"Yours reports {report:.2f} % for runs with a mean of {mean(own):.2f} %: report the"
            " mean of all runs of the setting that you choose.",
        )
        reports.append(report)
        found.append(mixed[int(setting), -1].item())
    return mean(reports), mean(found)
