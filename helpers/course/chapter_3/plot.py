"""The figures of chapter 3: calls, speed, limits, memory, and accuracy for the time spent."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.tools.style import CLASSES, COLOUR, panels


def plot_calls() -> np.ndarray:
    """Draw each call of a layer as a box over the time steps that it computes.

    Left the loop over time steps, then time in the batch, then neurons compiled to one loop.
    """
    layers = ("conv1", "lif1", "conv2", "lif2", "hidden", "lif3", "out", "li")
    seq_length = 6
    axes = panels(2.6, columns=3, sharey=True)
    takes_all_steps = {  # the layers that take all time steps in one call
        "step by step": (),
        "time in the batch": layers[::2],
        "neurons compiled": layers,
    }
    for ax, (title, wide_layers) in zip(axes, takes_all_steps.items()):
        for row, layer in enumerate(layers):
            colour = COLOUR["i"] if row % 2 else COLOUR["v"]
            width = seq_length if layer in wide_layers else 1
            for start in range(0, seq_length, width):
                ax.barh(row, width - 0.2, left=start + 0.1, height=0.7, color=colour)
        ax.set(title=title, xlabel="time step", xlim=(0, seq_length))
        ax.set_xticks(np.arange(seq_length) + 0.5, range(1, seq_length + 1))
        ax.set_yticks(range(len(layers)), layers)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()  # the first layer on top, for all three
    return axes


def plot_speeds(speeds: dict) -> plt.Axes:
    """Draw how many images each version trains per second, the first at the bottom.

    speeds: a `Speed` for each name, over several runs; the last one is the dashed line
    """
    *names, limit = speeds
    bars = {name: speeds[name] for name in names}
    ax = panels(0.9 + 0.3 * len(bars))
    line = speeds[limit].median
    median, low, high = np.array([speed[:3] for speed in bars.values()]).T
    ax.barh(
        list(bars),
        median,
        color=COLOUR["v"],
        xerr=(median - low, high - median),
        ecolor=COLOUR["z"],
    )
    right = 1.15 * max(line, *high)
    for row, (value, end) in enumerate(zip(median, high)):
        has_room = value > 0.15 * right
        if has_room:  # within the bar
            place = 0
            colour = "white"
        else:  # behind it
            place = end
            colour = COLOUR["z"]
        ax.text(place + 0.01 * right, row, f"{value:,.0f}", color=colour, va="center")
    ax.axvline(line, color=COLOUR["threshold"], linestyle="--")
    ax.text(
        line,
        1.02,
        "ReLU in place of neurons",
        ha="center",
        transform=ax.get_xaxis_transform(),
        fontsize=9,
    )
    ax.set(xlabel="images/s (median, lowest and highest of the runs)", xlim=(0, right))
    return ax


def plot_roofline(peak: float, bandwidth: float, dots: dict) -> plt.Axes:
    """Draw how fast layers are, below the two limits of a device.

    Args:
        peak: operations a second
        bandwidth: bytes a second
        dots: for each name a pair, operations per byte and operations a second
    """
    ax = panels(3.0)
    intensity = np.logspace(-2, 3, 200)
    roof = np.minimum(peak, bandwidth * intensity)
    ax.plot(intensity, roof / 1e9, "--", color=COLOUR["threshold"])
    ax.text(900, 1.15 * peak / 1e9, "arithmetic", ha="right", va="bottom", fontsize=9)
    ax.text(0.012, 2.5 * bandwidth * 0.012 / 1e9, "memory", va="bottom", fontsize=9)
    for (name, (x, speed)), colour in zip(dots.items(), ("v", "i", "val")):
        ax.plot(x, speed / 1e9, "o", color=COLOUR[colour], label=name)
    ax.set(xscale="log", yscale="log", xlim=(0.01, 1000), ylim=(None, 3 * peak / 1e9))
    ax.set(xlabel="operations per byte read or written", ylabel="billion operations/s")
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    return ax


def plot_published(rows: list, networks: tuple[str, ...]) -> plt.Axes:
    """Draw the published time of a training step of some networks, version by version.

    rows: each with network, version and milliseconds, as `read_published` returns them
    """
    ax = panels(2.4)
    versions = list(dict.fromkeys(row.version for row in rows if row.network in networks))
    width = 0.8 / len(versions)
    for place, (version, colour) in enumerate(zip(versions, ("ideal", "i", "val", "v"))):
        of_version = {row.network: row.milliseconds for row in rows if row.version == version}
        x = np.arange(len(networks)) + width * (place - (len(versions) - 1) / 2)
        heights = [of_version[network] for network in networks]
        bars = ax.bar(x, heights, 0.9 * width, color=COLOUR[colour], label=version)
        ax.bar_label(bars, fmt="%.0f", fontsize=8)
    ax.set(xticks=range(len(networks)), xticklabels=networks, ylabel="ms per training step")
    ax.margins(y=0.12)
    ax.legend(frameon=False, fontsize=8)
    return ax


def plot_study(study: dict, settings) -> plt.Axes:
    """Draw validation accuracy over the seconds of training, for some settings of `read_study`.

    Each setting has a colour and a mark, and its name beside its first curve; seeds differ by line.
    """
    ax = panels(3.4)
    colours = [COLOUR[name] for name in ("z", "i", "val", "v", "threshold")] + [CLASSES[3]]
    for name, colour, mark in zip(settings, colours, "os^Dv*"):
        for run, line in zip(study[name], ("-", "--", ":")):
            style = {"color": colour, "linestyle": line, "marker": mark, "markersize": 3}
            ax.plot(run.seconds, run.accuracy, linewidth=1, **style)
        ax.plot([], color=colour, marker=mark, markersize=4, label=name)
    for seed, line in enumerate(("-", "--")):
        ax.plot([], color=COLOUR["ideal"], linestyle=line, label=f"seed {seed}")
    ax.grid(axis="y", alpha=0.3)
    ax.set(xlabel="training time (s)", ylabel="validation accuracy", ylim=(0.8, 1.0), xscale="log")
    ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax
