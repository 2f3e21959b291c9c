"""A digit of your own: drawn in the notebook or read from a picture, in the form of MNIST."""

from pathlib import Path

import anywidget
import numpy as np
import torch
import torch.nn.functional as F
import traitlets
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps
from torch import Tensor

from helpers import InputError, require
from helpers.assets.digits import PIXELS
from helpers.course.notebook.tell import tell
from helpers.tools.style import panels, show_image

SIDE = 28  # pixels of a digit
# Strokes are drawn anew, all in one size, so that a small digit is no blob
LARGE = 200  # pixels of the larger side of a digit
LARGEST = 224  # pixels of the larger side of a picture, as it is read
FAINT = 0.3  # of the strongest contrast: what is weaker is no ink
LEAST_INK = 20  # of 255: a contrast that is more than noise
SPECK = 0.1  # of the pixels of the largest shape: what is smaller is no stroke
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
    """Read a digit from a picture, dark on light or light on dark, and show what was read.

    Ink is what differs from the paper around it, so the light may be dim or uneven.

    Returns a normalised image (1, 28, 28).

    Raises:
        InputError: when it is no picture, has 16 bits a pixel, or shows no single digit
    """
    try:
        picture = ImageOps.exif_transpose(Image.open(path))  # as it was held
    except Exception as error:
        raise InputError(f"{path!s:.80} cannot be read as a picture ({error}).") from None
    require(not picture.mode.startswith("I"), f"{path} has 16 bits a pixel: save it with 8.")
    # white behind what is transparent
    picture = Image.alpha_composite(
        Image.new("RGBA", picture.size, "white"), picture.convert("RGBA")
    ).convert("L")
    picture.thumbnail((LARGEST, LARGEST))
    ink = _find_ink(picture)
    shapes = _find_shapes(ink)
    require(
        len(shapes) == 1,
        f"{path} shows no single digit: it should have one, in one piece, that no line crosses.",
    )
    digit = ink * F.max_pool2d(shapes[0][None].float(), 5, 1, 2)[0]  # edges are soft
    # as black as it gets, also where the ink is grey
    image = _like_mnist(ImageOps.autocontrast(Image.fromarray(digit.byte().numpy())))
    show_image(panels(1.5), image, f"what was read from {path}")
    return image


def _find_ink(picture: Image.Image) -> Tensor:
    """Return how much each pixel differs from the paper around it, from 0 to 255."""
    darkest, lightest = picture.getextrema()
    middle = np.median(picture)  # paper, as most of it is
    if lightest - middle > middle - darkest:
        picture = ImageOps.invert(picture)
    paper = picture.copy()
    paper.thumbnail((56, 56))
    window = max(paper.size) // 2 | 1  # odd
    # lighter than four fifths of a window: neither ink nor a black frame
    paper = paper.filter(ImageFilter.RankFilter(window, window**2 * 4 // 5))
    return torch.tensor(np.array(ImageChops.subtract(paper.resize(picture.size), picture)))


def _find_shapes(ink: Tensor) -> list[Tensor]:
    """Return where each shape of ink is, without specks, and what runs from edge to edge."""
    is_ink = ink > max(FAINT * ink.max(), LEAST_INK)
    shapes = is_ink * torch.arange(1.0, 1 + ink.numel()).view_as(ink)
    grown = torch.zeros_like(shapes)
    while not grown.equal(shapes):  # the highest number of a shape spreads over it
        grown = shapes
        shapes = is_ink * F.max_pool2d(shapes[None], 3, 1, 1)[0]
    for picture in (shapes, shapes.T):
        picture[np.isin(picture, np.intersect1d(picture[0], picture[-1]))] = 0
    numbers, sizes = shapes[shapes > 0].unique(return_counts=True)
    return [shapes == number for number, n in zip(numbers, sizes) if n > SPECK * sizes.max()]


def _like_mnist(picture: Image.Image) -> Tensor:
    """Scale the ink to 20 pixels and centre it, as the makers of MNIST did.

    picture: white on black
    """
    ink = ImageOps.contain(picture.crop(picture.getbbox()), (20, 20))
    ink = ImageOps.autocontrast(ink)
    array = np.array(ink)
    digit = Image.new("L", (SIDE, SIDE))
    digit.paste(ink, (_margin(array.sum(0)), _margin(array.sum(1))))
    return PIXELS["MNIST"].normalise(torch.tensor(np.array(digit)))[None]


def _margin(weights: np.ndarray) -> int:
    """Return the pixels before the ink that bring its centre of mass into the middle.

    weights: the ink in each row, or in each column
    """
    size = len(weights)
    margin = round(SIDE / 2 - 0.5 - np.average(range(size), weights=weights))
    return min(max(margin, 0), SIDE - size)
