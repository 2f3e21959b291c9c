"""The figures of chapter 2: digits and answers, learning curves, spike rates, a timeline."""

import math

import matplotlib.pyplot as plt
import numpy as np

from helpers.tools.style import COLOUR, panels, show_digit, to_numpy


def plot_rates(rates: dict):
    """Draw spike rates of the layers side by side.

    rates: for each name, such as "before training", the rate of each layer, in Hz
    """
    ax = panels(2.4)
    for place, ((name, layers), colour) in enumerate(zip(rates.items(), ("i", "v", "val"))):
        x = np.arange(len(layers)) + 0.38 * (place - (len(rates) - 1) / 2)
        bars = ax.bar(x, list(layers.values()), 0.36, color=COLOUR[colour], label=name)
        ax.bar_label(bars, fmt="%.0f", fontsize=8)
    ax.set(xticks=range(len(layers)), xticklabels=list(layers), ylabel="spike rate (Hz)")
    ax.margins(y=0.12)
    ax.legend(frameon=False)
    return ax


def plot_before_after(image, label: int, runs: dict):
    """Draw the way of an image through networks, one below the other, on the same axes.

    Args:
        image: the digit, normalised, (1, 28, 28)
        label: the class whose voltage is thick
        runs: for each name, such as "after training", a pair: the readout voltage, (seq_length,
            n_classes), and for each layer its spikes, (seq_length, ...), in steps of 1 ms
    """
    n_layers = len(next(iter(runs.values()))[1])
    widths = [1] * (1 + n_layers) + [1.6]
    axes = panels(2.3 * len(runs), len(runs), len(widths), width_ratios=widths, squeeze=False)
    for row, (name, (v, layers)) in zip(axes, runs.items()):
        show_digit(row[0], image, name)
        row[0].title.set_fontsize(9)
        for ax, (layer, z) in zip(row[1:], layers.items()):
            _raster(ax, z.flatten(1), layer)
        voltages = to_numpy(v)
        time = range(1, len(v) + 1)  # ms
        ax = row[-1]
        for c, voltage in enumerate(voltages.T):
            if c != label:
                ax.plot(time, voltage, color=COLOUR["ideal"], linewidth=0.8)
        ax.plot(time, voltages[:, label], color=COLOUR["v"], linewidth=3)
        ax.plot([], color=COLOUR["v"], linewidth=3, label=f"class {label}")
        ax.plot([], color=COLOUR["ideal"], linewidth=0.8, label="other classes")
        ax.set(ylabel="voltage v", title="readout")
        ax.sharey(axes[0, -1])
    for ax in axes[-1, 1:]:
        ax.set_xlabel("time (ms)")
    axes[0, -1].legend(frameon=False, fontsize=8)
    return axes


def _raster(ax: plt.Axes, z, layer: str, most: int = 60) -> None:
    """Draw a dot for each spike of neurons that are active, most of them at most.

    z: (seq_length, neurons), in steps of 1 ms
    """
    active = z.sum(dim=0).nonzero().flatten()
    every = max(1, math.ceil(len(active) / most))
    shown = z[:, active[::every]]
    t, neuron = np.nonzero(to_numpy(shown))
    ax.scatter(t + 1, neuron, s=3, c=COLOUR["z"])
    ax.set(xlim=(0, len(z) + 1), ylim=(-0.5, most - 0.5), yticks=[])
    ax.set_title(f"{layer}\n{shown.shape[1]} of {len(active):,}\nthat spike", fontsize=8)


def plot_timeline(events: list, title: str) -> plt.Axes:
    """Draw what runs when, in a lane for each thread and for the GPU; white is where nothing runs.

    events: each with lane, part, start and end, as `record_timeline` returns them
    """
    lanes = list(dict.fromkeys(event.lane for event in events))
    ax = panels(1.4 + 0.4 * len(lanes))
    colours = {"": "ideal", "convolutions": "v", "neurons": "i", "pooling": "val"}
    colours |= {"linear layers": "threshold", "optimiser": "z"}
    for part, colour in colours.items():
        alpha = 0.35 if part == "" else 1.0
        label = part or "anything else"
        for row, lane in enumerate(lanes):
            of_part = [event for event in events if event.lane == lane]
            if part:  # what belongs to none lies below, so that its gaps show
                of_part = [event for event in of_part if event.part == part]
            spans = [(event.start, event.end - event.start) for event in of_part]
            place = (row - 0.35, 0.7)
            ax.broken_barh(
                spans, place, color=COLOUR[colour], alpha=alpha, linewidth=0, label=label
            )
            label = "_"
    ax.set(xlabel="time (ms)", title=title)
    ax.set_yticks(range(len(lanes)), lanes)
    ax.invert_yaxis()
    ax.figure.legend(frameon=False, fontsize=8, ncols=6, loc="outside lower center")
    return ax
