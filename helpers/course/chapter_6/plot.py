"""The figures of chapter 6: operations, energy, accuracy against both, and two simulators."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.tools.style import CLASSES, COLOUR, panels, show_digit

ORANGE = CLASSES[1]
SKY = CLASSES[2]
GREEN = CLASSES[3]
BLUE = CLASSES[5]
VERMILION = CLASSES[6]
# The kinds of work, in the order of Work in deploy/energy.py.
PARTS = {"MACs": BLUE, "synaptic operations": ORANGE, "neuron updates": GREEN}


def plot_cost(image, spikes, reach):
    """Draw a digit, the spikes of each place, how many neurons each reaches, and the product.

    image, spikes and reach: (1, 28, 28), (size, size) and (size, size)
    """
    axes = panels(2.0, columns=4)
    show_digit(axes[0], image, "the digit")
    maps = {
        "spikes": spikes,
        "neurons that each reaches": reach,
        "synaptic operations": spikes * reach,
    }
    for ax, (title, values) in zip(axes[1:], maps.items()):
        drawn = ax.imshow(np.asarray(values), cmap="cividis", vmin=0)
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=9)
        bar = ax.figure.colorbar(drawn, ax=ax, location="bottom", shrink=0.9, aspect=12)
        bar.ax.tick_params(labelsize=7)
    axes[0].title.set_fontsize(9)
    return axes


def plot_operations(macs: dict[str, int], operations: dict[str, dict[str, float]]) -> plt.Axes:
    """Draw operations per synapse and image, for each layer: a layer with few synapses shows, too.

    Args:
        macs: of each layer with ReLU
        operations: for each other network those of its layers
    """
    ax = panels(2.4)
    layers = list(macs)
    networks = {"ReLU": macs, **operations}
    width = 0.8 / len(networks)
    for n, ((name, counts), colour) in enumerate(zip(networks.items(), (BLUE, ORANGE, SKY))):
        offset = (n - (len(networks) - 1) / 2) * width
        places = [layers.index(layer) + offset for layer in counts]
        shares = [count / macs[layer] for layer, count in counts.items()]
        ax.bar(places, shares, width, color=colour, label=name)
    names = [f"{layer}\n{count:,} synapses" for layer, count in macs.items()]
    ax.set(xticks=range(len(layers)), xticklabels=names)
    ax.set(ylabel="operations per synapse\nand digit")
    ax.legend(frameon=False, fontsize=8)
    return ax


def plot_energy(work: dict[str, tuple], costs: dict[str, tuple]):
    """Draw energy per image: a panel for each set of costs, a bar for each network.

    Each bar has a part for each kind of work.

    Args:
        work: for each network its amounts, in the order of PARTS
        costs: for each set the cost of one, pJ, in the same order
    """
    axes = panels(1.9, columns=len(costs), sharey=True)
    for ax, (title, cost) in zip(axes, costs.items()):
        left = np.zeros(len(work))
        for n, (part, colour) in enumerate(PARTS.items()):
            energies = [1e-6 * amounts[n] * cost[n] for amounts in work.values()]  # µJ
            label = part if ax is axes[0] else None  # each part once
            ax.barh(list(work), energies, left=left, color=colour, label=label)
            left += energies
        ax.set(xlabel="energy per digit (µJ)", title=title)
    axes[0].invert_yaxis()
    axes[0].figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return axes


def plot_sparse(
    curves: dict[int, list], here: tuple[float, float], limits: dict[str, float]
) -> plt.Axes:
    """Draw accuracy over spikes per synapse.

    Args:
        curves: for each seed its points, drawn as a line
        here: the point of your network, drawn as a star
        limits: for each name where it breaks even, drawn as a dashed line
    """
    ax = panels(2.9)
    ax.axvspan(0.15, 1.38, color="0.88", label="break even, Dampfhoffer et al. 2022")
    for seed, points in curves.items():
        label = None if seed else "recorded, two seeds"
        ax.plot(*zip(*points), "o-", color=BLUE, linewidth=1, markersize=4, label=label)
    ax.plot(*here, "*", color=VERMILION, markersize=14, label="your network")
    for name, limit in limits.items():
        ax.axvline(limit, color=COLOUR["threshold"], linestyle="--")
        ax.text(
            0.96 * limit,
            0.03,
            f"break even,\n{name}",
            transform=ax.get_xaxis_transform(),
            ha="right",
            fontsize=8,
        )
    ax.set(xscale="log", xlabel="spikes per synapse and digit", ylabel="test accuracy")
    ax.set_xticks([0.1, 0.2, 0.5, 1, 2, 5], ["0.1", "0.2", "0.5", "1", "2", "5"])
    ax.minorticks_off()
    ax.figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=8)
    return ax


def plot_pruned(amounts, accuracies, spikes_per_synapse):
    """Draw accuracy and synaptic operations over the share of weights removed.

    Args:
        amounts: shares of the weights that were removed, the first 0
        accuracies: one for each share
        spikes_per_synapse: one for each share; operations are relative to the first
    """
    left, right = panels(2.4, columns=2)
    removed = [100 * amount for amount in amounts]
    left.axhline(0.95, color="0.5", linestyle=":")
    left.plot(removed, accuracies, "o-", color=BLUE)
    left.set(xlabel="weights removed (%)", ylabel="test accuracy", ylim=(0, 1.02))
    operations = [100 * spikes / spikes_per_synapse[0] for spikes in spikes_per_synapse]
    in_proportion = [100 - percent for percent in removed]
    right.plot(removed, operations, "o-", color=ORANGE)
    right.plot(removed, in_proportion, ":", color="0.5", label="in proportion")
    right.set(xlabel="weights removed (%)", ylabel="synaptic operations (%)", ylim=(0, None))
    right.legend(frameon=False, fontsize=8)
    return left, right


def plot_two_simulators(ours, theirs, v_ours, v_theirs):
    """Draw spikes of up to 60 active neurons, and readouts, in our network and from the file.

    Args:
        ours, theirs: spikes, (seq_length, neurons), in steps of 1 ms
        v_ours, v_theirs: readout voltages, (seq_length, n_classes)
    """
    left, right = panels(2.6, columns=2)
    ours = np.asarray(ours)
    theirs = np.asarray(theirs)
    active = np.flatnonzero((ours + theirs).sum(0))
    n_active = len(active)
    active = active[:60]
    ring = {"facecolors": "none", "edgecolors": VERMILION, "linewidths": 0.8}
    t, neuron = np.nonzero(ours[:, active])
    left.scatter(t + 1, neuron, s=4, label="our network", color="black")
    t, neuron = np.nonzero(theirs[:, active])
    left.scatter(t + 1, neuron, s=30, label="the file, other neurons", **ring)
    left.set(xlabel="time (ms)", ylabel=f"{len(active)} of {n_active} active\nhidden neurons")
    left.figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=8)
    time = np.arange(1, len(v_ours) + 1)
    circles = {"marker": "o", "linestyle": "", "fillstyle": "none", "markersize": 5}
    right.plot(time, np.asarray(v_ours), color="black", linewidth=1)
    right.plot(time, np.asarray(v_theirs), color=VERMILION, **circles)
    right.set(xlabel="time (ms)", ylabel="readout voltage v,\nten classes")
    return left, right
