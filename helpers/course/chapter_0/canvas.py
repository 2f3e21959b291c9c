"""A digit of your own: drawn in the notebook or read from a picture, in the form of MNIST."""

from pathlib import Path

import anywidget
import torch
import traitlets
from PIL import Image, ImageDraw, ImageOps

from helpers.course.notebook.tell import tell
from helpers.digits import PIXELS

SIDE = 28  # pixels of a digit
# Strokes are drawn anew, all in one size, so that a small digit is no blob
LARGE = 200  # pixels of the larger side of a digit
PEN = 28  # pixels: 2.5 of the 20 that a digit of MNIST has
SCRIPT = """
const SIDE = 280;
const PEN = 22;
const DRAW = "Draw one digit. Whatever you draw, the network answers with one of its ten digits.";
const RUN = "Now run the next cell: it shows what the network answers.";
const GONE = "The kernel was restarted. Run this cell again, then draw.";

function render({ model, el }) {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute(
    "aria-label", "A black square to draw a digit in, with the mouse or a finger"
  );
  canvas.style.width = `${SIDE}px`;
  canvas.style.height = `${SIDE}px`;
  canvas.style.touchAction = "none";
  canvas.style.cursor = "crosshair";

  const clear = document.createElement("button");
  clear.textContent = "Clear";
  clear.className = "jupyter-button";

  const line = document.createElement("div");
  line.ariaLive = "polite";

  const pen = canvas.getContext("2d");
  pen.strokeStyle = "white";
  pen.lineWidth = PEN;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  let strokes = [];
  let isGone = false;
  const show = () => {
    pen.fillRect(0, 0, SIDE, SIDE);
    for (const stroke of strokes) {
      pen.beginPath();
      pen.moveTo(stroke[0] + 0.01, stroke[1]);
      for (let n = 0; n < stroke.length; n += 2) pen.lineTo(stroke[n], stroke[n + 1]);
      pen.stroke();
    }
    line.textContent = isGone ? GONE : strokes.length ? RUN : DRAW;
  };
  const read = () => {
    strokes = model.get("strokes").map((stroke) => [...stroke]);
    show();
  };
  const send = () => {
    model.set("strokes", strokes.map((stroke) => [...stroke]));
    model.save_changes();
  };

  let isDown = false;
  const add = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * SIDE / box.width;
    const y = (event.clientY - box.top) * SIDE / box.height;
    strokes.at(-1).push(x, y);
    show();
  };
  const lift = () => {
    if (isDown) send();
    isDown = false;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    isDown = true;
    strokes.push([]);
    add(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (isDown) add(event);
  });
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  clear.addEventListener("click", () => {
    strokes = [];
    show();
    send();
  });
  model.on("change:strokes", read);
  model.on("comm_live_update", () => { // the kernel that made this is gone for good
    isGone = true;
    show();
  });
  read(); // what was drawn before the page was loaded again
  el.append(canvas, document.createElement("br"), clear, line);
  return () => model.off("change:strokes", read);
}
export default { render };
"""


class DigitCanvas(anywidget.AnyWidget):
    """A square in the notebook to draw a digit in, white on black."""

    _esm = SCRIPT
    # for each stroke x and y of its points, one after the other, in pixels
    strokes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)

    @property
    def drawn(self) -> bool:
        """Whether there is a drawing."""
        return any(self.strokes)

    def digit(self, otherwise: torch.Tensor | None = None) -> torch.Tensor | None:
        """Return what is drawn, as a normalised image (1, 28, 28).

        otherwise: an image to return where nothing is drawn; a line says so
        """
        if not self.drawn:
            tell("The canvas is empty, so this is a digit of the test data.")
            return otherwise
        return _like_mnist(_draw(self.strokes))


def _draw(strokes: list[list[float]]) -> Image.Image:
    """Draw strokes white on black, as large as LARGE, whatever their size on the canvas."""
    strokes = [torch.tensor(stroke).view(-1, 2) for stroke in strokes]
    points = torch.cat(strokes)
    corner = points.amin(dim=0)
    size = (points.amax(dim=0) - corner).max().clamp(min=1)
    picture = Image.new("L", (LARGE + 2 * PEN, LARGE + 2 * PEN))
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        scaled = (stroke - corner) * LARGE / size + PEN
        pen.line([tuple(point) for point in scaled.tolist()], fill=255, width=PEN)
        for x, y in scaled.tolist():  # round ends and corners
            pen.ellipse((x - PEN / 2, y - PEN / 2, x + PEN / 2, y + PEN / 2), fill=255)
    return picture


def read_digit(path: str | Path) -> torch.Tensor:
    """Read a digit from a picture, dark on light or light on dark.

    Returns a normalised image (1, 28, 28).
    """
    picture = Image.open(path).convert("L")
    corner = picture.getpixel((0, 0))
    if corner > 127:
        picture = ImageOps.invert(picture)
    return _like_mnist(picture)


def _like_mnist(picture: Image.Image) -> torch.Tensor:
    """Scale the ink to 20 pixels and centre it, as the makers of MNIST did.

    picture: white on black
    """
    ink = picture.crop(picture.getbbox() or (0, 0, *picture.size))
    ink.thumbnail((20, 20))  # does not enlarge
    array = torch.frombuffer(bytearray(ink.tobytes()), dtype=torch.uint8)
    array = array.view(ink.height, ink.width)
    weight = array.float() / array.sum().clamp(min=1)
    top = _margin(weight.sum(1))
    left = _margin(weight.sum(0))
    digit = torch.zeros(1, SIDE, SIDE, dtype=torch.uint8)
    digit[0, top : top + ink.height, left : left + ink.width] = array
    return PIXELS["MNIST"].normalise(digit)


def _margin(weight: torch.Tensor) -> int:
    """Return the pixels before the ink that bring its centre of mass into the middle.

    weight: the share of the ink in each row, or in each column
    """
    size = len(weight)
    centre = float((weight * torch.arange(size)).sum())
    margin = round(SIDE / 2 - 0.5 - centre)
    return min(max(margin, 0), SIDE - size)
