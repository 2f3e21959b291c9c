"""The figures of chapter 3: calls, speed, memory, and accuracy for the time spent."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.figures.style import CLASSES, COLOUR, panels

LIMIT = "ReLU control"  # the name of its speed among those of the rungs


def plot_calls() -> np.ndarray:
    """Draw each call of a layer as a box over the time steps that it computes.

    Left the loop over time steps, then time in the batch, then neurons compiled to one loop.
    """
    layers = ("conv1", "lif1", "conv2", "lif2", "hidden", "lif3", "out", "li")
    seq_length = 6
    axes = panels(2.6, columns=3, sharey=True)
    takes_all_steps = {  # the layers that take all time steps in one call
        "step by step": (),
        "time in the batch": layers[::2],
        "neurons compiled": layers,
    }
    for ax, (title, wide_layers) in zip(axes, takes_all_steps.items()):
        for row, layer in enumerate(layers):
            colour = COLOUR["i"] if row % 2 else COLOUR["v"]
            width = seq_length if layer in wide_layers else 1
            for start in range(0, seq_length, width):
                ax.barh(row, width - 0.2, left=start + 0.1, height=0.7, color=colour)
        ax.set(title=title, xlabel="time step", xlim=(0, seq_length))
        ax.set_xticks(np.arange(seq_length) + 0.5, range(1, seq_length + 1))
        ax.set_yticks(range(len(layers)), layers)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()  # the first layer on top, for all three
    return axes


def plot_speeds(speeds: dict) -> plt.Axes:
    """Draw how many images each version trains per second, the first at the bottom.

    speeds: a `Speed` for each name; that of LIMIT is the dashed line
    """
    bars = {name: speed for name, speed in speeds.items() if name != LIMIT}
    ax = panels(0.9 + 0.3 * len(bars))
    line = speeds[LIMIT].median
    median, low, high = np.array([speed[:3] for speed in bars.values()]).T
    ax.barh(
        list(bars),
        median,
        color=COLOUR["v"],
        xerr=(median - low, high - median),
        ecolor=COLOUR["z"],
    )
    right = 1.15 * max(line, *high)
    for row, (value, end) in enumerate(zip(median, high)):
        has_room = value > 0.15 * right
        if has_room:  # within the bar
            place = 0
            colour = "white"
        else:  # behind it
            place = end
            colour = COLOUR["z"]
        ax.text(place + 0.01 * right, row, f"{value:,.0f}", color=colour, va="center")
    ax.axvline(line, color=COLOUR["threshold"], linestyle="--")
    ax.text(
        line,
        1.02,
        "ReLU in place of neurons",
        ha="center",
        transform=ax.get_xaxis_transform(),
        fontsize=9,
    )
    ax.set(xlabel="images/s (median, lowest and highest)", xlim=(0, right))
    return ax


def plot_memory(seq_lengths, bytes_by_name: dict) -> plt.Axes:
    """Draw the peak memory of a training step over the number of time steps.

    bytes_by_name: for each line its bytes
    """
    ax = panels(2.6)
    styles = ("o-", "s-", "^:")
    colours = ("val", "v", "z")
    for (name, values), style, colour in zip(bytes_by_name.items(), styles, colours):
        ax.plot(seq_lengths, np.array(values) / 1e6, style, color=COLOUR[colour], label=name)
    ax.set(xlabel="seq_length (time steps)", xticks=seq_lengths)
    ax.set(ylabel="memory of a step (MB)", ylim=0)
    ax.legend(frameon=False)
    return ax


def plot_study(study: dict, settings) -> plt.Axes:
    """Draw validation accuracy over the seconds of training, for some settings of `read_study`."""
    ax = panels(3.0)
    for name, colour in zip(settings, CLASSES):
        for n, run in enumerate(study[name]):
            label = None if n else name  # each setting once
            ax.plot(run.seconds, run.accuracy, ".-", color=colour, linewidth=1, label=label)
    for accuracy in (0.95, 0.97, 0.98):
        ax.axhline(accuracy, color=COLOUR["threshold"], linestyle=":", linewidth=0.8)
    ax.set(xlabel="training time (s)", ylabel="validation accuracy", ylim=(0.8, 1.0), xscale="log")
    ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax
