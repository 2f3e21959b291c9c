"""The figures of chapter 5: spike trains, events, what competing neurons have learned."""

import io

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Image
from matplotlib.axes import Axes
from PIL import Image as Picture

from helpers.figures.style import COLOUR, WIDTH

ON, OFF = COLOUR["val"], COLOUR["train"]


def plot_trains(spikes, titles) -> np.ndarray:
    """Spike trains side by side; spikes: (seq_length, n, trains), steps of 1 ms; titles: one for each of the n."""
    figure, axes = plt.subplots(1, len(titles), figsize=(WIDTH, 1.7), sharey=True, layout="constrained")
    for n, (ax, title) in enumerate(zip(axes, titles)):
        times = [spikes[:, n, train].nonzero().flatten().numpy() + 1 for train in range(spikes.shape[2])]
        ax.eventplot(times, colors=COLOUR["z"], linelengths=0.6)
        ax.set(title=title, xlabel="time (ms)", xlim=(0, len(spikes) + 1), yticks=range(len(times)))
    axes[0].set_ylabel("input")
    return axes


def plot_views(frames, counts) -> np.ndarray:
    """What moves, and its events in four of the time steps; frames: (k, h, w); counts: (seq_length, 2, h, w)."""
    figure, axes = plt.subplots(2, 4, figsize=(WIDTH, 3.8), layout="constrained")
    for column, step in enumerate(np.linspace(0, len(counts) - 1, 4).astype(int)):
        frame = (step + 1) * (len(frames) - 1) // len(counts)
        axes[0, column].imshow(frames[frame], cmap="gray", vmin=0, vmax=1)
        axes[1, column].imshow(_coloured(counts[step]))
        axes[0, column].set_title(f"time step {step + 1}")
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    axes[0, 0].set_ylabel("brightness")
    axes[1, 0].set_ylabel("events")
    return axes


def animate_events(frames, counts, milliseconds: int = 200, alt: str = "") -> Image:
    """The same as a picture that moves: brightness on the left, ON and OFF events on the right."""
    pictures = []
    for step, count in enumerate(counts):
        frame = frames[(step + 1) * (len(frames) - 1) // len(counts)]
        left = np.repeat(frame.numpy()[..., None], 3, axis=2)
        pictures.append(np.concatenate([left, np.ones((len(left), 1, 3)), _coloured(count)], axis=1))
    return Image(data=_gif(pictures, milliseconds), format="gif", width=480, metadata={"alt": alt})


def plot_events(events: np.ndarray) -> Axes:
    """A raster of events: time against the column of the pixel, ON and OFF in two colours."""
    ax = plt.subplots(figsize=(WIDTH, 2.6), layout="constrained")[1]
    for name, p, colour, marker in (("ON", True, ON, "."), ("OFF", False, OFF, "x")):
        part = events[events["p"] == p]
        ax.scatter(part["t"] / 1e3, part["x"], s=5, c=colour, marker=marker, linewidths=0.5, label=name)
    ax.set(xlabel="time (ms)", ylabel="column of the pixel")
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), markerscale=2)
    return ax


def plot_recall(spikes, when: int, population: int) -> Axes:
    """The input of the store-recall task: spikes (seq_length, neurons); when: the period of the recall."""
    ax = plt.subplots(figsize=(WIDTH, 2.4), layout="constrained")[1]
    t, neuron = np.nonzero(spikes.numpy())
    ax.scatter(t + 1, neuron, s=5, c=COLOUR["z"])
    steps = len(spikes) // 6
    ax.axvspan(when * steps + 0.5, (when + 1) * steps + 0.5, color=COLOUR["i"], alpha=0.4, linewidth=0)
    middles = [population * (k + 0.5) - 0.5 for k in range(4)]
    ax.set(xlabel="time (ms)", xlim=(0, len(spikes) + 1), yticks=middles)
    ax.set_yticklabels(["bit is 0", "bit is 1", "store", "recall"])
    return ax


def plot_fields(moments: dict) -> np.ndarray:
    """Receptive fields as they form: for each moment a name and weights (100, 784), drawn as 10 x 10 small images."""
    figure, axes = plt.subplots(1, len(moments), figsize=(WIDTH, 2.7), layout="constrained")
    for ax, (name, w) in zip(axes, moments.items()):
        tiles = w.view(10, 10, 28, 28).transpose(1, 2).reshape(280, 280)
        ax.imshow(tiles, cmap="gray_r", vmin=0, vmax=0.5)
        ax.set(title=name, xticks=[], yticks=[])
    return axes


def _coloured(count) -> np.ndarray:
    """Events of one time step, (2, h, w), as colours (h, w, 3) between 0 and 1: more events, stronger colours."""
    off, on = count.float().clamp(max=3).numpy() / 3
    colours = [np.array(plt.matplotlib.colors.to_rgb(colour)) for colour in (OFF, ON)]
    return np.clip(1 - off[..., None] * (1 - colours[0]) - on[..., None] * (1 - colours[1]), 0, 1)


def _gif(pictures, milliseconds: int, zoom: int = 7) -> bytes:
    large = [Picture.fromarray(np.kron(p * 255, np.ones((zoom, zoom, 1))).astype(np.uint8)) for p in pictures]
    file = io.BytesIO()
    large[0].save(file, "GIF", save_all=True, append_images=large[1:], duration=milliseconds, loop=0)
    return file.getvalue()
