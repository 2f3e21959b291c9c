"""What all figures share. Each function of a chapter draws one message and returns its Axes."""

import matplotlib.pyplot as plt
import numpy as np
import torch

# One colour for each quantity in the whole course, after Okabe and Ito. The colour-blind can tell
# them apart, as tests/chapters/test_access.py measures.
BLACK = "#000000"  # spikes
ORANGE = "#E69F00"  # a current
BLUE = "#0072B2"  # a voltage, training
VERMILION = "#D55E00"  # validation
PINK = "#CC79A7"  # a threshold
GREY = "#555555"  # the ideal
SKY = "#56B4E9"
GREEN = "#009E73"

THRESHOLD = {"color": PINK, "linestyle": "--"}
IDEAL = {"color": GREY, "linewidth": 1, "zorder": 0}
CENTRED = {"ha": "center", "va": "center"}
BESIDE = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}  # where a legend has room


def panels(height: float, rows: int = 1, columns: int = 1, **options):
    """Make a figure as wide as all others, and return its Axes, or an array of them.

    Args:
        height: in inches
        rows, columns: number of Axes
        options: those of plt.subplots
    """
    _, axes = plt.subplots(rows, columns, figsize=(7.0, height), layout="constrained", **options)
    return axes


def legend(place, **options) -> None:
    """Add a legend to Axes or to a figure, which take these options."""
    place.legend(frameon=False, fontsize=9, **options)


def to_numpy(x) -> np.ndarray:
    return torch.as_tensor(x).detach().cpu().numpy()


def show_digit(ax: plt.Axes, image, title: str) -> None:
    """Draw an image (1, height, width), from its darkest pixel to its brightest."""
    ax.imshow(to_numpy(image[0]), cmap="gray")
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=9)
