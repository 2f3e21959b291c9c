"""What scaling has measured, as curves over the number of processes."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.cluster.scaling_report import (
    Measurement,
    Summary,
    count_repeats,
    machine,
    serial_fraction,
    summarise,
)
from helpers.tools.style import COLOUR, panels


def plot_scaling(measurements: list[Measurement]):
    """Draw throughput, speed-up, efficiency and time of a step, all over the processes.

    Dots are medians, bars the lowest and highest repeat, grey lines the ideal.
    """
    rows = summarise(measurements)
    fitted = serial_fraction(measurements)
    axes = panels(5.4, 2, 2, sharex=True)
    sizes = sorted({row.processes for row in rows})
    curves = {"throughput": axes[0, 0], "speed_up": axes[0, 1], "efficiency": axes[1, 0]}
    for mode, colour, marker in (("strong", COLOUR["v"], "o"), ("weak", COLOUR["val"], "s")):
        rows_of_mode = [row for row in rows if row.mode == mode]
        for quantity, ax in curves.items():
            if mode == "weak" and quantity == "speed_up":
                continue
            processes = [row.processes for row in rows_of_mode]
            median, low, high = np.array([getattr(row, quantity) for row in rows_of_mode]).T
            ax.errorbar(
                processes,
                median,
                yerr=(median - low, high - median),
                fmt=marker,
                capsize=3,
                color=colour,
                label=mode,
            )
    n = np.linspace(1, sizes[-1], 100)
    for ax, ideal in zip(curves.values(), (rows[0].throughput.median * n, n, np.ones_like(n))):
        ax.plot(n, ideal, color=COLOUR["ideal"], linewidth=1, label="ideal", zorder=0)
    if fitted:
        s = fitted.median
        name = f"Amdahl, s = {s:.3f}"
        curves["speed_up"].plot(n, 1 / (s + (1 - s) / n), "--", color=COLOUR["z"], label=name)
    for ax, label in zip(curves.values(), ("images/s", "speed-up, strong scaling", "efficiency")):
        ax.set(ylabel=label, ylim=(0, 1.1 * ax.dataLim.ymax), xticks=sizes)
        ax.legend(frameon=False, fontsize=8)
    _draw_step_times(axes[1, 1], rows)
    for ax in axes[1]:
        ax.set(xlabel="processes")
    title = (
        f"{machine(measurements)}\n{rows[0].batch_size} images per process (weak) or in all "
        f"(strong) · {count_repeats(measurements)} repeats"
    )
    axes[0, 0].figure.suptitle(title, fontsize=10)
    return axes


def _draw_step_times(ax: plt.Axes, rows: list[Summary]) -> None:
    """Draw the parts of a step as a column for each row; those of weak scaling are hatched."""
    colours = {"compute": COLOUR["v"], "communication": COLOUR["val"], "data": COLOUR["i"]}
    for mode, side, hatch in (("strong", -0.2, ""), ("weak", 0.2, "///")):
        rows_of_mode = [row for row in rows if row.mode == mode]
        places = [row.processes + side for row in rows_of_mode]
        bottom = np.zeros(len(rows_of_mode))
        for part, colour in colours.items():
            milliseconds = 1e3 * np.array([getattr(row, part) for row in rows_of_mode])
            label = part if mode == "strong" else None
            style = {"hatch": hatch, "edgecolor": "white", "linewidth": 0}
            ax.bar(places, milliseconds, 0.36, bottom, color=colour, label=label, **style)
            bottom += milliseconds
    ax.set(ylabel="time of a step (ms)", ylim=(0, 1.45 * ax.dataLim.ymax))
    handles, _ = ax.get_legend_handles_labels()
    colours = {"facecolor": "white", "edgecolor": COLOUR["ideal"]}
    weak = plt.Rectangle((0, 0), 1, 1, hatch="///", label="weak scaling", **colours)
    ax.legend(handles=[*handles, weak], frameon=False, fontsize=8, ncols=2, loc="upper left")
