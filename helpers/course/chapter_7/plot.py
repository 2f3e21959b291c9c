"""The figures of chapter 7: what an ear hears, what neurons remember, and who is understood."""

import numpy as np
from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_groups, draw_readout, draw_speeds
from helpers.tools.style import (
    BESIDE,
    BLACK,
    BLUE,
    ORANGE,
    THRESHOLD,
    VERMILION,
    legend,
    panels,
    to_numpy,
)

STEP = 0.008  # s, one time step of the ear


def plot_hearing(sound, log, events):
    """Draw a sound, its loudness in bands, and its events, one above the other.

    Args:
        sound: (n_samples,), 8 kHz
        log: logarithm of the power, (seq_length, n_bands)
        events: numbers of events, (seq_length, 2 * n_bands): up, then down
    """
    axes = panels(4.6, rows=3, sharex=True, height_ratios=[1, 2, 2])
    up, down = np.split(to_numpy(events), 2, axis=1)
    n_steps, n_bands = log.shape
    axes[0].plot(np.arange(len(sound)) / 8000, sound, color=BLACK, linewidth=0.4)
    axes[0].set(ylabel="sound", yticks=[])
    extent = (0, n_steps * STEP, 0.5, n_bands + 0.5)
    axes[1].imshow(log.T, origin="lower", aspect="auto", extent=extent, cmap="cividis")
    axes[1].set_ylabel("band")
    for counts, colour, marker, name in ((up, VERMILION, ".", "up"), (down, BLUE, "x", "down")):
        step, band = np.nonzero(counts)
        time = (step + 0.5) * STEP
        axes[2].scatter(time, band + 1, s=6, c=colour, marker=marker, linewidths=0.7, label=name)
    axes[2].set(xlabel="time (s)", ylabel="band", xlim=extent[:2], ylim=extent[2:])
    legend(axes[2], markerscale=2, **BESIDE)
    return axes


def plot_speeds(speeds: dict) -> Axes:
    """Draw recordings a second, a bar for each layer; speeds: by name, median, low and high."""
    ax = panels(0.8 + 0.35 * len(speeds))
    draw_speeds(ax, speeds)
    ax.set_xlabel("recordings/s, forward and backward (median, lowest and highest)")
    return ax


def plot_time_constants(before, after) -> Axes:
    """Draw how many neurons have which time constant; before and after training, (n,), in s."""
    ax = panels(2.4)
    bins = np.geomspace(10, 1000, 31)
    for values, colour, name in ((before, ORANGE, "before"), (after, BLUE, "after")):
        shown = (1e3 * to_numpy(values)).clip(10, 1000)  # ms
        ax.hist(shown, bins, histtype="step", linewidth=2, color=colour, label=f"{name} training")
    ax.set(xscale="log", xlabel="time constant of the membrane (ms)", ylabel="neurons")
    ax.xaxis.set_major_formatter("{x:g}")
    legend(ax)
    return ax


def plot_study(study: dict):
    """Draw for each setting what it gets right, and what a recording costs.

    study: by setting a `Summary` of chapter_7/trials.py
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
    mean, low, high = 100 * np.array([row[:3] for row in rows]).T
    spread = (mean - low, high - mean)
    axes[0].errorbar(mean, names, xerr=spread, fmt="o", color=BLUE, capsize=3)
    axes[0].set(xlabel="right in the test (%)", xlim=(None, 100.5))
    axes[0].grid(alpha=0.3)
    millions = [row.operations / 1e6 for row in rows]
    bars = axes[1].barh(names, millions, color=ORANGE)
    axes[1].bar_label(bars, fmt="%.2g", padding=3)
    axes[1].set_xlabel("million operations per recording")
    axes[1].margins(x=0.15)
    axes[0].invert_yaxis()
    return axes


def plot_speakers(trials: list) -> Axes:
    """Draw for each speaker who was left out what two networks get right.

    trials: `Trial` of chapter_7/trials.py
    """
    shares = {"counted, hidden layer": {}, "recurrent, learned": {}}
    for trial in trials:
        if trial.setting in shares and trial.leave_out:
            shares[trial.setting][trial.leave_out] = 100 * trial.n_right / trial.n_test
    ax = draw_groups(shares, (ORANGE, BLUE), "right (%)", height=2.6)
    ax.axhline(10, **THRESHOLD, label="guessing")
    ax.set_ylim(0, 105)
    legend(ax.figure, loc="outside upper center", ncols=3)
    return ax


def plot_when(shares, dt: float) -> Axes:
    """Draw the share of right answers after each time step; dt: of a step, s."""
    ax = panels(2.4)
    shares = 100 * to_numpy(shares)
    time = 1e3 * dt * np.arange(1, len(shares) + 1)
    ax.plot(time, shares, color=BLUE)
    ax.axhline(10, **THRESHOLD, label="guessing")
    ax.set(xlabel="heard (ms)", ylabel="right in the test (%)", ylim=(0, 102), xlim=(0, time[-1]))
    legend(ax)
    return ax


def plot_answer(v, dt: float) -> Axes:
    """Draw the mean of the readout so far: the highest one is the answer.

    v: readout voltages of one recording, (seq_length, 10); dt: of a step, s
    """
    ax = panels(2.6)
    v = to_numpy(v)
    mean = v.cumsum(0) / np.arange(1, len(v) + 1)[:, None]
    answer = mean[-1].argmax()
    draw_readout(ax, mean, answer, 1e3 * dt)
    ax.set(xlabel="heard (ms)", ylabel="mean readout so far", title=f"The answer is {answer}")
    return ax
