"""The figures of chapter 4: gradients, scaling, batches, processes, a resumed run."""

from collections import defaultdict
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_boxes
from helpers.engine.scores import LOSS, read_scores, score_name
from helpers.tools.style import (
    BLACK,
    BLUE,
    GREY,
    IDEAL,
    ORANGE,
    THRESHOLD,
    VERMILION,
    legend,
    panels,
    to_numpy,
)


def plot_lanes() -> Axes:
    """Draw a training step of DDP as two lanes: what a process computes, and what it exchanges."""
    ax = panels(1.7)
    buckets = ("bucket 1", "bucket 2", "bucket 3")
    draw_boxes(ax, "exchange", (4.4, 5.9, 8.2), 1.5, buckets, VERMILION)
    computed = ("forward", "backward, last layers first", "Adam")
    draw_boxes(ax, "compute", (0, 3, 9.7), (3, 5.2, 1.4), computed)
    ax.axvspan(8.2, 9.7, facecolor=GREY, alpha=0.2, zorder=0)
    ax.text(8.95, 1, "wait", ha="center", va="center")
    ax.set(xlabel="time", xticks=[], frame_on=False)
    return ax


def plot_agreement(whole, others: dict):
    """Draw gradients of some weights against those of the whole batch.

    Args:
        whole: gradients of the whole batch
        others: for each panel its name and gradients, shaped like whole
    """
    axes = panels(3.0, columns=len(others), sharey=True)
    for ax, (name, gradient) in zip(axes, others.items()):
        ax.axline((0, 0), slope=1, **IDEAL)
        ax.scatter(to_numpy(whole), to_numpy(gradient), s=3)
        ax.locator_params("x", nbins=4)
        ax.set(xlabel="gradient of the whole batch", title=name)
    axes[0].set_ylabel("gradient")
    return axes


def plot_batches(validations: list):
    """Draw validation accuracy over the images seen, in a panel for 2, 4 and 8 devices.

    Each setting and seed is a line. All panels show one device too.

    validations: `Validation` of assets/study_results.py
    """
    axes = panels(2.8, columns=3, sharex=True, sharey=True)
    runs = defaultdict(list)
    for row in validations:
        runs[row.setting, row.seed].append((row.images / 1e3, row.val_acc))
    for ax, devices in zip(axes, (2, 4, 8)):
        lines = {
            "1 x 64": ("1 x 64, 0.01", BLACK, "-"),
            f"{devices} x 64": ("0.01", BLUE, ":"),
            f"{devices} x 64, linear": ("linear", VERMILION, "-"),
            f"{devices} x 64, square root": ("square root", ORANGE, "--"),
        }
        for (setting, seed), points in runs.items():
            if setting in lines:
                label, colour, style = lines[setting]
                mark = "_" if seed else ""  # a legend leaves out what begins with _
                ax.plot(*zip(*points), style, color=colour, linewidth=1, label=mark + label)
        ax.set(xlabel="images seen (thousands)", title=f"{devices} x 64", ylim=(0.5, 1))
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("validation accuracy")
    legend(axes[0], loc="lower right", title="learning rate")
    return axes


def plot_layout(nodes: int, tasks: int) -> np.ndarray:
    """Draw nodes as boxes, named as in the logs, with a task for each device and its rank."""
    (axes,) = panels(1.8, columns=nodes, squeeze=False)
    for node, ax in enumerate(axes):
        places = range(tasks)
        draw_boxes(ax, 0, places, 0.9, [f"device {task}" for task in places], GREY)
        names = [f"rank {node * tasks + task}\ntask {task}" for task in places]
        draw_boxes(ax, 1, places, 0.9, names)
        ax.set(title=f"node{node + 1}", xlim=(-0.1, tasks), xticks=[], yticks=[])
    return axes


def plot_resumed(whole, broken) -> Axes:
    """Draw the training loss of two runs.

    Args:
        whole: folder of a run that went through, drawn as a line
        broken: folder of a run that was interrupted and resumed, drawn as dots
    """
    ax = panels(2.6)
    loss = score_name("train", LOSS)
    steps, values = read_scores(whole)[loss]
    ax.plot(steps + 1, values, label="never interrupted")
    steps, values = read_scores(broken)[loss]
    ax.plot(steps + 1, values, ".", color=VERMILION, label="interrupted and resumed")
    last_part = max(Path(broken).glob("metrics/*/metrics.csv")).parent
    steps, _ = read_scores(last_part)[loss]
    ax.axvline(steps[0] + 0.5, **THRESHOLD, label="signal")
    ax.set(xlabel="training step", ylabel="training loss of its batch")
    legend(ax)
    return ax
