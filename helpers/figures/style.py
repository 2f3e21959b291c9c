"""What all figures share. Each function of a chapter draws one message and returns its Axes."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Image

from helpers import ASSETS
from helpers.digits import PIXELS, Pixels

# After Okabe and Ito, and Tol: told apart by the colour-blind too, as tests/course/test_access.py measures.
# One for each quantity in the whole course.
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


def show_picture(name: str, alt: str) -> Image:
    """The picture of what comes out of a chapter, stored with the course, with its alternative text."""
    return Image(
        filename=str(ASSETS / "pictures" / f"{name}.png"), width=672, metadata={"alt": alt}
    )


def panels(height: float, rows: int = 1, columns: int = 1, **options):
    """A new figure, as wide as all: its Axes, or an array of them; options are those of plt.subplots."""
    return plt.subplots(rows, columns, figsize=(WIDTH, height), layout="constrained", **options)[1]


def to_numpy(x) -> np.ndarray:
    return x.detach().cpu().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def show_digit(ax: plt.Axes, image, title: str, pixels: Pixels = PIXELS["MNIST"]) -> None:
    """Draw a normalised image (1, 28, 28); pixels: by which it was normalised."""
    ax.imshow(pixels.brightness(to_numpy(image[0])), cmap="gray", vmin=0, vmax=1)
    ax.set(title=title, xticks=[], yticks=[])
