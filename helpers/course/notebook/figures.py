"""Figures that several chapters draw."""

import numpy as np
from matplotlib.axes import Axes

from helpers.course.notebook.trials import summary
from helpers.tools.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    THRESHOLD,
    VERMILION,
    legend,
    legend_below,
    panels,
    show_image,
    to_numpy,
)

ROWS = 40  # neurons that a raster shows at most, so that each dot is seen


def plot_response(i, v, z, axes=None):
    """Draw current, voltage and spikes of one neuron over time; v_th is 1.

    Args:
        i, v, z: (seq_length,), in steps of 1 ms
        axes: for the current and for the voltage; None makes a new figure
    """
    if axes is None:
        axes = panels(2.6, rows=2, sharex=True, height_ratios=[1, 2])
    top, bottom = axes
    time = np.arange(1, len(v) + 1)  # ms, the end of each step
    top.plot(time, to_numpy(i), color=ORANGE)
    top.set_ylabel("current i")
    v = to_numpy(v)
    bottom.plot(time, v, color=BLUE)
    bottom.axhline(1, **THRESHOLD)
    bottom.eventplot(time[to_numpy(z) > 0], lineoffsets=1.25, linelengths=0.2, color=BLACK)
    bottom.set(xlabel="time (ms)", ylabel="voltage v", ylim=(min(-0.1, v.min()), 1.45))
    return axes


def plot_responses(currents, responses):
    """Draw plot_response in a column for each current; responses: a list of (i, v, z)."""
    axes = panels(2.8, 2, len(currents), sharex=True, sharey="row", height_ratios=[1, 2])
    for column, current, response in zip(axes.T, currents, responses):
        plot_response(*response, axes=column)
        column[0].set_title(f"input {current:g}")
    for ax in axes.flat:
        ax.label_outer()
    return axes


def plot_answer(image, layers: dict, v, label: int):
    """Draw the way from a digit to an answer: the spikes of each layer, then the readout.

    Args:
        image: the digit, normalised, (1, 28, 28)
        layers: for each, its spikes, (seq_length, ...), in steps of 1 ms; some of the neurons that
            spike are shown
        v: the readout voltage, (seq_length, n_classes)
        label: the class whose voltage is thick
    """
    widths = [1] * (1 + len(layers)) + [1.6]
    axes = panels(2.4, 1, len(widths), width_ratios=widths)
    digit, *rasters, readout = axes
    show_image(digit, image, f"{label}")
    for ax, (layer, z) in zip(rasters, layers.items()):
        z = z.flatten(1)
        active = z.sum(0).nonzero().flatten()
        shown = pick_rows(active)
        draw_raster(ax, z[:, shown], f"{layer}\n{len(shown)} of {len(active):,}\nthat spike")
        ax.set(ylim=(-0.5, ROWS - 0.5), yticks=[])
    rasters[0].set_ylabel("neurons")
    draw_readout(readout, v, label)
    readout.set(xlabel="time (ms)", ylabel="voltage v")
    readout.set_title(f"readout, {v.shape[1]} classes,\n{label} in blue", fontsize=9)
    readout.locator_params("x", integer=True)
    return axes


def draw_readout(ax: Axes, v, label: int, dt: float = 1) -> None:
    """Draw the voltage of each class: the label's thick, the highest other's too, the rest grey.

    Args:
        ax: where
        v: (seq_length, n_classes)
        label: a class
        dt: of a step, ms
    """
    v = to_numpy(v)
    time = dt * np.arange(1, len(v) + 1)
    ax.plot(time, v, color=GREY, linewidth=0.7, alpha=0.6)
    rival = [c for c in v[-1].argsort() if c != label][-1]
    for c, colour, width in ((rival, VERMILION, 1.5), (label, BLUE, 3)):
        ax.plot(time, v[:, c], color=colour, linewidth=width)
        ax.text(time[-1], v[-1, c], f" {c}", va="center")
    ax.margins(x=0.12)


def pick_rows(values):
    """Return at most ROWS of them, evenly spaced, first and last included."""
    places = np.linspace(0, len(values) - 1, min(ROWS, len(values))).round()
    return values[places.astype(int)]


def draw_raster(ax: Axes, z, title: str = "", **style):
    """Draw a dot for each spike, and return the dots.

    Args:
        ax: where
        z: spikes, (seq_length, neurons), in steps of 1 ms
        title: what they are
        style: that of ax.scatter, if it is another
    """
    t, neuron = np.nonzero(to_numpy(z))
    dots = ax.scatter(t + 1, neuron, **{"s": 3, "c": BLACK, **style})
    ax.set(xlabel="time (ms)", xlim=(0, len(z) + 1), ylim=(-0.5, max(1, z.shape[1]) - 0.5))
    ax.set_title(title, fontsize=9)
    return dots


def draw_groups(values: dict, ylabel: str, digits: int = 0) -> Axes:
    """Draw bars side by side, with their numbers, in a new figure.

    Args:
        values: for each name in the legend, a bar for each group
        ylabel: what the bars show
        digits: of the numbers, after the point
    """
    ax = panels(2.6)
    groups = list(next(iter(values.values())))
    places = np.arange(len(groups))
    width = 0.8 / len(values)
    for n, (name, of_name) in enumerate(values.items()):
        heights = [of_name[group] for group in groups]
        bars = ax.bar(places + n * width, heights, 0.95 * width, label=name)
        ax.bar_label(bars, fmt=f"%.{digits}f", fontsize=8)
    ax.set_xticks(places + (0.8 - width) / 2, groups)
    ax.set_ylabel(ylabel)
    ax.margins(y=0.12)
    legend_below(ax)
    return ax


def draw_speeds(speeds: dict, xlabel: str) -> Axes:
    """Draw medians as bars in a new figure, with lines from the lowest to the highest.

    Args:
        speeds: a `Speed` for each name, or its median, lowest and highest; the first at the bottom
        xlabel: what is how fast
    """
    ax = panels(0.9 + 0.3 * len(speeds))
    median, low, high = np.array([speed[:3] for speed in speeds.values()]).T
    names = [f"{name}: {value:,.0f}" for name, value in zip(speeds, median)]
    ax.barh(names, median, xerr=(median - low, high - median))
    ax.set_xlabel(xlabel)
    return ax


def draw_boxes(ax: Axes, lane, starts, widths, words, colour: str = BLUE) -> None:
    """Draw boxes in a lane, from these starts on, each with its words."""
    boxes = ax.barh(lane, widths, left=starts, color=colour, edgecolor="white")
    ax.bar_label(boxes, words, label_type="center", color="white", fontsize=8)


def plot_memory(seq_lengths, bytes_by_name: dict) -> Axes:
    """Draw the peak memory of a training step over the number of time steps.

    bytes_by_name: for each line its bytes
    """
    ax = panels(2.6)
    for (name, values), style in zip(bytes_by_name.items(), ("o-", "s-", "^:", "v--")):
        ax.plot(seq_lengths, np.array(values) / 1e6, style, label=name)
    ax.set(
        xlabel="seq_length (time steps)", xticks=seq_lengths, ylabel="memory of a step (MB)", ylim=0
    )
    legend(ax)
    return ax


def plot_trials(trials: list, settings: tuple, n_seeds: str = "three") -> Axes:
    """Draw what each setting gets right, with the intervals of recordings and of seeds.

    trials: `Trial` of trials.py, of n_seeds seeds
    """
    ax = panels(2.6)
    share, seeds, recordings = map(np.array, zip(*(summary(name, trials) for name in settings)))
    ax.hlines(settings, *100 * recordings.T, SKY, linewidth=6, label="other recordings, 95 %")
    ax.hlines(settings, *100 * seeds.T, BLUE, linewidth=2, label="other seeds, 95 %")
    ax.plot(100 * share, settings, "o", color=BLACK, label=f"mean of {n_seeds} seeds")
    ax.set_xlabel("right in the test (%)")
    ax.invert_yaxis()
    ax.grid(axis="x", alpha=0.3)
    legend_below(ax)
    return ax
