"""The figures of chapter 4: gradients, scaling, batches, processes, a resumed run."""

from collections import defaultdict
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.engine.scores import LOSS, read_scores, score_name
from helpers.tools.style import (
    BLACK,
    BLUE,
    CENTRED,
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
    computed = [(0, 3, "forward"), (3, 5.2, "backward, last layers first"), (9.4, 1.4, "Adam")]
    exchanged = [(4.4, 1.5, "bucket 1"), (5.9, 1.5, "bucket 2"), (7.8, 1.6, "bucket 3")]
    lanes = (("exchange", VERMILION, exchanged), ("compute", BLUE, computed))
    for place, (lane, colour, parts) in enumerate(lanes):
        ax.text(-0.15, place, lane, ha="right", va="center")
        for start, length, name in parts:
            ax.barh(place, length - 0.06, 0.62, left=start, color=colour)
            ax.text(start + length / 2, place, name, color="white", **CENTRED)
    ax.axvspan(8.2, 9.4, color=GREY, alpha=0.2, linewidth=0, zorder=0)
    ax.text(8.8, 1.5, "wait", ha="center", fontsize=9)
    ax.annotate("", (10.8, -0.55), (0, -0.55), arrowprops={"arrowstyle": "->"})
    ax.text(5.4, -0.6, "time", ha="center", va="top", fontsize=9)
    ax.set(xlim=(-1.6, 11), ylim=(-0.95, 1.75))
    ax.axis("off")
    return ax


def plot_agreement(whole, others: dict):
    """Draw gradients of some weights against those of the whole batch.

    Args:
        whole: gradients of the whole batch
        others: for each panel its name and gradients, shaped like whole
    """
    axes = panels(3.0, columns=len(others), sharey=True)
    limits = 1.1 * float(whole.abs().max()) * np.array([-1, 1])
    for ax, (name, gradient) in zip(axes, others.items()):
        ax.plot(limits, limits, **IDEAL)
        ax.scatter(to_numpy(whole), to_numpy(gradient), s=3, color=BLUE)
        ax.set(xlabel="gradient of the whole batch", title=name)
    axes[0].set_ylabel("gradient")
    return axes


def plot_batches(validations: list):
    """Draw validation accuracy over the images seen, in a panel for 2, 4 and 8 devices.

    Each setting and seed is a line. All panels show one device too.

    validations: `Validation` of assets/recorded.py
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


def plot_links(steps: dict, efficiencies: dict, title: str):
    """Draw a model of the exchange: against measured steps, and the efficiency it predicts.

    Args:
        steps: for each link its steps in the model and as measured, two lists of seconds
        efficiencies: for each link its numbers of devices, and the lowest and highest efficiency
            of each, which bound a band
        title: what the efficiencies hold for
    """
    left, right = panels(2.8, columns=2)
    colours = (VERMILION, ORANGE, BLUE)
    for (name, seconds), colour in zip(steps.items(), colours):
        left.plot(*(1e3 * np.array(seconds)), "o", color=colour, label=name)
    limits = np.array([0, 1.1 * left.dataLim.xmax])
    left.plot(limits, limits, **IDEAL)
    left.fill_between(limits, 0.8 * limits, 1.2 * limits, color=GREY, alpha=0.2, linewidth=0)
    left.set(
        xlabel="step, by the model (ms)", ylabel="step, measured (ms)", xlim=limits, ylim=limits
    )
    for (name, (devices, low, high)), colour in zip(reversed(efficiencies.items()), colours):
        right.plot(devices, low, ".-", color=colour, linewidth=1, markersize=4)
        right.fill_between(devices, low, high, color=colour, alpha=0.5, linewidth=0, label=name)
    numbers = sorted({n for devices, _, _ in efficiencies.values() for n in devices})
    right.set(
        xscale="log",
        xlabel="devices",
        ylabel="efficiency (computed)",
        ylim=(0, 1.05),
        title=title,
        xticks=numbers,
        xticklabels=numbers,
    )
    right.minorticks_off()
    legend(left, loc="upper left")
    legend(right, loc="lower left")
    return left, right


def plot_layout(nodes: int, tasks: int) -> Axes:
    """Draw nodes as boxes, named as in the logs, with a task for each device and its rank."""
    ax = panels(2.0)
    for node in range(nodes):
        left = node * (tasks + 0.6)
        ax.add_patch(Rectangle((left - 0.15, -0.2), tasks + 0.1, 1.75, fill=False))
        ax.text(left - 0.05, 1.63, f"node{node + 1}", fontsize=10)
        for task in range(tasks):
            x = left + task
            ax.add_patch(Rectangle((x, 0.55), 0.8, 0.85, color=BLUE))
            names = f"rank {node * tasks + task}\ntask {task}"
            ax.text(x + 0.4, 0.97, names, color="white", **CENTRED)
            ax.add_patch(Rectangle((x, -0.1), 0.8, 0.5, color=ORANGE))
            ax.text(x + 0.4, 0.15, f"device {task}", fontsize=8, **CENTRED)
    ax.set(xlim=(-0.3, nodes * (tasks + 0.6) - 0.4), ylim=(-0.35, 1.9))
    ax.axis("off")
    return ax


def plot_resumed(whole, broken) -> Axes:
    """Draw the training loss of two runs.

    Args:
        whole: folder of a run that went through, drawn as a line
        broken: folder of a run that was interrupted and resumed, drawn as dots
    """
    ax = panels(2.6)
    loss = score_name("train", LOSS)
    steps, values = read_scores(whole)[loss]
    ax.plot(steps + 1, values, color=BLUE, label="never interrupted")
    steps, values = read_scores(broken)[loss]
    ax.plot(steps + 1, values, "o", color=VERMILION, markersize=4, label="interrupted and resumed")
    last_part = max(Path(broken).glob("metrics/*/metrics.csv")).parent
    steps, _ = read_scores(last_part)[loss]
    ax.axvline(steps[0] + 0.5, **THRESHOLD, label="signal")
    ax.set(xlabel="training step", ylabel="training loss of its batch")
    legend(ax)
    return ax
