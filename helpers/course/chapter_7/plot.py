"""The figures of chapter 7: what an ear hears, what neurons remember, and who is understood."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.tools.style import COLOUR, panels, to_numpy

STEP = 0.008  # s, one time step of the ear
UP, DOWN = COLOUR["val"], COLOUR["train"]


def plot_hearing(sound, log, events) -> np.ndarray:
    """Draw a sound, its loudness in bands, and its events, one above the other.

    Args:
        sound: (n_samples,), 8 kHz
        log: logarithm of the power, (seq_length, n_bands)
        events: numbers of events, (seq_length, 2 * n_bands): up, then down
    """
    axes = panels(4.6, rows=3, sharex=True, height_ratios=[1, 2, 2])
    sound = to_numpy(sound)
    log = to_numpy(log)
    up, down = np.split(to_numpy(events), 2, axis=1)
    n_steps, n_bands = log.shape
    axes[0].plot(np.arange(len(sound)) / 8000, sound, color=COLOUR["z"], linewidth=0.4)
    axes[0].set(ylabel="sound", yticks=[])
    extent = (0, n_steps * STEP, 0.5, n_bands + 0.5)
    axes[1].imshow(log.T, origin="lower", aspect="auto", extent=extent, cmap="cividis")
    axes[1].set(ylabel="band")
    for counts, colour, marker, name in ((up, UP, ".", "up"), (down, DOWN, "x", "down")):
        step, band = np.nonzero(counts)
        time = (step + 0.5) * STEP
        axes[2].scatter(time, band + 1, s=6, c=colour, marker=marker, linewidths=0.7, label=name)
    axes[2].set(xlabel="time (s)", ylabel="band", xlim=(0, n_steps * STEP), ylim=extent[2:])
    axes[2].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), markerscale=2)
    return axes


def plot_speeds(speeds: dict) -> plt.Axes:
    """Draw recordings a second, a bar for each layer; speeds: by name, median, low and high."""
    ax = panels(0.8 + 0.35 * len(speeds))
    median, low, high = np.array([speed[:3] for speed in speeds.values()]).T
    spread = (median - low, high - median)
    bars = ax.barh(list(speeds), median, color=COLOUR["v"], xerr=spread, ecolor=COLOUR["z"])
    labels = [f"{value:,.0f}" for value in median]
    ax.bar_label(bars, labels, label_type="center", color="white")
    ax.set(xlabel="recordings/s, forward and backward (median, lowest and highest)")
    return ax


def plot_time_constants(before, after) -> plt.Axes:
    """Draw how many neurons have which time constant; before and after training, (n,), in s."""
    ax = panels(2.4)
    bins = np.geomspace(10, 1000, 31)
    for values, colour, name in ((before, "i", "before training"), (after, "v", "after training")):
        milliseconds = 1e3 * to_numpy(values)
        style = {"histtype": "step", "linewidth": 2, "color": COLOUR[colour], "label": name}
        ax.hist(np.clip(milliseconds, bins[0], bins[-1]), bins, **style)
    ax.set(xscale="log", xlabel="time constant of the membrane (ms)", ylabel="neurons")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.legend(frameon=False)
    return ax


def plot_study(study: dict) -> np.ndarray:
    """Draw for each setting what it gets right, and what a recording costs.

    study: by setting a `Summary` of listen/recorded.py
    """
    names = [
        "counted, hidden layer",
        "feed-forward, fixed",
        "feed-forward, learned",
        "recurrent, fixed",
        "recurrent, learned",
        "GRU",
    ]
    rows = [study[name] for name in names]
    axes = panels(2.7, columns=2, sharey=True)
    mean = np.array([row.share for row in rows])
    low = np.array([row.low for row in rows])
    high = np.array([row.high for row in rows])
    spread = 100 * np.array([mean - low, high - mean])
    axes[0].errorbar(100 * mean, names, xerr=spread, fmt="o", color=COLOUR["v"], capsize=3)
    axes[0].set(xlabel="right in the test (%)", xlim=(None, 100.5))
    axes[0].grid(alpha=0.3)
    millions = [row.operations / 1e6 for row in rows]
    bars = axes[1].barh(names, millions, color=COLOUR["i"])
    axes[1].bar_label(bars, fmt="%.2g", padding=3)
    axes[1].set(xlabel="million operations per recording")
    axes[1].margins(x=0.15)
    axes[0].invert_yaxis()
    return axes


def plot_speakers(trials: list) -> plt.Axes:
    """Draw for each speaker who was left out what two networks get right.

    trials: `Trial` of listen/recorded.py
    """
    ax = panels(2.6)
    settings = {"counted, hidden layer": "i", "recurrent, learned": "v"}
    for place, (setting, colour) in enumerate(settings.items()):
        left_out = [trial for trial in trials if trial.setting == setting and trial.leave_out]
        x = np.arange(len(left_out)) + 0.4 * (place - 0.5)
        shares = [100 * trial.n_right / trial.n_test for trial in left_out]
        bars = ax.bar(x, shares, 0.38, color=COLOUR[colour], label=setting)
        ax.bar_label(bars, fmt="%.0f", fontsize=8)
    names = [trial.leave_out for trial in left_out]
    ax.axhline(10, color=COLOUR["threshold"], linestyle="--", label="guessing")
    ax.set(xticks=range(len(names)), xticklabels=names, ylabel="right (%)", ylim=(0, 105))
    ax.figure.legend(loc="outside upper center", ncols=3, frameon=False)
    return ax


def plot_when(shares, dt: float) -> plt.Axes:
    """Draw the share of right answers after each time step; dt: of a step, s."""
    ax = panels(2.4)
    shares = 100 * to_numpy(shares)
    time = 1e3 * dt * np.arange(1, len(shares) + 1)
    ax.plot(time, shares, color=COLOUR["v"])
    ax.axhline(10, color=COLOUR["threshold"], linestyle="--", label="guessing")
    ax.set(xlabel="heard (ms)", ylabel="right in the test (%)", ylim=(0, 102), xlim=(0, time[-1]))
    ax.legend(frameon=False)
    return ax


def plot_answer(v, dt: float) -> plt.Axes:
    """Draw the mean of the readout so far: the highest one is the answer.

    v: readout voltages of one recording, (seq_length, 10); dt: of a step, s
    """
    ax = panels(2.6)
    v = to_numpy(v)
    n_steps = np.arange(1, len(v) + 1)
    mean = v.cumsum(0) / n_steps[:, None]
    answer = mean[-1].argmax()
    ax.plot(1e3 * dt * n_steps, mean, color="0.75", linewidth=1)
    ax.plot(1e3 * dt * n_steps, mean[:, answer], color=COLOUR["v"], linewidth=2)
    place = (1e3 * dt * len(v), mean[-1, answer])
    ax.annotate(f" {answer}", place, color=COLOUR["v"], fontsize=14, va="center")
    ax.set(xlabel="heard (ms)", ylabel="mean readout so far", title=f"The answer is {answer}")
    return ax
