"""Some images, each with its title."""

import math

from helpers.tools.style import VERMILION, panels, show_digit


def plot_digits(images, titles, wrong=()):
    """Draw a grid of images, each with its title.

    Args:
        images: (n, 1, 28, 28), normalised
        titles: one for each image
        wrong: indices of those whose title is coloured and bold
    """
    columns = 8
    rows = math.ceil(len(images) / columns)
    bare = {"frame_on": False, "xticks": [], "yticks": []}
    axes = panels(1.15 * rows, rows, columns, squeeze=False, subplot_kw=bare)
    for ax, image, title in zip(axes.flat, images, titles):
        show_digit(ax, image, title)
    for index in wrong:
        axes.flat[index].title.set(color=VERMILION, fontweight="bold", fontsize=7.5)
    return axes
