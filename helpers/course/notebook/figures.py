"""Figures that several chapters draw."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.tools.style import COLOUR, panels, show_digit, to_numpy

ROWS = 40  # neurons that a raster shows at most, so that each dot is seen


def plot_response(i, v, z, axes=None, title: str = "", i_max: float | None = None):
    """Draw current, voltage and spikes of one neuron over time; v_th is 1.

    Args:
        i, v, z: (seq_length,), in steps of 1 ms
        axes: for the current and for the voltage; None makes a new figure
        title: for both
        i_max: where the axis of the current ends, to compare figures; None: where this current does
    """
    if axes is None:
        axes = panels(2.6, rows=2, sharex=True, height_ratios=[1, 2])
    top, bottom = axes
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
    """Draw plot_response in a column for each current; responses: a list of (i, v, z)."""
    axes = panels(2.8, 2, len(currents), sharex=True, sharey="row", height_ratios=[1, 2])
    for column, (current, (i, v, z)) in enumerate(zip(currents, responses)):
        plot_response(i, v, z, axes=axes[:, column], title=f"input {current:g}")
    for ax in axes[:, 1:].flat:
        ax.set_ylabel("")
    return axes


def plot_answer(image, layers: dict, v, label: int):
    """Draw the way from an image to an answer: the digit, spikes of each layer, the readout.

    Args:
        image: the digit, normalised, (1, 28, 28)
        layers: for each name the spikes, (seq_length, ...), in steps of 1 ms; some of the neurons
            that spike are shown
        v: readout voltage, (seq_length, n_classes)
        label: the class whose line is thick
    """
    axes = panels(2.4, columns=2 + len(layers), width_ratios=[1] * (1 + len(layers)) + [1.6])
    article = "an" if label == 8 else "a"
    show_digit(axes[0], image, f"{article} {label}")
    for ax, (name, z) in zip(axes[1:], layers.items()):
        z = z.flatten(1)
        active = z.sum(dim=0).nonzero().flatten()
        shown = pick_rows(active)
        draw_raster(ax, z[:, shown], f"{name}\n{len(shown)} of {z.shape[1]:,}")
        ax.set(yticks=[])
    axes[1].set_ylabel("neurons that spike")
    _draw_readout(axes[-1], to_numpy(v), label)
    return axes


def _draw_readout(ax: plt.Axes, v, label: int) -> None:
    """Draw the voltage of each class: the label's thick, the highest other's too, the rest grey."""
    time = np.arange(1, len(v) + 1)  # ms
    others = [c for c in range(v.shape[1]) if c != label]
    rival = max(others, key=lambda c: v[-1, c])
    for c in others:
        ax.plot(time, v[:, c], color=COLOUR["ideal"], linewidth=0.7, alpha=0.6)
    for c, colour, width in ((rival, COLOUR["val"], 1.5), (label, COLOUR["v"], 3)):
        ax.plot(time, v[:, c], color=colour, linewidth=width)
        ax.annotate(str(c), (time[-1], v[-1, c]), (4, 0), textcoords="offset points", va="center")
    ax.set(xlabel="time (ms)", ylabel="voltage v", title=f"readout\n{v.shape[1]} classes")
    ax.margins(x=0.12)
    ax.locator_params("x", nbins=4, integer=True)


def pick_rows(values):
    """Return at most ROWS of them, evenly spaced, first and last included."""
    places = np.linspace(0, len(values) - 1, min(ROWS, len(values))).round()
    return values[places.astype(int)]


def draw_raster(ax: plt.Axes, z, title: str, shade=None) -> None:
    """Draw a dot for each spike.

    Args:
        ax: where
        z: spikes, (seq_length, neurons), in steps of 1 ms
        title: what they are
        shade: (neurons,), from 0 to 1, for their colours; None draws all in black
    """
    t, neuron = np.nonzero(to_numpy(z))
    if shade is None:
        colour = COLOUR["z"]
    else:
        colour = plt.get_cmap("cividis")(to_numpy(shade)[neuron])
    ax.scatter(t + 1, neuron, s=3, c=colour)
    n_neurons = max(1, z.shape[1])
    ax.set(xlabel="time (ms)", title=title, xlim=(0, len(z) + 1), ylim=(-0.5, n_neurons - 0.5))


def plot_memory(seq_lengths, bytes_by_name: dict) -> plt.Axes:
    """Draw the peak memory of a training step over the number of time steps.

    bytes_by_name: for each line its bytes
    """
    ax = panels(2.6)
    styles = ("o-", "s-", "^:")
    colours = ("val", "v", "z")
    for (name, values), style, colour in zip(bytes_by_name.items(), styles, colours):
        ax.plot(seq_lengths, np.array(values) / 1e6, style, color=COLOUR[colour], label=name)
    ax.set(xlabel="seq_length (time steps)", xticks=seq_lengths)
    ax.set(ylabel="memory of a step (MB)", ylim=0)
    ax.legend(frameon=False)
    return ax
