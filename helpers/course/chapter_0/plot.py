"""The figures of chapter 0: speeds of devices, and a job that is preempted."""

from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_boxes, draw_speeds
from helpers.tools.style import ORANGE, PINK, THRESHOLD, panels


def plot_devices(speeds: dict) -> Axes:
    """Draw how many images each device trains per second, side by side."""
    measured_once = {name: [speed] * 3 for name, speed in speeds.items()}
    return draw_speeds(measured_once, "images/s in training")


def plot_preemption() -> Axes:
    """Draw a job of two processes over time.

    It trains, is warned by SLURM, saves a checkpoint, waits in the queue and goes on.
    """
    ax = panels(2.0)
    starts = (0, 1, 2, 3, 7, 8, 9, 10)  # it goes on at once with step 5
    for lane in ("process 1", "process 0"):
        draw_boxes(ax, lane, starts, 1, range(1, 9))
        ax.barh(lane, 0.5, left=4, color=ORANGE)
    ax.axvline(3.4, **THRESHOLD)
    ax.text(3.4, 1.55, "SLURM's warning", ha="center", color=PINK)
    words = ("steps of training", "checkpoint", "back in\nthe queue", "the very next step")
    ax.set_xticks((1.8, 4.3, 5.8, 9), words)
    ax.set_frame_on(False)
    return ax
