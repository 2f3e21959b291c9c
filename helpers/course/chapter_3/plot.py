"""The figures of chapter 3: calls, speed, limits, memory, and accuracy for the time spent."""

import numpy as np
from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_speeds
from helpers.tools.style import BESIDE, BLUE, GREY, IN_TURN, ORANGE, THRESHOLD, legend, panels


def plot_calls():
    """Draw each call of a layer as a box over the time steps that it computes.

    Left the loop over time steps, then time in the batch, then neurons in one kernel.
    """
    layers = ("li", "out", "lif3", "hidden", "lif2", "conv2", "lif1", "conv1")  # from below
    seq_length = 6
    axes = panels(2.6, columns=3, sharey=True)
    takes_all_steps = {  # the layers that take all time steps in one call
        "step by step": (),
        "time in the batch": layers[1::2],
        "neurons in one kernel": layers,
    }
    for ax, (title, wide_layers) in zip(axes, takes_all_steps.items()):
        for row, layer in enumerate(layers):
            colour = BLUE if row % 2 else ORANGE
            width = seq_length if layer in wide_layers else 1
            ax.barh(layer, width - 0.2, 0.7, np.arange(0.6, seq_length, width), color=colour)
        ax.set(title=title, xlabel="time step", xticks=range(1, seq_length + 1))
    return axes


def plot_speeds(speeds: dict) -> Axes:
    """Draw how many images each version trains per second, the first at the bottom.

    speeds: a `Speed` for each name, over several runs; the last one is the dashed line
    """
    bars = dict(speeds)
    _, limit = bars.popitem()
    ax = draw_speeds(bars, "images/s (median, lowest and highest of the runs)")
    ax.axvline(limit.median, **THRESHOLD)
    ax.set_title("dashed line: ReLU in place of neurons", fontsize=9)
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
    ax.text(900, 1.15 * peak / 1e9, "arithmetic", ha="right")
    ax.text(0.012, 2.5 * bandwidth * 0.012 / 1e9, "memory")
    for name, (x, speed) in dots.items():
        ax.plot(x, speed / 1e9, "o", label=name)
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


def plot_study(study: dict, settings) -> Axes:
    """Draw validation accuracy over the seconds of training, for some settings of `read_study`.

    Each setting has a colour and a mark; seeds differ by line.
    """
    ax = panels(3.4)
    for name, colour, mark in zip(settings, IN_TURN, "os^Dv*"):
        style = {"color": colour, "marker": mark, "markersize": 3, "linewidth": 1}
        for run, line in zip(study[name], ("-", "--", ":")):
            ax.plot(run.seconds, run.accuracy, line, **style)
        ax.plot([], label=name, **style)
    for seed, line in enumerate(("-", "--")):
        ax.plot([], line, color=GREY, label=f"seed {seed}")
    ax.grid(axis="y", alpha=0.3)
    ax.set(xlabel="training time (s)", ylabel="validation accuracy", ylim=(0.8, 1.0), xscale="log")
    legend(ax, **BESIDE)
    return ax
