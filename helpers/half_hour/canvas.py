"""A digit of your own: drawn in the notebook or read from a picture, in the form of MNIST."""

from pathlib import Path

import anywidget
import torch
import traitlets
from PIL import Image, ImageOps

from helpers.digits import PIXELS

SIDE = 28  # pixels of a digit
SENT = 112  # pixels of a drawing, each way, as the script sends it
SCRIPT = """
function render({ model, el }) {
  const side = 280;
  const ink = 22;
  const sent = 112;

  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = side;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute(
    "aria-label", "A black square to draw a digit in, with the mouse or a finger"
  );
  canvas.style.width = `${side}px`;
  canvas.style.height = `${side}px`;
  canvas.style.touchAction = "none";
  canvas.style.cursor = "crosshair";

  const clear = document.createElement("button");
  clear.textContent = "Clear";
  clear.className = "jupyter-button";

  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const wipe = () => {
    pen.fillRect(0, 0, side, side);
    model.set("pixels", []);
    model.save_changes();
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * side / box.width;
    const y = (event.clientY - box.top) * side / box.height;
    return [x, y];
  };
  const send = () => {
    const small = document.createElement("canvas");
    small.width = sent;
    small.height = sent;
    const scaled = small.getContext("2d");
    scaled.drawImage(canvas, 0, 0, sent, sent);
    const data = scaled.getImageData(0, 0, sent, sent).data;
    model.set("pixels", Array.from({ length: sent * sent }, (_, n) => data[4 * n]));
    model.save_changes();
  };

  let last = null;
  const draw = (event) => {
    const [x, y] = place(event);
    const [from_x, from_y] = last ?? [x, y];
    pen.strokeStyle = "white";
    pen.lineWidth = ink;
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(from_x, from_y);
    pen.lineTo(x + 0.01, y);
    pen.stroke();
    last = [x, y];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    draw(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last) draw(event);
  });
  canvas.addEventListener("pointerup", () => {
    last = null;
    send();
  });
  clear.addEventListener("click", wipe);
  wipe();
  el.append(canvas, document.createElement("br"), clear);
}
export default { render };
"""


class DigitCanvas(anywidget.AnyWidget):
    """A square in the notebook to draw a digit in, white on black."""

    _esm = SCRIPT
    pixels = traitlets.List(traitlets.Int()).tag(sync=True)  # SENT x SENT, 0 to 255, row by row

    @property
    def drawn(self) -> bool:
        """Whether there is a drawing."""
        return any(self.pixels)

    def digit(self) -> torch.Tensor:
        """Return what is drawn, as a normalised image (1, 28, 28)."""
        return _like_mnist(Image.frombytes("L", (SENT, SENT), bytes(self.pixels)))


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
