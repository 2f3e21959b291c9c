"""What scaling has measured, as curves over the number of processes."""

import numpy as np
from matplotlib.axes import Axes

from helpers.cluster.scaling_report import (
    Measurement,
    Summary,
    count_repeats,
    machine,
    serial_fraction,
    summarise,
)
from helpers.tools.style import BLACK, BLUE, GREY, IDEAL, ORANGE, VERMILION, legend, panels


def plot_scaling(measurements: list[Measurement]):
    """Draw throughput, speed-up, efficiency and time of a step, all over the processes.

    Dots are medians, bars the lowest and highest repeat, grey lines the ideal.
    """
    rows = summarise(measurements)
    fitted = serial_fraction(measurements)
    axes = panels(5.4, 2, 2, sharex=True)
    sizes = sorted({row.processes for row in rows})
    curves = {"throughput": axes[0, 0], "speed_up": axes[0, 1], "efficiency": axes[1, 0]}
    strong = [row for row in rows if row.mode == "strong"]
    weak = [row for row in rows if row.mode == "weak"]
    for quantity, ax in curves.items():
        _draw_spreads(ax, strong, quantity, color=BLUE, fmt="o", label="strong")
        if quantity != "speed_up":
            _draw_spreads(ax, weak, quantity, color=VERMILION, fmt="s", label="weak")
    n = np.linspace(1, sizes[-1], 100)
    for ax, ideal in zip(curves.values(), (rows[0].throughput.median * n, n, np.ones_like(n))):
        ax.plot(n, ideal, **IDEAL, label="ideal")
    if fitted:
        s = fitted.median
        name = f"Amdahl, s = {s:.3f}"
        curves["speed_up"].plot(n, 1 / (s + (1 - s) / n), "--", color=BLACK, label=name)
    for ax, label in zip(curves.values(), ("images/s", "speed-up, strong scaling", "efficiency")):
        ax.set(ylabel=label, ylim=(0, 1.1 * ax.dataLim.ymax), xticks=sizes)
        legend(ax)
    _draw_step_times(axes[1, 1], strong, weak)
    for ax in axes[1]:
        ax.set(xlabel="processes")
    title = (
        f"{machine(measurements)}\n{rows[0].batch_size} images per process (weak) or in all "
        f"(strong) · {count_repeats(measurements)} repeats"
    )
    axes[0, 0].figure.suptitle(title, fontsize=10)
    return axes


def _draw_spreads(ax: Axes, rows: list[Summary], quantity: str, **style) -> None:
    processes = [row.processes for row in rows]
    median, low, high = np.array([getattr(row, quantity) for row in rows]).T
    ax.errorbar(processes, median, yerr=(median - low, high - median), capsize=3, **style)


def _draw_step_times(ax: Axes, strong: list[Summary], weak: list[Summary]) -> None:
    """Draw the parts of a step as a column for each row; those of weak scaling are hatched."""
    for rows, side, hatch, mark in ((strong, -0.2, "", ""), (weak, 0.2, "///", "_")):
        places = [row.processes + side for row in rows]
        bottom = np.zeros(len(rows))
        for part, colour in (("compute", BLUE), ("communication", VERMILION), ("data", ORANGE)):
            milliseconds = 1e3 * np.array([getattr(row, part) for row in rows])
            style = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            label = mark + part  # a legend leaves out what begins with _
            ax.bar(places, milliseconds, 0.36, bottom=bottom, label=label, **style)
            bottom += milliseconds
    white = {"facecolor": "white", "edgecolor": GREY, "label": "weak scaling"}
    ax.bar(places, 0, hatch="///", **white)  # for the legend alone
    ax.set(ylabel="time of a step (ms)")
    ax.margins(y=0.45)
    legend(ax, ncols=2, loc="upper left", handlelength=1, columnspacing=1)
