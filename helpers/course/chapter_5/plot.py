"""The figures of chapter 5: what an ear hears, what neurons remember, and who is understood."""

import numpy as np
from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_readout, draw_speeds
from helpers.spoken.recordings import SPEAKERS
from helpers.tools.style import (
    BESIDE,
    BLACK,
    BLUE,
    IDEAL,
    THRESHOLD,
    VERMILION,
    legend,
    legend_below,
    panels,
    to_numpy,
)

STEP = 0.008  # s, one time step of the ear
SETTINGS = (  # of the study, in the figure
    "counted, hidden layer",
    "10 bins, distorted",
    "feed-forward, 256 neurons",
    "recurrent, 256 neurons",
    "GRU, 128 neurons",
    "recurrent, learned",
    "GRU, 63 neurons",
)


def plot_hearing(sound, log, events):
    """Draw a sound, its loudness in bands, and its events, one above the other.

    Args:
        sound: (n_samples,), 8 kHz
        log: logarithm of the power, (seq_length, n_bands)
        events: numbers of events, (seq_length, 2 * n_bands): up, then down
    """
    axes = panels(4.6, rows=3, sharex=True, height_ratios=[1, 2, 2])
    top, middle, bottom = axes
    up, down = np.split(to_numpy(events), 2, axis=1)
    n_steps, n_bands = log.shape
    top.plot(np.arange(len(sound)) / 8000, sound, color=BLACK, linewidth=0.4)
    top.set(ylabel="sound", yticks=[])
    extent = (0, n_steps * STEP, 0.5, n_bands + 0.5)
    middle.imshow(log.T, origin="lower", aspect="auto", extent=extent, cmap="cividis")
    middle.set_ylabel("band")
    for counts, colour, marker, name in ((up, VERMILION, ".", "up"), (down, BLUE, "x", "down")):
        step, band = np.nonzero(counts)
        time = (step + 0.5) * STEP
        bottom.plot(time, band + 1, marker, color=colour, markersize=3, label=name)
    bottom.set(xlabel="time (s)", ylabel="band", xlim=extent[:2], ylim=extent[2:])
    legend(bottom, **BESIDE)
    return axes


def plot_speeds(speeds: dict) -> Axes:
    """Draw recordings a second, a bar for each layer; speeds: by name, median, low and high."""
    return draw_speeds(speeds, "recordings/s, forward and backward (median, lowest and highest)")


def plot_time_constants(before, after) -> Axes:
    """Draw each neuron's time constant after training over that before; both (n,), in s."""
    ax = panels(3.2)
    ax.plot([10, 500], [10, 500], **IDEAL, label="unchanged")
    ax.loglog(1e3 * before, 1e3 * after, ".", label="a neuron")
    ax.set(xlabel="time constant before training (ms)", ylabel="after (ms)", aspect="equal")
    legend(ax, **BESIDE)
    return ax


def plot_voices(shares, typical, one_more) -> Axes:
    """Draw what networks get right of speakers who were left out, of a typical and of one more.

    Args:
        shares: (n_speakers, n_seeds)
        typical: lowest and highest share of a speaker whom half of very many exceed
        one_more: the same for one more speaker
    """
    ax = panels(2.8)
    n_voices = len(shares)
    ax.plot(100 * to_numpy(shares), "o", color=BLUE, markersize=4)
    ends = 100 * np.array([typical, one_more])
    ax.vlines([n_voices, n_voices + 1], *ends.T, BLACK, linewidth=3, label="95 %")
    ax.axhline(10, **THRESHOLD, label="guessing")
    names = [*SPEAKERS, "typical\nvoice", "next\nvoice"]
    ax.set(ylabel="right (%)", ylim=(0, 102))
    ax.set_xticks(range(len(names)), names)
    legend_below(ax)
    return ax


def plot_when(shares, dt: float) -> Axes:
    """Draw the share of right answers after each time step; dt: of a step, s."""
    ax = panels(2.4)
    shares = 100 * to_numpy(shares)
    time = 1e3 * dt * np.arange(1, len(shares) + 1)
    ax.plot(time, shares)
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
