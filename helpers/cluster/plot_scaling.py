"""What scaling has measured, as curves over the number of processes."""

import numpy as np

from helpers.cluster.scaling_report import Measurement, machine, serial_fraction, summarise
from helpers.tools.style import BLACK, BLUE, IDEAL, ORANGE, VERMILION, legend, panels


def plot_scaling(measurements: list[Measurement]):
    """Draw throughput, speed-up, efficiency and time of a step, all over the processes.

    Dots are medians, bars the lowest and highest repeat, grey lines the ideal.
    """
    rows = summarise(measurements)
    strong = [row for row in rows if row.mode == "strong"]
    weak = [row for row in rows if row.mode == "weak"]
    fitted = serial_fraction(measurements)
    axes = panels(5.4, 2, 2, sharex=True)
    sizes = [row.processes for row in strong]
    n = np.linspace(1, sizes[-1], 100)
    curves = (
        ("throughput", "images/s", rows[0].throughput.median * n),
        ("speed_up", "speed-up, strong scaling", n),
        ("efficiency", "efficiency", n / n),
    )
    for ax, (quantity, label, ideal) in zip(axes.flat, curves):
        _draw_spreads(ax, strong, quantity, fmt="o", label="strong")
        ax.plot(n, ideal, **IDEAL, label="ideal")
        if quantity != "speed_up":
            _draw_spreads(ax, weak, quantity, fmt="s", label="weak")
        elif fitted:
            s = fitted.median
            ax.plot(n, 1 / (s + (1 - s) / n), "--", color=BLACK, label=f"Amdahl, s = {s:.3f}")
        ax.set(ylabel=label, ylim=(0, 1.1 * ax.dataLim.ymax), xticks=sizes)
        legend(ax)
    _draw_step_times(axes[1, 1], strong, weak)
    for ax in axes[1]:
        ax.set_xlabel("processes")
    axes[0, 0].figure.suptitle(
        f"{machine(measurements)}\n{rows[0].batch_size} images per process (weak) or in all "
        f"(strong) · {measurements[-1].repeat + 1} repeats",
        fontsize=10,
    )
    return axes


def _draw_spreads(ax, rows, quantity, **style):
    processes = [row.processes for row in rows]
    median, low, high = np.array([getattr(row, quantity) for row in rows]).T
    ax.errorbar(processes, median, yerr=(median - low, high - median), capsize=3, **style)


def _draw_step_times(ax, strong, weak):
    """Draw the parts of a step as a column for each row; those of weak scaling are hatched."""
    for rows, side, hatch, mark in ((strong, -0.2, "", ""), (weak, 0.2, "///", "_")):
        places = [row.processes + side for row in rows]
        bottom = np.zeros(len(rows))
        for part, colour in (("compute", BLUE), ("communication", VERMILION), ("data", ORANGE)):
            milliseconds = 1e3 * np.array([getattr(row, part) for row in rows])
            ax.bar(
                places,
                milliseconds,
                0.36,
                bottom,
                color=colour,
                edgecolor="white",
                linewidth=0,
                hatch=hatch,
                label=mark + part,  # a legend leaves out what begins with _
            )
            bottom += milliseconds
    ax.set_ylabel("time of a step (ms)\nhatched: weak scaling")
    ax.margins(y=0.45)
    legend(ax, ncols=2)
