"""What scaling has measured, as curves over the number of processes."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.tools.style import COLOUR, panels


def plot_scaling(rows: list, serial: float | None, title: str):
    """Draw throughput, speed-up, efficiency and time of a step, all over the processes.

    Dots are medians, bars the lowest and highest repeat, grey lines the ideal.

    Args:
        rows: `Summary` of cluster/scaling_report.py, one for each mode and number of processes
        serial: Amdahl's serial fraction, 0 to 1; None where none was fitted
        title: what was measured, on what
    """
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
            bars = {"yerr": (median - low, high - median), "fmt": marker, "capsize": 3}
            ax.errorbar(processes, median, **bars, color=colour, label=mode)
    n = np.linspace(1, sizes[-1], 100)
    for ax, ideal in zip(curves.values(), (rows[0].throughput.median * n, n, np.ones_like(n))):
        ax.plot(n, ideal, color=COLOUR["ideal"], linewidth=1, label="ideal", zorder=0)
    if serial is not None:
        name = f"Amdahl, s = {serial:.3f}"
        amdahl = 1 / (serial + (1 - serial) / n)
        curves["speed_up"].plot(n, amdahl, "--", color=COLOUR["z"], label=name)
    for ax, label in zip(curves.values(), ("images/s", "speed-up, strong scaling", "efficiency")):
        ax.set(ylabel=label, ylim=(0, 1.1 * ax.dataLim.ymax), xticks=sizes)
        ax.legend(frameon=False, fontsize=8)
    _draw_step_times(axes[1, 1], rows)
    for ax in axes[1]:
        ax.set(xlabel="processes")
    axes[0, 0].figure.suptitle(title, fontsize=10)
    return axes


def _draw_step_times(ax: plt.Axes, rows: list) -> None:
    """Draw the parts of a step as a column for each row; those of weak scaling are hatched."""
    colours = {"compute": COLOUR["v"], "communication": COLOUR["val"], "data": COLOUR["i"]}
    for mode, side, hatch in (("strong", -0.2, ""), ("weak", 0.2, "///")):
        rows_of_mode = [row for row in rows if row.mode == mode]
        places = [row.processes + side for row in rows_of_mode]
        bottom = np.zeros(len(rows_of_mode))
        for part, colour in colours.items():
            milliseconds = 1e3 * np.array([getattr(row, part) for row in rows_of_mode])
            style = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            label = part if mode == "strong" else None
            ax.bar(places, milliseconds, 0.36, bottom=bottom, label=label, **style)
            bottom += milliseconds
    ax.set(ylabel="time of a step (ms)", ylim=(0, 1.45 * ax.dataLim.ymax))
    handles, _ = ax.get_legend_handles_labels()
    weak = plt.Rectangle((0, 0), 1, 1, hatch="///", label="weak scaling")
    weak.set(facecolor="white", edgecolor=COLOUR["ideal"])
    ax.legend(handles=[*handles, weak], frameon=False, fontsize=8, ncols=2, loc="upper left")
