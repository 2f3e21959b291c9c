"""The figures of chapter 2: digits and answers, learning curves, spike rates, shares of time."""

import math

import matplotlib.pyplot as plt
import numpy as np
import torch

from helpers.digits import PIXELS, Pixels
from helpers.figures.style import COLOUR, panels, show_digit
from helpers.scores import ACCURACY, LOSS, read_scores, score_name


def plot_digits(images, titles, wrong=(), pixels: Pixels = PIXELS["MNIST"]):
    """Draw a grid of images, each with its title.

    Args:
        images: (n, 1, 28, 28), normalised
        titles: one for each image
        wrong: indices of those whose title is coloured and bold
        pixels: by which the images are normalised
    """
    columns = 8
    rows = math.ceil(len(images) / columns)
    bare = {"frame_on": False, "xticks": [], "yticks": []}
    axes = panels(1.15 * rows, rows, columns, squeeze=False, subplot_kw=bare)
    for index, (ax, image, title) in enumerate(zip(axes.flat, images, titles)):
        show_digit(ax, image, title, pixels)
        ax.title.set_fontsize(9)
        if index in wrong:
            ax.title.set(color=COLOUR["val"], fontweight="bold")
    return axes


def plot_answers(model, images, labels, pixels: Pixels = PIXELS["MNIST"]):
    """Draw digits with their labels and, where the model is wrong, with what it says.

    Args:
        model: gives logits of images
        images: (n, 1, 28, 28), normalised
        labels: (n,)
        pixels: by which the images are normalised
    """
    model.eval()
    with torch.no_grad():
        logits = model(images.to(model.device))
    answers = logits.argmax(dim=1).cpu()
    wrong = (answers != labels).nonzero().flatten().tolist()
    titles = [
        f"{label}" if answer == label else f"{label}, says {answer}"
        for label, answer in zip(labels, answers)
    ]
    return plot_digits(images, titles, wrong, pixels)


def plot_curves(folder):
    """Draw loss and accuracy over the training steps of a run, as logged below its folder."""
    scores = read_scores(folder)
    axes = panels(2.6, columns=2)
    for ax, quantity, ylabel in zip(axes, (LOSS, ACCURACY), ("cross-entropy loss", "accuracy")):
        for stage, style, label in (("train", "-", "training"), ("val", "o-", "validation")):
            has_scores = any(name.startswith(score_name(stage, "")) for name in scores)
            if has_scores:  # a short run may have no validation
                steps, values = scores[score_name(stage, quantity)]
                ax.plot(steps, values, style, color=COLOUR[stage], label=label)
        ax.set(xlabel="training step", ylabel=ylabel)
        ax.grid(alpha=0.3)
    axes[0].set_yscale("log")
    if axes[1].lines:
        axes[1].legend(frameon=False)
    return axes


def plot_rates(rates: dict):
    """Draw spike rates of the layers side by side.

    rates: for each name, such as "before training", the rate of each layer, in Hz
    """
    ax = panels(2.4)
    for place, ((name, layers), colour) in enumerate(zip(rates.items(), ("i", "v", "val"))):
        x = np.arange(len(layers)) + 0.38 * (place - (len(rates) - 1) / 2)
        bars = ax.bar(x, list(layers.values()), 0.36, color=COLOUR[colour], label=name)
        ax.bar_label(bars, fmt="%.0f", fontsize=8)
    ax.set(xticks=range(len(layers)), xticklabels=list(layers), ylabel="spike rate (Hz)")
    ax.margins(y=0.12)
    ax.legend(frameon=False)
    return ax


def plot_shares(seconds: dict, title: str) -> plt.Axes:
    """Draw where the time goes: a bar for each part, the longest on top.

    seconds: of each part, by its name
    """
    ax = panels(0.6 + 0.3 * len(seconds))
    total = sum(seconds.values())
    parts = sorted(seconds.items(), key=lambda part: part[1])
    names = [name for name, _ in parts]
    milliseconds = [1e3 * value for _, value in parts]
    percentages = [f"{100 * value / total:.0f} %" for _, value in parts]
    bars = ax.barh(names, milliseconds, color=COLOUR["v"])
    ax.bar_label(bars, percentages, padding=3)
    ax.set(xlabel="time for one training step (ms)", title=title)
    ax.margins(x=0.1)
    return ax
