"""The figures of chapter 8: what a sweep found, over each option and over time."""

import numpy as np

from helpers.sweep.curves import draw_scores
from helpers.tools.style import BESIDE, BLACK, BLUE, GREY, VERMILION, legend, panels, to_numpy


def plot_seeds(settings: list):
    """Draw each run of each setting, with mean and interval beside them; the best four once more.

    settings: `Setting` of sweep/table.py, the best first
    """
    axes = panels(2.8, columns=2)
    for ax, shown in zip(axes, (settings, settings[:4])):
        places = np.arange(len(shown))
        scores = [100 * score for setting in shown for score in setting.scores]
        of_scores = np.repeat(places, [len(setting.scores) for setting in shown])
        ax.plot(of_scores - 0.12, scores, ".", color=BLACK, label="one run")
        draw_scores(ax, places + 0.12, shown, color=VERMILION, label="mean, 95 % interval")
        ax.set_xticks(places, [setting.number for setting in shown])
        ax.grid(axis="y", alpha=0.3)
    axes[0].set(
        xlabel="setting, the best mean first", ylabel="right in validation (%)", ylim=(None, 102)
    )
    axes[1].set_xlabel("the best four, magnified")
    legend(axes[0], loc="lower left")
    return axes


def plot_halving(curves, left):
    """Draw learning curves, and those that halving has kept in another colour.

    Args:
        curves: validation accuracies, (n_runs, n_epochs)
        left: indices of the runs that are kept to the end
    """
    ax = panels(2.8)
    curves = 100 * to_numpy(curves).T
    left = to_numpy(left)
    epochs = np.arange(1, len(curves) + 1)
    grey = ax.plot(epochs, np.delete(curves, left, axis=1), color=GREY, alpha=0.4, linewidth=0.8)
    blue = ax.plot(epochs, curves[:, left], color=BLUE, linewidth=2)
    grey[0].set_label("halved away")
    blue[0].set_label("kept")
    best = curves[-1].max()
    ax.plot(epochs[-1], best, "*", color=VERMILION, markersize=12, label="the best in the end")
    ax.set(xlabel="epoch", ylabel="right in validation (%)", xticks=epochs)
    ax.grid(alpha=0.3)
    legend(ax, **BESIDE)
    return ax
