"""The figures of chapter 6: what a sweep finds, and how lucky the best run is."""

import numpy as np

from helpers.sweep.plot_sweep import draw_scores
from helpers.tools.style import BESIDE, BLACK, BLUE, GREY, VERMILION, legend, panels, to_numpy


def plot_seeds(settings: list):
    """Draw each run of each setting, with mean and interval beside them.

    settings: `Setting` of sweep/table.py, the best first
    """
    ax = panels(2.8)
    places = np.arange(len(settings))
    for place, setting in zip(places, settings):
        x = [place - 0.12] * len(setting.scores)
        (dots,) = ax.plot(x, 100 * np.array(setting.scores), ".", color=BLACK)
    dots.set_label("one run")
    draw_scores(ax, places + 0.12, settings, color=VERMILION, label="mean, 95 % interval")
    ax.set_xticks(places, [setting.number for setting in settings])
    ax.set(xlabel="setting, the best mean first", ylabel="right in validation (%)")
    ax.grid(axis="y", alpha=0.3)
    legend(ax, **BESIDE)
    return ax


def plot_runs(settings: list):
    """Draw each run over its learning rate; those of a setting are joined: see `plot_seeds`."""
    ax = panels(2.6)
    for setting in settings:
        rates = [float(setting.options["model.learning_rate"])] * len(setting.scores)
        ax.plot(rates, 100 * np.array(setting.scores), ".-", color=BLACK)
    ax.set(xscale="log", xlabel="learning rate", ylabel="right in validation (%)")
    return ax


def plot_luck(n_runs: list, reported: list, fresh: list):
    """Draw what the best of n runs reports, on average, and what new seeds of its setting reach.

    Args:
        n_runs: how many runs were drawn
        reported: its score, %
        fresh: what new seeds reach, %
    """
    ax = panels(2.6)
    ax.plot(n_runs, reported, "o-", color=VERMILION, label="the best run reports")
    ax.plot(n_runs, fresh, "o-", color=BLUE, label="its new seeds reach")
    ax.fill_between(n_runs, fresh, reported, color=VERMILION, alpha=0.15, label="luck")
    ax.set(xlabel="runs to choose from", ylabel="right in validation (%)", xticks=n_runs)
    legend(ax, **BESIDE)
    return ax


def plot_halving(curves, left):
    """Draw learning curves, of which halving keeps some.

    Args:
        curves: validation accuracies, %, (n_runs, n_epochs)
        left: indices of the runs that are kept to the end
    """
    ax = panels(2.8)
    curves = to_numpy(curves).T
    epochs = np.arange(1, len(curves) + 1)
    ax.plot(epochs, curves, color=GREY, alpha=0.4, linewidth=0.8)
    kept = ax.plot(epochs, curves[:, to_numpy(left)], color=BLUE, linewidth=2)
    kept[0].set_label("kept to the end")
    ax.set(xlabel="epoch", ylabel="right in validation (%)", xticks=epochs)
    ax.grid(alpha=0.3)
    legend(ax, **BESIDE)
    return ax
