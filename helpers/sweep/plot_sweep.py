"""What a sweep has found, over what differs between its settings."""

import numpy as np

from helpers.tools.style import panels


def plot_sweep(settings: list) -> np.ndarray:
    """Draw the score of each setting over each option.

    settings: `Setting` of sweep/table.py
    """
    names = list(settings[0].options) or ["setting"]
    (axes,) = panels(2.6, columns=len(names), sharey=True, squeeze=False)
    for ax, name in zip(axes, names):
        draw_scores(ax, _places(ax, settings, name), settings, markersize=4)
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("right in validation (%)")
    return axes


def draw_scores(ax, x, settings: list, **style) -> None:
    """Draw a dot for the mean of each setting, and its 95 % interval as a bar, in percent."""
    mean, low, high = 100 * np.array([setting[-3:] for setting in settings]).T
    ax.errorbar(x, mean, yerr=(mean - low, high - mean), fmt="o", **style)


def _places(ax, settings, name):
    """Label the abscissa by an option, and return where each setting lies on it.

    Numbers lie on a log scale if they span a factor of three and crowd at the lower end.
    """
    ax.set_xlabel(name.removeprefix("model."))
    words = [setting.options.get(name, setting.number) for setting in settings]
    try:
        places = [float(word) for word in words]
    except ValueError:  # of names
        ax.xaxis.update_units(sorted(words))  # in the order of the alphabet
        return words
    lowest, highest = min(places), max(places)
    if 0 < 3 * lowest <= highest and np.median(places) < (lowest + highest) / 3:
        ax.set_xscale("log")
    return places
