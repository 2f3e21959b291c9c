"""The figures of chapter 1: neurons, encodings, spikes, and the way from an image to an answer."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from helpers.digits import PIXELS
from helpers.figures.style import CLASSES, COLOUR, panels, show_digit, to_numpy


def plot_response(i, v, z, axes=None, title: str = "", i_max: float | None = None):
    """Current, voltage and spikes of one neuron over time; i, v and z are shaped (seq_length,), steps of 1 ms.

    v_th is 1. i_max: where the axis of the current ends, so that figures can be compared; else that of this current
    """
    top, bottom = (
        axes if axes is not None else panels(2.6, rows=2, sharex=True, height_ratios=[1, 2])
    )
    time = np.arange(1, len(v) + 1)  # ms, the end of each step
    top.plot(time, to_numpy(i), color=COLOUR["i"])
    top.set(ylabel="current i", title=title)
    if i_max:
        top.set_ylim(0, i_max)
    bottom.plot(time, to_numpy(v), color=COLOUR["v"])
    bottom.axhline(1, color=COLOUR["threshold"], linestyle="--", label="v_th")
    bottom.eventplot(time[to_numpy(z) > 0], lineoffsets=1.25, linelengths=0.2, color=COLOUR["z"])
    bottom.set(xlabel="time (ms)", ylabel="voltage v", ylim=(min(-0.1, to_numpy(v).min()), 1.45))
    return top, bottom


def plot_responses(currents, responses):
    """Small multiples of plot_response, one column for each current; responses is a list of (i, v, z)."""
    axes = panels(2.8, 2, len(currents), sharex=True, sharey="row", height_ratios=[1, 2])
    for column, (current, (i, v, z)) in enumerate(zip(currents, responses)):
        plot_response(i, v, z, axes=axes[:, column], title=f"input {current:g}")
    for ax in axes[:, 1:].flat:
        ax.set_ylabel("")
    return axes


def plot_encodings(image, encodings: dict):
    """An image, (1, 28, 28), beside a raster for each encoding: a name and its spikes (seq_length, 1, 28, 28)."""
    axes = panels(2.4, columns=1 + len(encodings))
    show_digit(axes[0], image, "image")
    brightness, pixels = PIXELS["MNIST"].brightness(image.flatten()).sort()
    ink = brightness > 0.01  # black pixels are left out
    for ax, (name, z) in zip(axes[1:], encodings.items()):
        _raster(ax, z.flatten(1)[:, pixels[ink]], name, brightness[ink])
        ax.tick_params(labelleft=ax is axes[1])
    axes[1].set_ylabel("pixels, brightest on top")
    axes[0].figure.colorbar(plt.cm.ScalarMappable(cmap="cividis"), ax=axes[-1], label="brightness")
    return axes


def plot_surrogate(alphas):
    """The spike as a function of the voltage, and the slopes that may stand in for its own."""
    left, right = panels(2.4, columns=2)
    u = torch.linspace(-2, 2, 801)
    left.plot(u, (u > 0).float(), color=COLOUR["z"])
    left.set(xlabel="u = v - v_th", ylabel="spike z", title="forward: a step")
    for alpha, style in zip(alphas, ("-", "--", ":")):
        right.plot(
            u, 1 / (alpha * u.abs() + 1) ** 2, style, color=COLOUR["v"], label=f"alpha = {alpha:g}"
        )
    right.set(xlabel="u = v - v_th", ylabel="slope used", title="backward: a smooth slope")
    right.legend(frameon=False, fontsize=8)
    return left, right


def plot_learning(counts: dict[float, list[int]], wanted: int) -> plt.Axes:
    """How many spikes a neuron sends after each step of its training, a line for each alpha."""
    ax = panels(2.2)
    for (alpha, values), style in zip(counts.items(), ("-", "--", ":")):
        ax.plot(
            range(1, len(values) + 1), values, style, color=COLOUR["z"], label=f"alpha = {alpha:g}"
        )
    ax.axhline(wanted, color=COLOUR["ideal"], linewidth=1, zorder=0)
    ax.text(0.3, wanted, "wanted", color=COLOUR["ideal"], va="bottom", fontsize=8)
    ax.set(xlabel="step of training", ylabel="spikes in 60 ms", ylim=(-0.3, wanted + 1))
    ax.locator_params("x", integer=True)
    ax.legend(frameon=False, fontsize=8, loc="center right")
    return ax


def plot_answer(image, layers: dict, v, label: int):
    """From image to answer: the digit, spikes of 60 active neurons of each layer, and the readout, the label's thick.

    layers maps a name to z, (seq_length, ...); v: readout voltage, (seq_length, n_classes); steps of 1 ms
    """
    axes = panels(2.4, columns=2 + len(layers), width_ratios=[1] * (1 + len(layers)) + [1.6])
    show_digit(axes[0], image, f"{'an' if label == 8 else 'a'} {label}")
    for ax, (name, z) in zip(axes[1:], layers.items()):
        z = z.flatten(1)
        active = z.sum(dim=0).nonzero().flatten()
        _raster(ax, z[:, active[:: max(1, len(active) // 60)][:60]], name)
        ax.set(yticks=[])
    axes[1].set_ylabel("active neurons")
    for c, voltage in enumerate(to_numpy(v).T):
        width = 3 if c == label else 1
        axes[-1].plot(
            range(1, len(v) + 1), voltage, color=CLASSES[c], linewidth=width, label=str(c)
        )
    axes[-1].set(xlabel="time (ms)", ylabel="voltage v", title="readout")
    axes[-1].locator_params("x", nbins=4, integer=True)
    beside = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "handlelength": 1}
    axes[-1].legend(frameon=False, fontsize=8, title="class", **beside)
    return axes


def _raster(ax: plt.Axes, z, title: str, shade=None) -> None:
    """A dot for each spike; z: (seq_length, neurons), steps of 1 ms; shade: (neurons,), from 0 to 1, else all black."""
    t, neuron = np.nonzero(to_numpy(z))
    ax.scatter(
        t + 1,
        neuron,
        s=3,
        c=COLOUR["z"] if shade is None else plt.get_cmap("cividis")(to_numpy(shade)[neuron]),
    )
    ax.set(
        xlabel="time (ms)", title=title, xlim=(0, len(z) + 1), ylim=(-0.5, max(1, z.shape[1]) - 0.5)
    )
