"""The figures of chapter 8: what a sweep found, over each option and over time."""

import numpy as np

from helpers.figures.style import COLOUR, panels, to_numpy


def plot_sweep(settings: list) -> np.ndarray:
    """Draw the score of each setting over each option, and options against each other.

    settings: `Setting` of sweep/table.py
    """
    names = list(settings[0].options) or ["setting"]
    pairs = list(zip(names, names[1:]))[:3]
    columns = max(len(names), 2)
    rows = 2 if pairs else 1
    axes = panels(2.5 * rows, rows=rows, columns=columns, squeeze=False)
    score = 100 * np.array([setting.mean for setting in settings])
    low = 100 * np.array([setting.low for setting in settings])
    high = 100 * np.array([setting.high for setting in settings])
    spread = np.maximum([score - low, high - score], 0)
    for ax, name in zip(axes[0], names):
        x = _places(ax.xaxis, ax.set_xscale, settings, name)
        ax.errorbar(x, score, yerr=spread, fmt="o", color=COLOUR["v"], capsize=3)
        ax.set(xlabel=name, ylim=(max(ax.get_ylim()[0], 0), min(ax.get_ylim()[1], 103)))
        ax.grid(alpha=0.3)
    axes[0, 0].set(ylabel="right in validation (%)")
    if pairs:
        for ax, (first, second) in zip(axes[1], pairs):
            x = _places(ax.xaxis, ax.set_xscale, settings, first)
            y = _places(ax.yaxis, ax.set_yscale, settings, second)
            dots = ax.scatter(x, y, c=score, cmap="cividis", s=60, edgecolors=COLOUR["z"])
            ax.set(xlabel=first, ylabel=second)
        axes[1, 0].figure.colorbar(dots, ax=axes[1, : len(pairs)], label="right (%)")
    for ax in (*axes[0, len(names) :], *axes[-1, len(pairs) :][: columns * (rows - 1)]):
        ax.set_axis_off()
    return axes


def _places(axis, set_scale, settings: list, name: str) -> list:
    """Where each setting lies on an axis.

    Numbers lie on a log scale if they span a factor of ten and crowd at the lower end.
    """
    words = [setting.options.get(name, str(setting.number)) for setting in settings]
    try:
        places = [float(word) for word in words]
    except ValueError:  # of names
        kinds = sorted(set(words))
        axis.set_ticks(range(len(kinds)), kinds)
        return [kinds.index(word) for word in words]
    lowest, highest = min(places), max(places)
    if 0 < 10 * lowest <= highest and np.median(places) < (lowest + highest) / 3:
        set_scale("log")
    return places


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
