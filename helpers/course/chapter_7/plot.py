"""The figures of chapter 7: who waits, what is held, what a delay brings and costs."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_boxes
from helpers.course.notebook.play import Play, play
from helpers.tools.style import (
    BESIDE,
    BLACK,
    BLUE,
    GREEN,
    GREY,
    IDEAL,
    SKY,
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
    forward = "forward: along a row", "all_gather", "spikes of {}", "currents"
    backward = "backward: down a column", "reduce_scatter", "sum for spikes of {}", "gradients"
    for ax, (title, exchange, of_column, of_row) in zip(axes, (forward, backward)):
        for process, colour in ((2, GREEN), (1, BLUE)):
            lane = f"process {process}"
            words = [f"weights, 1 to {process}", f"weights, 2 to {process}"]
            draw_boxes(ax, lane, [0, 1], 1, words, colour)
            draw_boxes(ax, lane, [2.2], 0.7, [of_row], colour)
        for process, colour in ((1, BLUE), (2, GREEN)):
            draw_boxes(ax, exchange, [process - 1], 1, [of_column.format(process)], colour)
        ax.set_title(title, fontsize=9, loc="left")
        ax.set(xticks=[], frame_on=False)
    return axes


def plot_split(rows: list):
    """Draw training steps over the delay, in one process and in two; rows: of split_steps.py."""
    axes = panels(2.9, columns=3, sharey=True)
    for ax, n in zip(axes, sorted({row.neurons for row in rows})):
        for processes, colour, name in ((1, BLACK, "one process"), (2, BLUE, "two processes")):
            ms = {row.delay: row.ms for row in rows if row[1:3] == (n, processes)}
            ax.loglog(ms.keys(), ms.values(), "o-", color=colour, label=name)
        ax.set(xlabel="delay (steps)", title=f"{n:,} neurons")
        ax.set_xticks([*ms], [*ms])
    axes[0].set_ylabel("training step (ms)")
    legend_below(ax, handles=axes[0].lines)
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


def plot_delays(study: dict) -> Axes:
    """Draw what each delay reached, with the intervals of seeds and of test recordings.

    study: by delay a `DelaySummary` of delay_trials.py
    """
    ax = panels(2.6)
    share, seeds, recordings, n_seeds = map(np.array, zip(*study.values()))
    names = [f"{delay}\n({n} seeds)" for delay, n in zip(study, n_seeds)]
    ax.vlines(names, *100 * seeds.T, SKY, linewidth=6, label="other seeds, 95 %")
    ax.vlines(names, *100 * recordings.T, GREY, linewidth=1, label="other recordings, 95 %")
    ax.plot(names, 100 * share, "o", color=BLACK, label="mean")
    ax.set(xlabel="delay (steps of 8 ms)", ylabel="right in the test (%)", ylim=(None, 100.3))
    ax.grid(axis="y", alpha=0.3)
    legend(ax, **BESIDE)
    return ax
