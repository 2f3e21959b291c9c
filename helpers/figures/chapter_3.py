"""The figures of chapter 3: speed, memory, and accuracy for the time spent."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.figures.style import CLASSES, COLOUR, panels


def plot_speeds(speeds: dict, limit: float) -> plt.Axes:
    """Images a second of each version, a `Speed` each, first at the bottom; limit: that of ReLU."""
    ax = panels(0.9 + 0.3 * len(speeds))
    median, low, high = np.array([speed[:3] for speed in speeds.values()]).T
    bars = ax.barh(list(speeds), median, color=COLOUR["v"], xerr=(median - low, high - median), ecolor=COLOUR["z"])
    ax.bar_label(bars, [f"{value:.0f}" for value in median], label_type="center", color="white")
    ax.axvline(limit, color=COLOUR["threshold"], linestyle="--")
    ax.text(limit, 1.02, "ReLU in place of neurons", ha="center", transform=ax.get_xaxis_transform(), fontsize=9)
    ax.set(xlabel="images/s (median, lowest and highest)", xlim=(0, 1.15 * max(limit, *high)))
    return ax


def plot_memory(seq_lengths, bytes_by_name: dict) -> plt.Axes:
    """Peak memory of a training step over the number of time steps; one line for each list of bytes."""
    ax = panels(2.6)
    for (name, values), style, colour in zip(bytes_by_name.items(), ("o-", "s-", "^:"), ("val", "v", "z")):
        ax.plot(seq_lengths, np.array(values) / 1e6, style, color=COLOUR[colour], label=name)
    ax.set(xlabel="seq_length (time steps)", ylabel="memory of a step (MB)", xticks=seq_lengths, ylim=0)
    ax.legend(frameon=False)
    return ax


def plot_study(study: dict, settings) -> plt.Axes:
    """Validation accuracy over the seconds of training, for some settings of `helpers.speed.measure.read_study`."""
    ax = panels(3.0)
    for name, colour in zip(settings, CLASSES):
        for n, run in enumerate(study[name]):
            ax.plot(run.seconds, run.accuracy, ".-", color=colour, linewidth=1, label=None if n else name)
    for accuracy in (0.95, 0.97, 0.98):
        ax.axhline(accuracy, color=COLOUR["threshold"], linestyle=":", linewidth=0.8)
    ax.set(xlabel="training time (s)", ylabel="validation accuracy", ylim=(0.8, 1.0), xscale="log")
    ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax
