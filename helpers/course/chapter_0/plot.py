"""The figures of chapter 0: speeds, on a GPU and elsewhere, and a job that is preempted."""

from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_speeds
from helpers.tools.style import BLUE, CENTRED, ORANGE, PINK, THRESHOLD, panels


def plot_devices(speeds: dict) -> Axes:
    """Draw how many images each device trains per second, side by side."""
    ax = panels(0.7 + 0.4 * len(speeds))
    bars = ax.barh(list(speeds), list(speeds.values()), color=BLUE)
    ax.bar_label(bars, fmt="%.0f", padding=3)
    ax.set_xlabel("images/s in training")
    ax.margins(x=0.12)
    return ax


def plot_rungs(device: str, speeds: dict) -> Axes:
    """Draw how many images each way to compute the same training step does per second.

    speeds: a `Speed` for each name, over several runs
    """
    ax = panels(2.6)
    draw_speeds(ax, speeds)
    ax.set_xlabel("images/s in training (median, lowest and highest of the runs)")
    ax.set_title(device, fontsize=10)
    return ax


def plot_preemption() -> Axes:
    """Draw a job of two processes over time.

    It trains, is warned by SLURM, saves a checkpoint, waits in the queue and goes on.
    """
    ax = panels(2.0)
    for place, name in ((1, "process 0"), (0, "process 1")):
        # it goes on at once with step 5
        for number, left in enumerate((0, 1, 2, 3, 7, 8, 9, 10), start=1):
            ax.barh(place, 0.94, 0.6, left=left + 0.03, color=BLUE)
            ax.text(left + 0.5, place, number, color="white", **CENTRED)
        ax.barh(place, 0.5, 0.6, left=4.03, color=ORANGE)
        ax.text(-0.15, place, name, ha="right", va="center")
    ax.axvline(3.4, 0.1, 0.85, **THRESHOLD)
    ax.text(3.4, 1.55, "SLURM's warning", ha="center", color=PINK)
    for x, text in ((2, "steps of training"), (4.3, "checkpoint"), (9, "the very next step")):
        ax.text(x, -0.45, text, ha="center", va="top", fontsize=9)
    ax.text(5.8, 0.5, "back in\nthe queue", fontsize=9, **CENTRED)
    ax.set(xlim=(-1.6, 11.1), ylim=(-0.8, 1.8))
    ax.axis("off")
    return ax
