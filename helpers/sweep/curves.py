"""What a sweep has found, over what differs between its settings."""

import numpy as np

from helpers.tools.style import BLACK, BLUE, panels


def plot_sweep(settings: list) -> np.ndarray:
    """Draw the score of each setting over each option, and options against each other.

    settings: `Setting` of sweep/table.py
    """
    names = list(settings[0].options) or ["setting"]
    pairs = list(zip(names, names[1:]))[:3]
    rows = 2 if pairs else 1
    axes = panels(2.5 * rows, rows, max(len(names), 2), squeeze=False)
    for ax, name in zip(axes[0], names):
        places = _places(ax.xaxis, settings, name)
        draw_scores(ax, places, settings, color=BLUE, markersize=4, elinewidth=0.7)
        ax.set_ylim(np.clip(ax.get_ylim(), 0, 103))
        ax.grid(alpha=0.3)
    axes[0, 0].set(ylabel="right in validation (%)")
    for ax, (first, second) in zip(axes[-1], pairs):
        dots = ax.scatter(
            _places(ax.xaxis, settings, first),
            _places(ax.yaxis, settings, second),
            c=[100 * setting.mean for setting in settings],
            cmap="cividis",
            s=60,
            edgecolors=BLACK,
        )
    if pairs:
        ax.figure.colorbar(dots, ax=axes[1, : len(pairs)], label="right (%)")
    for ax in axes.flat:
        ax.axis(ax.has_data())  # hides those that are left over
    return axes


def draw_scores(ax, x, settings: list, **style) -> None:
    """Draw a dot for the mean of each setting, and its 95 % interval as a bar, in percent."""
    mean, low, high = 100 * np.array([(s.mean, s.low, s.high) for s in settings]).T
    ax.errorbar(x, mean, yerr=np.maximum([mean - low, high - mean], 0), fmt="o", **style)


def _places(axis, settings, name):
    """Label an axis by an option, and return where each setting lies on it.

    Numbers lie on a log scale if half of them lie below the middle in factors, about.
    """
    axis.set_label_text(name.removeprefix("model."))
    words = [setting.options.get(name, setting.number) for setting in settings]
    try:
        places = [float(word) for word in words]
    except ValueError:  # of names
        kinds = sorted(set(words))
        axis.set_ticks(range(len(kinds)), kinds)
        return [kinds.index(word) for word in words]
    lowest, highest = min(places), max(places)
    middles = [(lowest + highest) / 2, np.sqrt(max(lowest, 0) * highest)]  # in steps, in factors
    if 0 < 3 * lowest <= highest and np.median(places) < np.mean(middles):
        axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    return places
