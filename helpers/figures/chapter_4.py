"""The figures of chapter 4: gradients, scaling, batches, processes, a resumed run."""

from collections import defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from helpers.figures.style import COLOUR, panels, to_numpy
from helpers.scores import LOSS, read_scores, score_name


def plot_scaling(rows: list, serial: float, title: str):
    """Draw throughput, speed-up, efficiency and time of a step over the processes.

    Dots are medians, bars the lowest and highest repeat, grey lines the ideal.

    Args:
        rows: `Summary` of cluster/scaling_report.py, one for each mode and number of processes
        serial: Amdahl's serial fraction, 0 to 1
        title: what was measured, on what
    """
    axes = panels(5.4, 2, 2)
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
    amdahl = 1 / (serial + (1 - serial) / n)
    curves["speed_up"].plot(n, amdahl, "--", color=COLOUR["z"], label=f"Amdahl, s = {serial:.3f}")
    for ax, label in zip(curves.values(), ("images/s", "speed-up, strong scaling", "efficiency")):
        ax.set(xlabel="processes", ylabel=label, ylim=(0, 1.1 * ax.dataLim.ymax), xticks=sizes)
        ax.legend(frameon=False, fontsize=8)
    left = np.zeros(len(rows))
    parts = axes[1, 1]
    names = [f"{row.mode} {row.processes}" for row in rows]
    colours = {"compute": COLOUR["v"], "communication": COLOUR["val"], "data": COLOUR["i"]}
    for part, colour in colours.items():
        milliseconds = 1e3 * np.array([getattr(row, part) for row in rows])
        parts.barh(names, milliseconds, left=left, color=colour, label=part)
        left += milliseconds
    parts.invert_yaxis()
    parts.set(xlabel="time of a step (ms)")
    parts.legend(
        frameon=False,
        fontsize=8,
        ncols=3,
        loc="lower center",
        bbox_to_anchor=(0.45, 1.0),
        columnspacing=1,
    )
    parts.figure.suptitle(title, fontsize=10)
    return axes


def plot_agreement(whole, others: dict):
    """Draw gradients of some weights against those of the whole batch.

    Args:
        whole: gradients of the whole batch
        others: for each panel its name and gradients, shaped like whole
    """
    axes = panels(3.0, columns=len(others), sharey=True)
    limits = 1.1 * float(whole.abs().max()) * np.array([-1, 1])
    for ax, (name, gradient) in zip(axes, others.items()):
        ax.plot(limits, limits, color=COLOUR["ideal"], linewidth=1, zorder=0)
        ax.scatter(to_numpy(whole).ravel(), to_numpy(gradient).ravel(), s=3, color=COLOUR["v"])
        ax.set(xlabel="gradient of the whole batch", title=name)
    axes[0].set_ylabel("gradient")
    return axes


def plot_batches(validations: list) -> plt.Axes:
    """Draw validation accuracy over the images seen, for 1 to 8 devices with 64 images each.

    validations: `Validation` of notebook/recorded.py; each setting and seed is a line
    """
    ax = panels(3.2)
    runs = defaultdict(list)
    for row in validations:
        runs[row.setting, row.seed].append((row.images / 1e3, row.val_acc))
    for (setting, seed), points in runs.items():
        devices, images = setting.removesuffix(", scaled").split(" x ")
        if images == "64":
            style = ".-" if "scaled" in setting or devices == "1" else ".:"
            colour = COLOUR[{"1": "z", "2": "v", "4": "i", "8": "val"}[devices]]
            label = setting if seed == 0 else None  # each setting once
            ax.plot(*zip(*points), style, color=colour, linewidth=1, label=label)
    ax.set(xlabel="images seen (thousands)", ylabel="validation accuracy", ylim=(0.5, 1))
    ax.grid(alpha=0.3)
    ax.legend(
        frameon=False,
        fontsize=8,
        loc="center left",
        bbox_to_anchor=(1, 0.5),
        title="devices x images",
    )
    return ax


def plot_laws(serial: float) -> plt.Axes:
    """Draw the speed-up over the number of processes for a serial fraction.

    The work is the same (Amdahl), or the same for each process (Gustafson).
    """
    ax = panels(2.8)
    n = np.linspace(1, 64, 400)
    ax.plot(n, n, color=COLOUR["ideal"], linewidth=1, label="ideal")
    ax.plot(n, n - serial * (n - 1), color=COLOUR["val"], label="weak scaling (Gustafson)")
    ax.plot(n, 1 / (serial + (1 - serial) / n), color=COLOUR["v"], label="strong scaling (Amdahl)")
    ax.set(xlabel="processes", ylabel="speed-up", title=f"serial fraction {serial:.3f}")
    ax.set(xlim=(1, 64), ylim=(1, 64), xticks=[1, *range(8, 65, 8)])
    ax.legend(frameon=False)
    return ax


def plot_links(steps: dict, efficiencies: dict, title: str):
    """Draw a model of the exchange: against measured steps, and the efficiency it predicts.

    Args:
        steps: for each link its steps in the model and as measured, two lists of seconds
        efficiencies: for each link its numbers of devices and the efficiency of each
        title: what the efficiencies hold for
    """
    axes = panels(2.8, columns=2)
    for (name, (predicted, measured)), colour in zip(steps.items(), ("val", "i", "v")):
        style = {"color": COLOUR[colour], "label": name}
        axes[0].plot(1e3 * np.array(predicted), 1e3 * np.array(measured), "o", **style)
    limits = np.array([0, 1.1 * axes[0].dataLim.xmax])
    band = {"color": COLOUR["ideal"], "alpha": 0.2, "linewidth": 0, "zorder": 0}
    axes[0].plot(limits, limits, color=COLOUR["ideal"], linewidth=1, zorder=0)
    axes[0].fill_between(limits, 0.8 * limits, 1.2 * limits, **band)
    axes[0].set(xlabel="step, by the model (ms)", ylabel="step, measured (ms)", xlim=limits)
    axes[0].set(ylim=limits)
    for (name, (devices, values)), colour in zip(efficiencies.items(), ("v", "i", "val")):
        axes[1].plot(devices, values, ".-", color=COLOUR[colour], label=name)
    axes[1].set(xscale="log", xlabel="devices", ylabel="efficiency", ylim=(0, 1.05), title=title)
    axes[1].set(xticks=devices[::2], xticklabels=devices[::2])
    axes[1].minorticks_off()
    for ax in axes:
        ax.legend(frameon=False, fontsize=8)
    return axes


def plot_layout(nodes: int, tasks: int) -> plt.Axes:
    """Draw nodes as boxes, named as in the logs, with a task for each device and its rank."""
    ax = panels(2.0)
    for node in range(nodes):
        left = node * (tasks + 0.6)
        frame = {"fill": False, "edgecolor": COLOUR["z"]}
        ax.add_patch(plt.Rectangle((left - 0.15, -0.2), tasks + 0.1, 1.75, **frame))
        ax.text(left - 0.05, 1.63, f"node{node + 1}", fontsize=10)
        for task in range(tasks):
            x = left + task
            ax.add_patch(plt.Rectangle((x, 0.55), 0.8, 0.85, color=COLOUR["v"]))
            names = f"rank {node * tasks + task}\ntask {task}"
            ax.text(x + 0.4, 0.97, names, color="white", ha="center", va="center")
            ax.add_patch(plt.Rectangle((x, -0.1), 0.8, 0.5, color=COLOUR["i"]))
            ax.text(x + 0.4, 0.15, f"device {task}", ha="center", va="center", fontsize=8)
    ax.set(xlim=(-0.3, nodes * (tasks + 0.6) - 0.4), ylim=(-0.35, 1.9))
    ax.axis("off")
    return ax


def plot_resumed(whole, broken) -> plt.Axes:
    """Draw the training loss of two runs.

    Args:
        whole: folder of a run that went through, drawn as a line
        broken: folder of a run that was interrupted and resumed, drawn as dots
    """
    ax = panels(2.6)
    loss = score_name("train", LOSS)
    steps, values = read_scores(whole)[loss]
    ax.plot(steps + 1, values, color=COLOUR["train"], label="never interrupted")
    steps, values = read_scores(broken)[loss]
    dots = {"marker": "o", "linestyle": "", "markersize": 4}
    ax.plot(steps + 1, values, color=COLOUR["val"], label="interrupted and resumed", **dots)
    last_part = max(Path(broken).glob("metrics/*/metrics.csv")).parent
    steps, _ = read_scores(last_part)[loss]
    resumed = steps[0]
    ax.axvline(resumed + 0.5, color=COLOUR["threshold"], linestyle="--", label="signal")
    ax.set(xlabel="training step", ylabel="training loss of its batch")
    ax.legend(frameon=False)
    return ax
