"""Ways to spend 24 runs, played on the recorded sweep of chapter 6."""

from collections.abc import Callable
from statistics import mean

import torch

from helpers.course.chapter_6.sweep_results import read_accuracies
from helpers.course.judge import call, expect, numbers

N_RUNS = 24


def play(spend: Callable) -> tuple[float, float]:
    """Let somebody spend 24 runs, many times, with settings and seeds in random order.

    spend: takes a function that does a run, `run(setting, seed)`, and returns its accuracy; gives
        the mean that it reports and the setting that it chooses

    Returns:
        means of what it reports, and of what a new seed of its setting reaches, in percent
    """
    scores = read_accuracies()[:, :, -1]
    generator = torch.Generator().manual_seed(0)
    reports, found = zip(*(_play_once(spend, scores, generator) for _ in range(1000)))
    return mean(reports), mean(found)


def _play_once(
    spend: Callable, scores: torch.Tensor, generator: torch.Generator
) -> tuple[float, float]:
    """Return what is reported, and what a new seed of the chosen setting reaches, in percent."""
    n_settings, n_seeds = scores.shape
    settings, seeds = (torch.randperm(n, generator=generator) for n in scores.shape)
    mixed = scores[settings][:, seeds]
    tried = mixed[:, :-1].tolist()  # the last seed judges
    done = {}

    def run(setting: int, seed: int) -> float:
        """Do a run, none twice."""
        done[setting, seed] = tried[setting][seed]
        expect(len(done) <= N_RUNS, f"Yours asks for more than {N_RUNS} runs.")
        return done[setting, seed]

    last = f"Settings are 0 to {n_settings - 1}, seeds 0 to {n_seeds - 2}."
    got = call(spend, {"index out of range": last}, run=run)
    report, setting = numbers(got, "the mean that you report, the setting")
    own = [score for (number, _), score in done.items() if number == setting]
    expect(own, f"Yours chooses setting {setting:g}, of which it has done no run.")
    expect(
        abs(report - mean(own)) < 1e-3,
        f"Yours reports {report:.2f} % for runs with a mean of {mean(own):.2f} %: report the"
        " mean of all runs of the setting that you choose.",
    )
    return report, mixed[int(setting), -1].item()
