"""What all figures share. Each function of a chapter draws one message and returns its Axes."""

import matplotlib.pyplot as plt
import numpy as np
import torch

# One colour for each quantity in the whole course, after Okabe and Ito. The colour-blind can tell
# them apart, as tests/chapters/test_accessibility.py measures.
BLACK = "#000000"  # spikes
ORANGE = "#E69F00"  # a current
BLUE = "#0072B2"  # a voltage, training
VERMILION = "#D55E00"  # validation
PINK = "#CC79A7"  # a threshold
GREY = "#555555"  # the ideal
SKY = "#56B4E9"
GREEN = "#009E73"
IN_TURN = (BLUE, ORANGE, SKY, VERMILION, GREEN, BLACK)  # for what is drawn without a colour

THRESHOLD = {"color": PINK, "linestyle": "--"}
IDEAL = {"color": GREY, "linewidth": 1, "zorder": 0}
BESIDE = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}  # where a legend has room

# Of all figures, a learner's own too: a logarithmic axis says 1000, not 10 to the 3
plt.rcParams["axes.formatter.min_exponent"] = 7


def panels(height: float, rows: int = 1, columns: int = 1, **options):
    """Make a figure as wide as all others, and return its Axes, or an array of them.

    Args:
        height: in inches
        rows, columns: number of Axes
        options: those of plt.subplots
    """
    _, axes = plt.subplots(rows, columns, figsize=(7.0, height), layout="constrained", **options)
    for ax in np.ravel(axes):
        ax.set_prop_cycle(color=IN_TURN)
    return axes


def legend(place, **options) -> None:
    """Add a legend to Axes or to a figure, which take these options."""
    place.legend(frameon=False, fontsize=9, **options)


def legend_below(ax: plt.Axes, **options) -> None:
    """Add a legend below the figure of these Axes, for all that it shows."""
    legend(ax.figure, loc="outside lower center", ncols=3, **options)


def to_numpy(x) -> np.ndarray:
    return torch.as_tensor(x).numpy(force=True)


def show_image(ax: plt.Axes, image, title: str, cmap: str = "gray", **limits):
    """Draw an image, from its darkest pixel to its brightest, and return what ax.imshow does.

    Args:
        ax: where
        image: (height, width) or (1, height, width), or in its own colours (height, width, 3)
        title: what it is
        cmap: the colours
        limits: vmin or vmax, where the colours end, if elsewhere
    """
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=9)
    return ax.imshow(to_numpy(image).squeeze(), cmap, **limits)
