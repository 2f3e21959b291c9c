"""What all figures share. Each function of a chapter draws one message and returns its Axes."""

import matplotlib.pyplot as plt
import numpy as np
import torch

# One colour for each quantity in the whole course, after Okabe and Ito, and Tol. The colour-blind
# can tell them apart, as tests/chapters/test_access.py measures.
COLOUR = {"i": "#E69F00", "v": "#0072B2", "z": "#000000", "train": "#0072B2", "val": "#D55E00"}
COLOUR |= {"threshold": "#CC79A7", "ideal": "#555555"}
CLASSES = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#332288",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
    "#661100",
    "#882255",
)
WIDTH = 7.0  # inches


def panels(height: float, rows: int = 1, columns: int = 1, **options):
    """Make a figure as wide as all others, and return its Axes, or an array of them.

    Args:
        height: in inches
        rows, columns: number of Axes
        options: those of plt.subplots
    """
    size = (WIDTH, height)
    _, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", **options)
    return axes


def to_numpy(x) -> np.ndarray:
    return x.detach().cpu().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def show_digit(ax: plt.Axes, image, title: str) -> None:
    """Draw an image (1, height, width), from its darkest pixel to its brightest."""
    ax.imshow(to_numpy(image[0]), cmap="gray")
    ax.set(title=title, xticks=[], yticks=[])
