"""The figures of chapters 1 to 3, and what all figures share. Each function draws one message and returns its Axes."""

import csv
from collections import defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Image
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from helpers.data import MEAN, STD

# After Okabe and Ito, and Tol: told apart by the colour-blind too, as tests/test_access.py measures. One for each
# quantity in the whole course.
COLOUR = {
    "i": "#E69F00",
    "v": "#0072B2",
    "z": "#000000",
    "train": "#0072B2",
    "val": "#D55E00",
    "threshold": "#CC79A7",
    "ideal": "#555555",
}
CLASSES = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#332288", "#0072B2", "#D55E00", "#CC79A7", "#661100", "#882255")
WIDTH = 7.0  # inches


def show_picture(name: str, alt: str) -> Image:
    """The picture of what comes out of a chapter, stored with the course, with its alternative text."""
    return Image(filename=str(Path(__file__).parent / "pictures" / f"{name}.png"), width=672, metadata={"alt": alt})


def plot_response(i, v, z, v_th: float = 1.0, axes=None, title: str = "", dt: float = 1e-3):
    """Current, voltage and spikes of one neuron over time; i, v and z are shaped (seq_length,)."""
    top, bottom = axes if axes is not None else stack(2, 2.6, [1, 2])
    time = _time(v, dt)
    top.plot(time, to_numpy(i), color=COLOUR["i"])
    top.set(ylabel="current i", title=title)
    bottom.plot(time, to_numpy(v), color=COLOUR["v"])
    bottom.axhline(v_th, color=COLOUR["threshold"], linestyle="--", label="v_th")
    bottom.eventplot(time[to_numpy(z) > 0], lineoffsets=1.25 * v_th, linelengths=0.2 * v_th, color=COLOUR["z"])
    bottom.set(xlabel="time (ms)", ylabel="voltage v", ylim=(min(-0.1, float(v.min())), 1.45 * v_th))
    return top, bottom


def plot_responses(currents, responses, v_th: float = 1.0):
    """Small multiples of plot_response, one column for each current; responses is a list of (i, v, z)."""
    figure, axes = plt.subplots(
        2, len(currents), figsize=(WIDTH, 2.8), sharex=True, sharey="row", height_ratios=[1, 2], layout="constrained"
    )
    for column, (current, (i, v, z)) in enumerate(zip(currents, responses)):
        plot_response(i, v, z, v_th, axes=axes[:, column], title=f"input {current:g}")
    for ax in axes[:, 1:].flat:
        ax.set_ylabel("")
    return axes


def plot_raster(z, ax: Axes | None = None, title: str = "", dt: float = 1e-3, shade=None) -> Axes:
    """One dot for each spike; z is shaped (seq_length, neurons), and shade, if given, (neurons,) between 0 and 1."""
    ax = ax if ax is not None else stack(1, 2.6)[0]
    t, neuron = np.nonzero(to_numpy(z.reshape(len(z), -1)))
    colours = COLOUR["z"] if shade is None else plt.get_cmap("cividis")(to_numpy(shade)[neuron])
    ax.scatter(_time(z, dt)[t], neuron, s=3, c=colours)
    ax.set(xlabel="time (ms)", ylabel="neuron", title=title, ylim=(-0.5, max(1, z[0].numel()) - 0.5))
    ax.set_xlim(0, (len(z) + 1) * dt * 1e3)
    return ax


def plot_encodings(image, encodings: dict):
    """An image, (1, 28, 28), beside a raster for each encoding: a name and its spikes (seq_length, 1, 28, 28).

    Only pixels that are not black are drawn, sorted by their brightness.
    """
    figure, axes = plt.subplots(1, 1 + len(encodings), figsize=(WIDTH, 2.4), layout="constrained")
    _show_digit(axes[0], image, "image")
    brightness, pixels = (image.flatten() * STD + MEAN).sort()
    ink = brightness > 0.01
    for ax, (name, z) in zip(axes[1:], encodings.items()):
        plot_raster(z.flatten(1)[:, pixels[ink]], ax, name, shade=brightness[ink])
    axes[1].set_ylabel("pixels, brightest on top")
    for ax in axes[2:]:
        ax.set(ylabel="", yticklabels=[])
    colours = plt.cm.ScalarMappable(norm=plt.Normalize(0, 1), cmap="cividis")
    figure.colorbar(colours, ax=axes[-1], label="brightness")
    return axes


def plot_surrogate(alphas=(1.0, 5.0, 100.0)):
    """The spike as a function of the voltage, and the slopes that may stand in for its own."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 2.4), layout="constrained")
    u = torch.linspace(-2, 2, 801)
    left.plot(u, (u > 0).float(), color=COLOUR["z"])
    left.set(xlabel="u = v - v_th", ylabel="spike z", title="forward: a step")
    for alpha, style in zip(alphas, ("-", "--", ":")):
        right.plot(u, 1 / (alpha * u.abs() + 1) ** 2, style, color=COLOUR["v"], label=f"alpha = {alpha:g}")
    right.set(xlabel="u = v - v_th", ylabel="slope used", title="backward: a smooth slope")
    right.legend(frameon=False, fontsize=8)
    return left, right


def plot_readout(v, label: int, ax: Axes | None = None, title: str = "", dt: float = 1e-3) -> Axes:
    """The readout voltage of each class over time, v shaped (seq_length, n_classes); the right class is drawn thick."""
    ax = ax if ax is not None else stack(1, 2.6)[0]
    time = _time(v, dt)
    for c in range(v.shape[1]):
        ax.plot(time, to_numpy(v[:, c]), color=CLASSES[c], linewidth=3 if c == label else 1, label=str(c))
    ax.set(xlabel="time (ms)", ylabel="readout voltage v", title=title)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    ax.legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), handlelength=1, title="class")
    return ax


def plot_answer(image, layers: dict, v, label: int, neurons: int = 60):
    """From image to answer: the digit, spikes of some active neurons of each layer, and the readout.

    layers maps a name to z, (seq_length, ...); v: readout voltage, (seq_length, n_classes)
    """
    figure = plt.figure(figsize=(WIDTH, 2.4), layout="constrained")
    axes = figure.subplots(1, 2 + len(layers), width_ratios=[1] * (1 + len(layers)) + [1.6])
    _show_digit(axes[0], image, f"a {label}")
    for ax, (name, z) in zip(axes[1:], layers.items()):
        z = z.flatten(1)
        active = z.sum(dim=0).nonzero().flatten()
        plot_raster(z[:, active[:: max(1, len(active) // neurons)][:neurons]], ax, name).set(ylabel="", yticks=[])
    axes[1].set_ylabel("active neurons")
    plot_readout(v, label, axes[-1], "readout").set_ylabel("voltage v")
    return axes


def plot_digits(images, titles, wrong=(), columns: int = 8):
    """A grid of images, (n, 1, 28, 28), each with its title; those whose index is in `wrong` a coloured, bold one."""
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, 1.15 * rows), squeeze=False, layout="constrained")
    for ax in axes.flat:
        ax.axis("off")
    for index, (ax, image, title) in enumerate(zip(axes.flat, images, titles)):
        _show_digit(ax, image, title)
        ax.title.set_fontsize(9)
        if index in wrong:
            ax.title.set(color=COLOUR["val"], fontweight="bold")
    return axes


def read_metrics(folder) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What CSVLogger wrote below a folder, over all resumes of a run: for each metric its steps and values."""
    points = defaultdict(dict)
    for path in sorted(Path(folder).rglob("metrics.csv"), key=lambda path: path.stat().st_mtime):
        with open(path) as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    if value and name not in ("step", "epoch"):
                        points[name][int(row["step"])] = float(value)
    return {name: (np.array(sorted(p)), np.array([p[step] for step in sorted(p)])) for name, p in points.items()}


def plot_curves(folder):
    """Loss and accuracy over the training steps of a run, from the metrics.csv below its folder."""
    metrics = read_metrics(folder)
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.6), layout="constrained")
    for ax, quantity in zip(axes, ("loss", "acc")):
        for stage, style in (("train", "-"), ("val", "o-")):
            if f"{stage}_{quantity}" in metrics:
                steps, values = metrics[f"{stage}_{quantity}"]
                ax.plot(
                    steps, values, style, color=COLOUR[stage], label={"train": "training", "val": "validation"}[stage]
                )
        ax.set(xlabel="training step", ylabel={"loss": "cross-entropy loss", "acc": "accuracy"}[quantity])
        ax.grid(alpha=0.3)
    axes[0].set_yscale("log")
    if axes[1].lines:
        axes[1].legend(frameon=False)
    return axes


def plot_rates(rates: dict):
    """Spike rates of the layers, Hz, side by side; rates maps a name, such as "before training", to {layer: rate}."""
    ax = stack(1, 2.4)[0]
    for place, (name, layers) in enumerate(rates.items()):
        x = np.arange(len(layers)) + 0.38 * (place - (len(rates) - 1) / 2)
        bars = ax.bar(
            x, list(layers.values()), 0.36, color=(COLOUR["i"], COLOUR["v"], COLOUR["val"])[place], label=name
        )
        ax.bar_label(bars, fmt="%.0f", fontsize=8)
    ax.set(xticks=range(len(layers)), xticklabels=list(layers), ylabel="spike rate (Hz)")
    ax.margins(y=0.12)
    ax.legend(frameon=False)
    return ax


def plot_shares(seconds: dict, title: str = "") -> Axes:
    """Where the time goes: one horizontal bar for each part, longest first; seconds maps a name to seconds."""
    ax = stack(1, 0.6 + 0.3 * len(seconds))[0]
    parts = sorted(seconds.items(), key=lambda part: part[1])
    total = sum(seconds.values())
    bars = ax.barh([name for name, _ in parts], [1e3 * value for _, value in parts], color=COLOUR["v"])
    ax.bar_label(bars, [f"{100 * value / total:.0f} %" for _, value in parts], padding=3)
    ax.set(xlabel="time for one training step (ms)", title=title)
    ax.margins(x=0.1)
    return ax


def plot_speeds(speeds: dict, limit: float) -> Axes:
    """Images a second of each version, a `helpers.measure.Speed` each, first at the bottom; limit: that of ReLU."""
    ax = stack(1, 0.9 + 0.3 * len(speeds))[0]
    median, low, high = np.array([speed[:3] for speed in speeds.values()]).T
    bars = ax.barh(list(speeds), median, color=COLOUR["v"], xerr=(median - low, high - median), ecolor=COLOUR["z"])
    ax.bar_label(bars, [f"{value:.0f}" for value in median], label_type="center", color="white")
    ax.axvline(limit, color=COLOUR["threshold"], linestyle="--")
    ax.text(limit, 1.02, "ReLU in place of neurons", ha="center", transform=ax.get_xaxis_transform(), fontsize=9)
    ax.set(xlabel="images/s (median, lowest and highest)", xlim=(0, 1.15 * max(limit, *high)))
    return ax


def plot_memory(seq_lengths, bytes_by_name: dict) -> Axes:
    """Peak memory of a training step over the number of time steps; one line for each list of bytes."""
    ax = stack(1, 2.6)[0]
    styles = zip((COLOUR["val"], COLOUR["v"], COLOUR["z"]), ("o-", "s-", "^:"))
    for (name, values), (colour, style) in zip(bytes_by_name.items(), styles):
        ax.plot(seq_lengths, np.array(values) / 1e6, style, color=colour, label=name)
    ax.set(xlabel="seq_length (time steps)", ylabel="memory of a step (MB)", xticks=seq_lengths, ylim=0)
    ax.legend(frameon=False)
    return ax


def plot_study(study: dict, settings) -> Axes:
    """Validation accuracy over the seconds of training, for some settings of `helpers.measure.read_study`."""
    ax = stack(1, 3.0)[0]
    for name, colour in zip(settings, CLASSES):
        for n, run in enumerate(study[name]):
            ax.plot(run.seconds, run.accuracy, ".-", color=colour, linewidth=1, label=None if n else name)
    for accuracy in (0.95, 0.97, 0.98):
        ax.axhline(accuracy, color=COLOUR["threshold"], linestyle=":", linewidth=0.8)
    ax.set(xlabel="training time (s)", ylabel="validation accuracy", ylim=(0.8, 1.0), xscale="log")
    ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def stack(rows: int, height: float, ratios=None):
    figure, axes = plt.subplots(
        rows, 1, figsize=(WIDTH, height), sharex=True, squeeze=False, height_ratios=ratios, layout="constrained"
    )
    return axes[:, 0]


def _time(x, dt: float) -> np.ndarray:
    """The end of each time step of x, ms."""
    return (np.arange(len(x)) + 1) * dt * 1e3


def to_numpy(x) -> np.ndarray:
    return x.detach().cpu().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def _show_digit(ax: Axes, image, title: str) -> None:
    ax.imshow(to_numpy(image[0]) * STD + MEAN, cmap="gray", vmin=0, vmax=1)
    ax.set(title=title, xticks=[], yticks=[])
