"""The figures of chapter 8: what a sweep found, over each option and over time."""

import numpy as np

from helpers.tools.style import COLOUR, panels, to_numpy


def plot_seeds(settings: list) -> np.ndarray:
    """Draw each run of each setting, with mean and interval beside them; the best four once more.

    settings: `Setting` of sweep/table.py, the best first
    """
    axes = panels(2.8, columns=2)
    for ax, shown in zip(axes, (settings, settings[:4])):
        for place, setting in enumerate(shown):
            _draw_seeds(ax, place, setting)
        numbers = [setting.number for setting in shown]
        ax.set(xticks=range(len(numbers)), xticklabels=numbers)
        ax.grid(axis="y", alpha=0.3)
    axes[0].set(ylabel="right in validation (%)", ylim=(None, 102))
    axes[0].set(xlabel="setting, the best mean first")
    axes[1].set(xlabel="the best four, magnified")
    axes[0].legend(frameon=False, loc="lower left")
    return axes


def _draw_seeds(ax, place: int, setting) -> None:
    scores = 100 * np.array(setting.scores)
    label = "one run" if place == 0 else None
    ax.plot(np.full(len(scores), place - 0.12), scores, ".", color=COLOUR["z"], label=label)
    spread = 100 * np.array([[setting.mean - setting.low], [setting.high - setting.mean]])
    label = "mean, 95 % interval" if place == 0 else None
    style = {"fmt": "o", "color": COLOUR["val"], "capsize": 3, "label": label}
    ax.errorbar([place + 0.12], [100 * setting.mean], yerr=spread, **style)


def plot_halving(curves, left):
    """Draw learning curves, and those that halving has kept in another colour.

    Args:
        curves: validation accuracies, (n_runs, n_epochs)
        left: indices of the runs that are kept to the end
    """
    ax = panels(2.8)
    curves = 100 * to_numpy(curves)
    kept = set(to_numpy(left).tolist())
    best = int(curves[:, -1].argmax())
    epochs = np.arange(1, curves.shape[1] + 1)
    for n, curve in enumerate(curves):
        if n not in kept:
            ax.plot(epochs, curve, color=COLOUR["ideal"], alpha=0.4, linewidth=0.8)
    for n in sorted(kept):
        ax.plot(epochs, curves[n], color=COLOUR["v"], linewidth=2)
    ax.plot(epochs[-1], curves[best, -1], "*", color=COLOUR["val"], markersize=12)
    ax.plot([], [], color=COLOUR["ideal"], alpha=0.6, label="halved away")
    ax.plot([], [], color=COLOUR["v"], linewidth=2, label="kept")
    ax.plot([], [], "*", color=COLOUR["val"], markersize=10, label="the best in the end")
    ax.set(xlabel="epoch", ylabel="right in validation (%)", xticks=epochs)
    ax.grid(alpha=0.3)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax
