"""The figures of chapter 4: gradients, scaling, batches, processes, a resumed run."""

import csv
from collections import defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from helpers.cluster.scaling_report import STUDY, serial_fraction, summarise
from helpers.figures.chapter_2 import read_scores
from helpers.figures.style import COLOUR, WIDTH, stack, to_numpy
from helpers.scores import LOSS, score_name


def plot_scaling(measurements: list):
    """Throughput, speed-up, efficiency and time of a step over the processes. See `scaling_report.Measurement`.

    Dots are medians, bars the lowest and highest repeat, grey lines the ideal. Raises InputError for one repeat.
    """
    rows, serial = summarise(measurements), serial_fraction(measurements).median
    figure, axes = plt.subplots(2, 2, figsize=(WIDTH, 5.4), layout="constrained")
    most = max(row.processes for row in rows)
    n = np.linspace(1, most, 100)
    for mode, colour, marker in (("strong", COLOUR["v"], "o"), ("weak", COLOUR["val"], "s")):
        part = [row for row in rows if row.mode == mode]
        for ax, quantity in ((axes[0, 0], "throughput"), (axes[0, 1], "speed_up"), (axes[1, 0], "efficiency")):
            if mode == "strong" or quantity != "speed_up":
                median, low, high = np.array([getattr(row, quantity) for row in part]).T
                bars = {"yerr": (median - low, high - median), "fmt": marker, "capsize": 3}
                ax.errorbar([row.processes for row in part], median, **bars, color=colour, label=mode)
    one = rows[0].throughput.median
    for ax, ideal in ((axes[0, 0], one * n), (axes[0, 1], n), (axes[1, 0], np.ones_like(n))):
        ax.plot(n, ideal, color=COLOUR["ideal"], linewidth=1, label="ideal", zorder=0)
    axes[0, 1].plot(n, 1 / (serial + (1 - serial) / n), "--", color=COLOUR["z"], label=f"Amdahl, s = {serial:.3f}")
    labels = ("images/s", "speed-up, strong scaling", "efficiency")
    for ax, label in zip(axes.flat, labels):
        ticks = sorted({row.processes for row in rows})
        ax.set(xlabel="processes", ylabel=label, ylim=(0, 1.1 * ax.dataLim.ymax), xticks=ticks)
        ax.legend(frameon=False, fontsize=8)
    left = np.zeros(len(rows))
    names = [f"{row.mode} {row.processes}" for row in rows]
    for name, colour in (("compute", COLOUR["v"]), ("communication", COLOUR["val"]), ("data", COLOUR["i"])):
        times = 1e3 * np.array([getattr(row, name) for row in rows])
        axes[1, 1].barh(names, times, left=left, color=colour, label=name)
        left += times
    axes[1, 1].invert_yaxis()
    axes[1, 1].set(xlabel="time of a step (ms)")
    axes[1, 1].legend(
        frameon=False, fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.45, 1.0), columnspacing=1
    )
    images, repeats = rows[0].batch_size, len({m.repeat for m in measurements})
    title = f"{measurements[0].device}\n{images} images a process (weak) or in all (strong) · {repeats} repeats"
    figure.suptitle(title, fontsize=10)
    return axes


def plot_agreement(whole, others: dict):
    """Gradients of some weights against those of the whole batch, all of one shape: a panel for each of the others."""
    figure, axes = plt.subplots(1, len(others), figsize=(WIDTH, 3.0), sharey=True, layout="constrained")
    limits = 1.1 * float(whole.abs().max()) * np.array([-1, 1])
    for ax, (name, gradient) in zip(axes, others.items()):
        ax.plot(limits, limits, color=COLOUR["ideal"], linewidth=1, zorder=0)
        ax.scatter(to_numpy(whole).ravel(), to_numpy(gradient).ravel(), s=3, color=COLOUR["v"])
        ax.set(xlabel="gradient of the whole batch", title=name)
    axes[0].set_ylabel("gradient")
    return axes


def plot_batches() -> Axes:
    """Validation accuracy over the images seen, for 1 to 8 devices, each seed a line (tests/studies/batches.py).

    Of the study's settings, those with 64 images for each device.
    """
    ax, runs = stack(1, 3.2)[0], defaultdict(list)
    with open(STUDY) as file:
        for row in csv.DictReader(file):
            runs[row["setting"], row["seed"]].append((int(row["images"]) / 1e3, float(row["val_acc"])))
    for (setting, seed), points in runs.items():
        devices, images = setting.removesuffix(", scaled").split(" x ")
        if images == "64":
            style = ".-" if "scaled" in setting or devices == "1" else ".:"
            colour = {"1": "z", "2": "v", "4": "i", "8": "val"}[devices]
            label = setting if seed == "0" else None
            ax.plot(*zip(*points), style, color=COLOUR[colour], linewidth=1, label=label)
    ax.set(xlabel="images seen (thousands)", ylabel="validation accuracy", ylim=(0.5, 1))
    ax.grid(alpha=0.3)
    ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), title="devices x images")
    return ax


def plot_laws(serial: float, most: int = 64) -> Axes:
    """Speed-up over the number of processes for a serial fraction: the same work (Amdahl), or as much for each one."""
    ax, n = stack(1, 2.8)[0], np.linspace(1, most, 400)
    ax.plot(n, n, color=COLOUR["ideal"], linewidth=1, label="ideal")
    ax.plot(n, n - serial * (n - 1), color=COLOUR["val"], label="weak scaling (Gustafson)")
    ax.plot(n, 1 / (serial + (1 - serial) / n), color=COLOUR["v"], label="strong scaling (Amdahl)")
    ax.set(xlabel="processes", ylabel="speed-up", xlim=(1, most), ylim=(1, most), title=f"serial fraction {serial:.3f}")
    ax.set_xticks([1, *range(8, most + 1, 8)])
    ax.legend(frameon=False)
    return ax


def plot_layout(nodes: int, tasks: int) -> Axes:
    """Nodes as boxes with their tasks, one for each device, and the rank of each."""
    ax = stack(1, 2.0)[0]
    for node in range(nodes):
        left = node * (tasks + 0.6)
        ax.add_patch(plt.Rectangle((left - 0.15, -0.2), tasks + 0.1, 1.75, fill=False, edgecolor=COLOUR["z"]))
        ax.text(left - 0.05, 1.63, f"node {node}", fontsize=10)
        for task in range(tasks):
            place = left + task
            ax.add_patch(plt.Rectangle((place, 0.55), 0.8, 0.85, color=COLOUR["v"]))
            text = f"rank {node * tasks + task}\ntask {task}"
            ax.text(place + 0.4, 0.97, text, color="white", ha="center", va="center")
            ax.add_patch(plt.Rectangle((place, -0.1), 0.8, 0.5, color=COLOUR["i"]))
            ax.text(place + 0.4, 0.15, f"device {task}", ha="center", va="center", fontsize=8)
    ax.set(xlim=(-0.3, nodes * (tasks + 0.6) - 0.4), ylim=(-0.35, 1.9))
    ax.axis("off")
    return ax


def plot_resumed(whole, broken) -> Axes:
    """Training loss of two runs, each a folder: one that went through as a line, one that was interrupted as dots."""
    ax, loss = stack(1, 2.6)[0], score_name("train", LOSS)
    parts = sorted((Path(broken) / "metrics").glob("*/metrics.csv"))
    resumed = read_scores(parts[-1].parent)[loss][0][0]
    steps, values = read_scores(whole)[loss]
    ax.plot(steps + 1, values, color=COLOUR["train"], label="never interrupted")
    steps, values = read_scores(broken)[loss]
    ax.plot(steps + 1, values, "o", color=COLOUR["val"], markersize=4, label="interrupted and resumed")
    ax.axvline(resumed + 0.5, color=COLOUR["threshold"], linestyle="--", label="signal")
    ax.set(xlabel="training step", ylabel="training loss of its batch")
    ax.legend(frameon=False)
    return ax
