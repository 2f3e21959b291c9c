"""The figures of chapter 3: speed, memory, and accuracy for the time spent."""

import numpy as np
from matplotlib.axes import Axes

from helpers.figures.style import CLASSES, COLOUR, stack


def plot_speeds(speeds: dict, limit: float) -> Axes:
    """Images a second of each version, a `Speed` each, first at the bottom; limit: that of ReLU."""
    ax = stack(1, 0.9 + 0.3 * len(speeds))[0]
    median, low, high = np.array([speed[:3] for speed in speeds.values()]).T
    bars = ax.barh(list(speeds), median, color=COLOUR["v"], xerr=(median - low, high - median), ecolor=COLOUR["z"])
    ax.bar_label(bars, [f"{value:.0f}" for value in median], label_type="center", color="white")
    ax.axvline(limit, color=COLOUR["threshold"], linestyle="--")
    ax.text(limit, 1.02, "ReLU in place of neurons", ha="center", transform=ax.get_xaxis_transform(), fontsize=9)
    ax.set(xlabel="images/s (median, lowest and highest)", xlim=(0, 1.15 * max(limit, *high)))
    return ax


def plot_memory(seq_lengths, bytes_by_name: dict) -> Axes:
    """Peak memory of a training step over the number of time steps; one line for each list of bytes."""
    ax = stack(1, 2.6)[0]
    styles = zip((COLOUR["val"], COLOUR["v"], COLOUR["z"]), ("o-", "s-", "^:"))
    for (name, values), (colour, style) in zip(bytes_by_name.items(), styles):
        ax.plot(seq_lengths, np.array(values) / 1e6, style, color=colour, label=name)
    ax.set(xlabel="seq_length (time steps)", ylabel="memory of a step (MB)", xticks=seq_lengths, ylim=0)
    ax.legend(frameon=False)
    return ax


def plot_study(study: dict, settings) -> Axes:
    """Validation accuracy over the seconds of training, for some settings of `helpers.speed.measure.read_study`."""
    ax = stack(1, 3.0)[0]
    for name, colour in zip(settings, CLASSES):
        for n, run in enumerate(study[name]):
            ax.plot(run.seconds, run.accuracy, ".-", color=colour, linewidth=1, label=None if n else name)
    for accuracy in (0.95, 0.97, 0.98):
        ax.axhline(accuracy, color=COLOUR["threshold"], linestyle=":", linewidth=0.8)
    ax.set(xlabel="training time (s)", ylabel="validation accuracy", ylim=(0.8, 1.0), xscale="log")
    ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax
