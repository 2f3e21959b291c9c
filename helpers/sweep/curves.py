"""What a sweep has found, over what differs between its settings."""

import numpy as np

from helpers.tools.style import COLOUR, panels


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
