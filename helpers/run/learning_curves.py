"""The learning curves of a run, as its folder has them."""

import numpy as np

from helpers.engine.scores import ACCURACY, LOSS, read_scores, score_name
from helpers.tools.style import BLUE, VERMILION, legend, panels


def plot_curves(folder):
    """Draw loss and accuracy over the training steps of a run, as logged below its folder."""
    scores = read_scores(folder)
    axes = panels(2.9, columns=2)
    for ax, quantity, ylabel in zip(axes, (LOSS, ACCURACY), ("cross-entropy loss", "accuracy")):
        for stage, label, colour in (("train", "training", BLUE), ("val", "validation", VERMILION)):
            name = score_name(stage, quantity)
            if name not in scores:
                continue  # a short run may have no validation
            steps, values = scores[name]
            style = "o-"
            if stage == "train":
                ax.plot(steps, values, color=colour, alpha=0.3, linewidth=0.8)
                values = running_mean(values)
                style = "-"
            ax.plot(steps, values, style, color=colour, label=label)
        ax.set(xlabel="training step", ylabel=ylabel)
        ax.grid(alpha=0.3)
    axes[0].set_yscale("log")
    if axes[1].lines:
        legend(axes[1])
    axes[0].figure.supxlabel(
        "training: single batches (pale) and their running mean, with the weights of that step;\n"
        "validation: averaged weights, data as they are. So it can be the better one",
        fontsize=8,
    )
    return axes


def running_mean(values) -> np.ndarray:
    """Return means of each value and its neighbours: a tenth of all values, fewer at the ends."""
    ones = np.ones(max(1, len(values) // 10))
    return np.convolve(values, ones, "same") / np.convolve(np.ones_like(values), ones, "same")
