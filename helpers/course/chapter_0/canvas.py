"""A digit of your own: drawn in the notebook or read from a picture, in the form of MNIST."""

from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets
from PIL import Image, ImageDraw, ImageOps
from torch import Tensor

from helpers import require
from helpers.assets.digits import PIXELS
from helpers.course.notebook.tell import tell

SIDE = 28  # pixels of a digit
# Strokes are drawn anew, all in one size, so that a small digit is no blob
LARGE = 200  # pixels of the larger side of a digit
PEN = 28  # pixels: 2.5 of the 20 that a digit of MNIST has


class DigitCanvas(anywidget.AnyWidget):
    """A square in the notebook to draw a digit in, white on black."""

    _esm = Path(__file__).with_name("canvas.js")
    # for each stroke x and y of its points, one after the other, in pixels
    strokes = traitlets.List().tag(sync=True)

    def digit(self, otherwise: Tensor | None = None) -> Tensor | None:
        """Return what is drawn, as a normalised image (1, 28, 28).

        otherwise: the image to return if nothing is drawn; a line says so
        """
        if not any(self.strokes):
            tell("The canvas is empty, so this is a digit of the test data.")
            return otherwise
        strokes = [torch.tensor(stroke).view(-1, 2) for stroke in self.strokes]
        points = torch.cat(strokes)
        corner = points.amin(0)
        size = (points.amax(0) - corner).max().clamp(min=1)  # on the canvas
        picture = Image.new("L", [LARGE + 2 * PEN] * 2)
        pen = ImageDraw.Draw(picture)  # draws white on black
        for stroke in strokes:
            scaled = (stroke - corner) * LARGE / size + PEN
            pen.line(scaled.flatten().tolist(), fill=255, width=PEN)
            for point in scaled.tolist():  # round ends and corners
                pen.circle(point, PEN / 2, fill=255)
        return _like_mnist(picture)


def read_digit(path: str | Path) -> Tensor:
    """Read a digit from a picture, dark on light or light on dark.

    Returns a normalised image (1, 28, 28).

    Raises:
        InputError: when the picture is empty, or has 16 bits a pixel
    """
    picture = ImageOps.exif_transpose(Image.open(path))  # as it was held
    require(not picture.mode.startswith("I"), f"{path} has 16 bits a pixel: save it with 8.")
    # white behind what is transparent
    picture = Image.alpha_composite(
        Image.new("RGBA", picture.size, "white"), picture.convert("RGBA")
    ).convert("L")
    if picture.getpixel((0, 0)) > 127:
        picture = ImageOps.invert(picture)
    require(picture.getbbox(), f"{path} is empty: all of it has one colour.")
    return _like_mnist(picture)


def _like_mnist(picture: Image.Image) -> Tensor:
    """Scale the ink to 20 pixels and centre it, as the makers of MNIST did.

    picture: white on black
    """
    ink = picture.crop(picture.getbbox())  # all of it if there is none
    ink.thumbnail((20, 20))  # does not enlarge
    array = torch.tensor(np.array(ink))
    weight = array / array.sum().clamp(min=1)
    top = _margin(weight.sum(1))
    left = _margin(weight.sum(0))
    digit = torch.zeros(1, SIDE, SIDE, dtype=torch.uint8)
    digit[0, top : top + ink.height, left : left + ink.width] = array
    return PIXELS["MNIST"].normalise(digit)


def _margin(weight: Tensor) -> int:
    """Return the pixels before the ink that bring its centre of mass into the middle.

    weight: the share of the ink in each row, or in each column
    """
    size = len(weight)
    centre = float((weight * torch.arange(size)).sum())
    margin = round(SIDE / 2 - 0.5 - centre)
    return min(max(margin, 0), SIDE - size)
