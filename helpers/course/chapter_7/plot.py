"""The figures of chapter 7: who waits, what is held, what a delay brings."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from helpers.course.chapter_7.split_steps import DELAYS, SIZES
from helpers.course.notebook.figures import draw_boxes
from helpers.course.notebook.play import Play, play
from helpers.tools.style import (
    BESIDE,
    BLACK,
    BLUE,
    GREEN,
    IDEAL,
    ORANGE,
    THRESHOLD,
    legend,
    legend_below,
    panels,
)


def show_who_waits() -> Play:
    """Show what two processes do over time, for a network and a link that are set by sliders."""
    return play(Path(__file__).with_name("who_waits.js"))


def plot_rows():
    """Draw R cut by rows: what goes into each half forward, and what comes back from it."""
    axes = panels(3.2, rows=2)
    processes = ((2, GREEN), (1, BLUE))  # from below
    forward = "forward: along a row", "all_gather", "spikes of {}", "currents"
    backward = "backward: down a column", "reduce_scatter", "sum for spikes of {}", "gradients"
    for ax, (title, exchange, of_column, of_row) in zip(axes, (forward, backward)):
        for process, colour in processes:
            words = [f"weights, 1 to {process}", f"weights, 2 to {process}", of_row]
            draw_boxes(ax, f"process {process}", [0, 1, 2.2], [1, 1, 0.7], words, colour)
        for process, colour in reversed(processes):
            draw_boxes(ax, exchange, [process - 1], 1, [of_column.format(process)], colour)
        ax.set_title(title, fontsize=9, loc="left")
        ax.set(xticks=[], frame_on=False)
    return axes


def plot_split(ms: dict):
    """Draw training steps over the delay: a dot for each run, and their medians joined.

    ms: as `read_split` of split_steps.py returns them, for each case
    """
    axes = panels(2.9, columns=3, sharey=True)
    for case, color in zip(ms, (BLACK, ORANGE, BLUE)):
        for ax, n, of_size in zip(axes, SIZES, ms[case].unbind(1)):
            ax.loglog(DELAYS, of_size.T, ".", color=color)
            ax.loglog(DELAYS, of_size.median(0).values, color=color, label=case)
            ax.set(xlabel="delay (steps)", title=f"{n:,} neurons")
            ax.set_xticks(DELAYS, DELAYS)
    axes[0].set_ylabel("training step (ms)")
    legend_below(ax, handles=ax.get_legend_handles_labels()[0])
    return axes


def plot_bytes(sizes: list[int], held: dict) -> Axes:
    """Draw the bytes in a process over the number of neurons, a line for each name."""
    ax = panels(2.6)
    for name, of_name in held.items():
        ax.loglog(sizes, np.array(of_name) / 1e9, ".-", label=name)
    ax.axhline(80, **THRESHOLD, label="a device with 80 GB")
    ax.set(xlabel="neurons", ylabel="memory in training (GB)")
    legend(ax, **BESIDE)
    return ax


def plot_roofline(flops: dict[int, float]) -> Axes:
    """Draw operations a second over the rows that a product takes at once.

    flops: by the number of rows
    """
    ax = panels(2.6)
    rows = np.array(list(flops))
    speeds = np.array(list(flops.values())) / 1e9
    ax.loglog(rows, speeds, "o-", label="measured")
    ax.loglog(rows, np.minimum(speeds[0] * rows, speeds.max()), **IDEAL, label="the two limits")
    ax.set(
        xlabel="rows of spikes at once (two operations for 4 bytes of R in each)",
        ylabel="GFLOP/s",
    )
    ax.set_xticks(rows, rows)
    legend(ax)
    return ax


def plot_rounds(wrong: dict) -> Axes:
    """Draw how many spikes are still wrong after each round; wrong: by the strength of R."""
    ax = panels(2.6)
    for strength, counts in wrong.items():
        ax.plot(counts, ".-", label=f"R times {strength:g}")
    ax.set(xlabel="round", ylabel="wrong spikes", yscale="symlog", ylim=0)
    ax.axvline(100, **IDEAL, label="as many as time steps")
    legend(ax, **BESIDE)
    return ax
