"""The figures of chapter 8: operations, energy, and the accuracy that is left with fewer."""

import numpy as np
from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_groups
from helpers.tools.style import (
    BLUE,
    IDEAL,
    THRESHOLD,
    VERMILION,
    legend,
    legend_below,
    panels,
    show_image,
)

# The kinds of work, in the order of Work in chapter_8/energy.py.
PARTS = ("MACs", "synaptic operations", "neuron updates")


def plot_cost(image, spikes, reach):
    """Draw a digit, the spikes of each place, how many neurons each reaches, and the product.

    image, spikes and reach: (1, 28, 28), (size, size) and (size, size)
    """
    axes = panels(2.0, columns=4)
    show_image(axes[0], image, "the digit")
    maps = {
        "spikes": spikes,
        "neurons that each reaches": reach,
        "synaptic operations": spikes * reach,
    }
    for ax, (title, values) in zip(axes[1:], maps.items()):
        drawn = show_image(ax, values, title, "cividis", vmin=0)
        bar = ax.figure.colorbar(drawn, ax=ax, location="bottom")
        bar.ax.tick_params(labelsize=7)
    return axes


def plot_operations(macs: dict, operations: dict) -> Axes:
    """Draw operations per synapse and image, for each layer: a layer with few synapses shows, too.

    Args:
        macs: of each layer with ReLU
        operations: for each other network those of its layers
    """
    shares = {}
    for name, counts in {"ReLU": macs, **operations}.items():
        shares[name] = {
            f"{layer}\n{count:,} synapses": counts[layer] / count for layer, count in macs.items()
        }
    return draw_groups(shares, "operations per synapse\nand digit", digits=2)


def plot_energy(work: dict, costs: dict):
    """Draw energy per image: a panel for each set of costs, a bar for each network.

    Each bar has a part for each kind of work.

    Args:
        work: for each network its amounts, in the order of PARTS
        costs: for each set the cost of one, pJ, in the same order
    """
    axes = panels(1.9, columns=len(costs), sharey=True)
    for ax, (title, cost) in zip(axes, costs.items()):
        left = np.zeros(len(work))
        for n, part in enumerate(PARTS):
            energies = [1e-6 * amounts[n] * cost[n] for amounts in work.values()]  # µJ
            ax.barh(list(work), energies, left=left, label=part)
            left += energies
        ax.set(xlabel="energy per digit (µJ)", title=title)
    axes[0].invert_yaxis()
    legend_below(ax, handles=ax.containers)
    return axes


def plot_sparse(curves: dict, here: tuple, limits: dict) -> Axes:
    """Draw accuracy over spikes per synapse.

    Args:
        curves: for each seed its points, drawn as a line
        here: the point of your network, spikes and accuracy, drawn as a star
        limits: for each name where it breaks even, drawn as a dashed line
    """
    ax = panels(2.9)
    ax.axvspan(0.15, 1.38, color="0.88", label="break even, Dampfhoffer et al. 2022")
    for seed, points in curves.items():
        label = "_" if seed else "recorded, two seeds"  # a legend leaves _ out
        ax.plot(*zip(*points), ".-", color=BLUE, label=label)
    ax.plot(*here, "*", color=VERMILION, markersize=14, label="your network")
    for name, limit in limits.items():
        ax.axvline(limit, **THRESHOLD)
        low = ax.get_xaxis_transform()
        ax.text(0.96 * limit, 0.03, f"break even,\n{name}", ha="right", fontsize=8, transform=low)
    ax.set_xscale("log", base=2)
    ax.set(xlabel="spikes per synapse and digit", ylabel="test accuracy")
    legend_below(ax)
    return ax


def plot_pruned(amounts, accuracies, spikes_per_synapse):
    """Draw accuracy and synaptic operations over the share of weights removed.

    Args:
        amounts: shares of the weights that were removed, the first 0
        accuracies: one for each share
        spikes_per_synapse: one for each share; operations are relative to the first
    """
    left, right = panels(2.4, columns=2)
    removed = 100 * np.array(amounts)
    left.axhline(0.95, **THRESHOLD)
    left.plot(removed, accuracies, "o-")
    left.set(xlabel="weights removed (%)", ylabel="test accuracy", ylim=(0, 1.02))
    operations = 100 * np.array(spikes_per_synapse) / spikes_per_synapse[0]
    right.plot(removed, operations, "o-")
    right.plot(removed, 100 - removed, **IDEAL, label="in proportion")
    right.set(xlabel="weights removed (%)", ylabel="synaptic operations (%)", ylim=(0, None))
    legend(right)
    return left, right
