"""The figures of chapter 6: operations, energy, accuracy against both, and two simulators side by side."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.figures.style import CLASSES, COLOUR, panels, show_digit

ORANGE = CLASSES[1]
SKY = CLASSES[2]
GREEN = CLASSES[3]
BLUE = CLASSES[5]
VERMILION = CLASSES[6]
PARTS = {
    "MACs": BLUE,
    "synaptic operations": ORANGE,
    "neuron updates": GREEN,
}  # of deploy/energy.py's Work, in its order


def plot_cost(image, spikes, reach):
    """A digit, the spikes of each place, how many neurons each reaches, and the product; maps shaped (size, size)."""
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
        ax.figure.colorbar(drawn, ax=ax, location="bottom", shrink=0.9, aspect=12).ax.tick_params(
            labelsize=7
        )
    axes[0].title.set_fontsize(9)
    return axes


def plot_operations(macs: dict[str, int], operations: dict[str, dict[str, float]]) -> plt.Axes:
    """Operations per layer and image: the MACs of ReLU, then the operations of other networks, by name."""
    ax = panels(2.4)
    networks = {"ReLU": macs, **operations}
    width = 0.8 / len(networks)
    for n, ((name, counts), colour) in enumerate(zip(networks.items(), (BLUE, ORANGE, SKY))):
        places = [
            list(macs).index(layer) + (n - (len(networks) - 1) / 2) * width for layer in counts
        ]
        ax.bar(places, [count / 1e6 for count in counts.values()], width, color=colour, label=name)
    ax.set(
        xlabel="layer", ylabel="million operations", xticks=range(len(macs)), xticklabels=list(macs)
    )
    ax.legend(frameon=False, fontsize=8)
    return ax


def plot_energy(work: dict[str, tuple], costs: dict[str, tuple]):
    """Energy per image: a panel for each set of costs, a bar for each network.

    Each bar has a part for each kind of work.

    work: for each network its amounts, in the order of PARTS
    costs: for each set the cost of one, pJ, in the same order
    """
    axes = panels(1.9, columns=len(costs), sharey=True)
    for ax, (title, cost) in zip(axes, costs.items()):
        left = np.zeros(len(work))
        for n, (part, colour) in enumerate(PARTS.items()):
            widths = [1e-6 * one[n] * cost[n] for one in work.values()]
            ax.barh(
                list(work), widths, left=left, color=colour, label=part if ax is axes[0] else None
            )
            left += widths
        ax.set(xlabel="energy per digit (µJ)", title=title)
    axes[0].invert_yaxis()
    axes[0].figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return axes


def plot_sparse(
    curves: dict[int, list], here: tuple[float, float], limits: dict[str, float]
) -> plt.Axes:
    """Accuracy against spikes per synapse: a line for each seed, a star `here`, dashed lines at the limits."""
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
    """Accuracy, and synaptic operations relative to the whole network, against the share of weights removed."""
    left, right = panels(2.4, columns=2)
    removed = [100 * amount for amount in amounts]
    left.axhline(0.95, color="0.5", linestyle=":")
    left.plot(removed, accuracies, "o-", color=BLUE)
    left.set(xlabel="weights removed (%)", ylabel="test accuracy", ylim=(0, 1.02))
    right.plot(
        removed,
        [100 * spikes / spikes_per_synapse[0] for spikes in spikes_per_synapse],
        "o-",
        color=ORANGE,
    )
    right.plot(
        removed, [100 - percent for percent in removed], ":", color="0.5", label="in proportion"
    )
    right.set(xlabel="weights removed (%)", ylabel="synaptic operations (%)", ylim=(0, None))
    right.legend(frameon=False, fontsize=8)
    return left, right


def plot_two_simulators(ours, theirs, v_ours, v_theirs):
    """Spikes (seq_length, neurons) of 60 active neurons, and readouts (seq_length, n_classes), in steps of 1 ms."""
    left, right = panels(2.6, columns=2)
    ours = np.asarray(ours)
    theirs = np.asarray(theirs)
    active = np.flatnonzero((ours + theirs).sum(0))[:60]
    ring = {"facecolors": "none", "edgecolors": VERMILION, "linewidths": 0.8}
    for z, size, style, label in (
        (ours, 4, {"color": "black"}, "our network"),
        (theirs, 30, ring, "the simulator"),
    ):
        t, neuron = np.nonzero(z[:, active])
        left.scatter(t + 1, neuron, s=size, label=label, **style)
    left.set(xlabel="time (ms)", ylabel="active hidden neurons")
    left.figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=8)
    time = np.arange(1, len(v_ours) + 1)
    for c, colour in enumerate(CLASSES):
        right.plot(time, np.asarray(v_ours)[:, c], color=colour)
        right.plot(
            time, np.asarray(v_theirs)[:, c], "o", color=colour, fillstyle="none", markersize=5
        )
    right.set(xlabel="time (ms)", ylabel="readout voltage v")
    return left, right
