"""Some images, and what a network takes them for."""

import math

import torch

from helpers.tools.style import VERMILION, panels, show_image


def plot_digits(images, titles, wrong=()):
    """Draw a grid of images, each with its title.

    Args:
        images: (n, 1, 28, 28), normalised
        titles: one for each image
        wrong: indices of those whose title is coloured and bold
    """
    columns = 8
    rows = math.ceil(len(images) / columns)
    axes = panels(1.15 * rows, rows, columns)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, image, title in zip(axes.flat, images, titles):
        show_image(ax, image, title)
    for index in wrong:
        axes.flat[index].title.set(color=VERMILION, fontweight="bold")
    return axes


def plot_answers(model, images, labels):
    """Draw digits with their labels and, where the model is wrong, with its answers.

    Args:
        model: gives logits of images
        images: (n, 1, 28, 28), normalised
        labels: (n,)
    """
    model.eval()
    with torch.no_grad():
        answers = model(images.to(model.device)).argmax(dim=1).cpu()
    wrong = (answers != labels).nonzero().flatten().tolist()  # no tensors: NumPy 2.1 takes none
    titles = [f"{label}" for label in labels]
    for n in wrong:
        titles[n] += f"\nread as {answers[n]}"
    return plot_digits(images, titles, wrong)
