"""The figures of chapter 9: spike trains, events, what competing neurons have learned."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from helpers.course.notebook.figures import draw_raster
from helpers.tools.style import (
    BESIDE,
    BLACK,
    BLUE,
    ORANGE,
    VERMILION,
    legend,
    legend_below,
    panels,
    show_image,
)

ON = VERMILION
OFF = BLUE


def plot_trains(spikes, titles):
    """Draw examples of spike trains side by side.

    Args:
        spikes: (seq_length, n, trains), in steps of 1 ms
        titles: one for each of the n examples
    """
    axes = panels(1.7, columns=len(titles), sharey=True)
    for ax, z, title in zip(axes, spikes.unbind(1), titles):
        draw_raster(ax, z, title, marker="|", s=150)
        ax.set_yticks(range(spikes.shape[2]))
    axes[0].set_ylabel("input")
    return axes


def plot_views(frames, counts):
    """Draw a moving image and its events in four of the time steps.

    Args:
        frames: brightness, (k, h, w)
        counts: OFF and ON events, (seq_length, 2, h, w)
    """
    axes = panels(4.1, rows=2, columns=4)
    for (top, bottom), step in zip(axes.T, np.linspace(0, len(counts) - 1, 4).astype(int)):
        frame = (step + 1) * (len(frames) - 1) // len(counts)
        show_image(top, frames[frame], f"time step {step + 1}", vmin=0, vmax=1)
        show_image(bottom, _coloured(counts[step]), "")
    axes[0, 0].set_ylabel("brightness")
    axes[1, 0].set_ylabel("events")
    names = {"ON: it got brighter": ON, "OFF: it got darker": OFF, "both": BLACK}
    for name, colour in names.items():
        bottom.plot([], "s", color=colour, label=name)  # for the legend alone
    legend_below(bottom)
    return axes


def plot_events(events: np.ndarray) -> Axes:
    """Draw a raster of events, ON and OFF in two colours: the column of the pixel over time."""
    ax = panels(2.6)
    for name, is_on, colour, marker in (("ON", True, ON, "."), ("OFF", False, OFF, "x")):
        part = events[events["p"] == is_on]
        time = part["t"] / 1e3  # ms
        ax.plot(time, part["x"], marker, color=colour, markersize=5, label=name)
    ax.set(xlabel="time (ms)", ylabel="column of the pixel")
    legend(ax, **BESIDE)
    return ax


def plot_recall(spikes) -> Axes:
    """Draw the input of the store-recall task.

    spikes: (60, 20): six periods of 10 ms, and five neurons for each of four lines
    """
    ax = panels(2.4)
    draw_raster(ax, spikes, s=5)
    period = spikes[:, 15:].nonzero()[0, 0].item() // 10  # that of the recall
    start = 10 * period + 0.5  # ms
    ax.axvspan(start, start + 10, facecolor=ORANGE, alpha=0.4)
    ax.set_yticks(5 * (np.arange(4) + 0.5) - 0.5, ["bit is 0", "bit is 1", "store", "recall"])
    ax.set_ylabel("20 input neurons,\nfive for each")
    return ax


def plot_fields(moments: dict):
    """Draw receptive fields as they form, as 10 x 10 small images.

    moments: for each name the weights, (100, 784)
    """
    axes = panels(2.7, columns=len(moments))
    for ax, (name, w) in zip(axes, moments.items()):
        tiles = w.view(10, 10, 28, 28).transpose(1, 2).reshape(280, 280)
        show_image(ax, tiles, name, "gray_r", vmin=0, vmax=0.5)
    return axes


def _coloured(count) -> np.ndarray:
    """Return events of one time step as colours, (h, w, 3): more events, stronger colours.

    count: (2, h, w), OFF and ON
    """
    strength = count.float().clamp(max=3).movedim(0, -1).numpy() / 3
    lost = 1 - np.array([to_rgb(OFF), to_rgb(ON)])
    return np.maximum(1 - strength @ lost, 0)
