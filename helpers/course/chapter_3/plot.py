"""The figures of chapter 3: calls, speed, limits, memory, and accuracy for the time spent."""

import numpy as np
from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_groups, draw_speeds
from helpers.tools.style import (
    BESIDE,
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    THRESHOLD,
    VERMILION,
    legend,
    panels,
)


def plot_calls():
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
            colour = ORANGE if row % 2 else BLUE
            width = seq_length if layer in wide_layers else 1
            starts = np.arange(0, seq_length, width)
            ax.barh(layer, width - 0.2, left=starts + 0.1, height=0.7, color=colour)
        ax.set(title=title, xlabel="time step", xlim=(0, seq_length))
        ax.set_xticks(np.arange(seq_length) + 0.5, range(1, seq_length + 1))
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()  # the first layer on top, for all three
    return axes


def plot_speeds(speeds: dict) -> Axes:
    """Draw how many images each version trains per second, the first at the bottom.

    speeds: a `Speed` for each name, over several runs; the last one is the dashed line
    """
    bars = dict(speeds)
    _, limit = bars.popitem()
    ax = panels(0.9 + 0.3 * len(bars))
    line = limit.median
    ax.axvline(line, **THRESHOLD)
    draw_speeds(ax, bars)
    above = ax.get_xaxis_transform()
    ax.text(line, 1.02, "ReLU in place of neurons", ha="center", fontsize=9, transform=above)
    ax.set_xlabel("images/s (median, lowest and highest of the runs)")
    return ax


def plot_roofline(peak: float, bandwidth: float, dots: dict) -> Axes:
    """Draw how fast layers are, below the two limits of a device.

    Args:
        peak: operations a second
        bandwidth: bytes a second
        dots: for each name a pair, operations per byte and operations a second
    """
    ax = panels(3.0)
    intensity = np.logspace(-2, 3, 200)
    roof = np.minimum(peak, bandwidth * intensity)
    ax.plot(intensity, roof / 1e9, **THRESHOLD)
    ax.text(900, 1.15 * peak / 1e9, "arithmetic", ha="right", va="bottom", fontsize=9)
    ax.text(0.012, 2.5 * bandwidth * 0.012 / 1e9, "memory", va="bottom", fontsize=9)
    for (name, (x, speed)), colour in zip(dots.items(), (BLUE, ORANGE, VERMILION)):
        ax.plot(x, speed / 1e9, "o", color=colour, label=name)
    ax.set(
        xscale="log",
        yscale="log",
        xlim=(0.01, 1000),
        ylim=(None, 3 * peak / 1e9),
        xlabel="operations per byte read or written",
        ylabel="billion operations/s",
    )
    legend(ax, loc="lower right")
    return ax


def plot_published(rows: list, networks: tuple) -> Axes:
    """Draw the published time of a training step of some networks, version by version.

    rows: each with network, version and milliseconds, as `read_published` returns them
    """
    milliseconds = {}
    for row in rows:
        if row.network in networks:
            milliseconds.setdefault(row.version, {})[row.network] = row.milliseconds
    ax = draw_groups(milliseconds, (GREY, ORANGE, VERMILION, BLUE), "ms per training step")
    legend(ax)
    return ax


def plot_study(study: dict, settings) -> Axes:
    """Draw validation accuracy over the seconds of training, for some settings of `read_study`.

    Each setting has a colour and a mark, and its name beside its first curve; seeds differ by line.
    """
    ax = panels(3.4)
    colours = (BLACK, ORANGE, VERMILION, BLUE, PINK, GREEN)
    for name, colour, mark in zip(settings, colours, "os^Dv*"):
        style = {"color": colour, "marker": mark, "markersize": 3, "linewidth": 1}
        for run, line in zip(study[name], ("-", "--", ":")):
            ax.plot(run.seconds, run.accuracy, line, **style)
        ax.plot([], label=name, **style)
    for seed, line in enumerate(("-", "--")):
        ax.plot([], color=GREY, linestyle=line, label=f"seed {seed}")
    ax.grid(axis="y", alpha=0.3)
    ax.set(xlabel="training time (s)", ylabel="validation accuracy", ylim=(0.8, 1.0), xscale="log")
    legend(ax, **BESIDE)
    return ax
