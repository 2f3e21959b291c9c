"""The figures of chapter 6: what a sweep finds, and how lucky the best run is."""

from pathlib import Path

import numpy as np

from helpers.course.chapter_6.sweep_results import read_recorded
from helpers.course.notebook.play import Play, play
from helpers.sweep.plot_sweep import draw_scores
from helpers.tools.style import BESIDE, BLACK, BLUE, GREY, VERMILION, legend, panels


def plot_seeds(settings: list):
    """Draw each run of each setting, with mean and interval beside them.

    settings: `Setting` of sweep/table.py, the best first, each with as many seeds
    """
    ax = panels(2.8)
    places = np.arange(len(settings))
    scores = 100 * np.array([setting.scores for setting in settings])
    dots = ax.plot(places - 0.12, scores, ".", color=BLACK)
    dots[0].set_label("one run")
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


def show_luck() -> Play:
    """Show the best of some recorded runs, drawn again and again, and new seeds of its setting."""
    widget = play(Path(__file__).with_name("luck.js"))
    widget.data = {"accuracies": [row.val_acc for row in read_recorded()]}
    return widget


def plot_halving(curves, left):
    """Draw learning curves, of which halving keeps some.

    Args:
        curves: validation accuracies, %, (n_runs, n_epochs)
        left: indices of the runs that are kept to the end
    """
    ax = panels(2.8)
    epochs = np.arange(1, curves.shape[1] + 1)
    ax.plot(epochs, curves.T, color=GREY, alpha=0.4, linewidth=0.8)
    kept = ax.plot(epochs, curves[left].T, color=BLUE, linewidth=2)
    kept[0].set_label("kept to the end")
    ax.set(xlabel="epoch", ylabel="right in validation (%)", xticks=epochs)
    ax.grid(alpha=0.3)
    legend(ax, **BESIDE)
    return ax
