"""A digit of your own, drawn in the notebook or read from a picture, and brought into the form of MNIST."""

from pathlib import Path

import anywidget
import torch
import traitlets
from PIL import Image, ImageOps

from helpers.digits import PIXELS

SIDE = 28  # pixels of a digit
SCRIPT = """
function render({ model, el }) {
  const side = 280, ink = 22;
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side, tabIndex: 0 });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "A black square to draw a digit in, with the mouse or a finger");
  canvas.style.cssText = `width:${side}px;height:${side}px;touch-action:none;cursor:crosshair`;
  const clear = Object.assign(document.createElement("button"), { textContent: "Clear", className: "jupyter-button" });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const wipe = () => {
    pen.fillRect(0, 0, side, side);
    model.set("pixels", []);
    model.save_changes();
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * side / box.width, (event.clientY - box.top) * side / box.height];
  };
  const send = () => {
    const small = Object.assign(document.createElement("canvas"), { width: 112, height: 112 });
    const scaled = small.getContext("2d");
    scaled.drawImage(canvas, 0, 0, 112, 112);
    const data = scaled.getImageData(0, 0, 112, 112).data;
    model.set("pixels", Array.from({ length: 112 * 112 }, (_, n) => data[4 * n]));
    model.save_changes();
  };
  let last = null;
  const draw = (event) => {
    const [x, y] = place(event), [from_x, from_y] = last ?? [x, y];
    Object.assign(pen, { strokeStyle: "white", lineWidth: ink, lineCap: "round" });
    pen.beginPath(); pen.moveTo(from_x, from_y); pen.lineTo(x + 0.01, y); pen.stroke();
    last = [x, y];
  };
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); draw(event); });
  canvas.addEventListener("pointermove", (event) => { if (last) draw(event); });
  canvas.addEventListener("pointerup", () => { last = null; send(); });
  clear.addEventListener("click", wipe);
  wipe();
  el.append(canvas, document.createElement("br"), clear);
}
export default { render };
"""


class DigitCanvas(anywidget.AnyWidget):
    """A square in the notebook to draw a digit in, white on black. `drawn` says whether there is one."""

    _esm = SCRIPT
    pixels = traitlets.List(traitlets.Int()).tag(sync=True)  # 112 x 112 of them, 0 to 255, row by row

    @property
    def drawn(self) -> bool:
        return any(self.pixels)

    def digit(self) -> torch.Tensor:
        """What is drawn, as a normalised image (1, 28, 28)."""
        return _like_mnist(Image.frombytes("L", (112, 112), bytes(self.pixels)))


def read_digit(path: str | Path) -> torch.Tensor:
    """A digit in a picture, dark on light or light on dark, as a normalised image (1, 28, 28)."""
    picture = Image.open(path).convert("L")
    corner = picture.getpixel((0, 0))
    return _like_mnist(ImageOps.invert(picture) if corner > 127 else picture)


def _like_mnist(picture: Image.Image) -> torch.Tensor:
    """White on black, the ink scaled to 20 pixels and its middle in the middle, as the makers of MNIST did."""
    ink = picture.crop(picture.getbbox() or (0, 0, *picture.size))
    ink.thumbnail((20, 20))  # does not enlarge
    array = torch.frombuffer(bytearray(ink.tobytes()), dtype=torch.uint8).view(ink.height, ink.width)
    weight = array.float() / array.sum().clamp(min=1)
    middle = [float((weight.sum(1 - axis) * torch.arange(array.shape[axis])).sum()) for axis in (0, 1)]
    top, left = (min(max(round(SIDE / 2 - 0.5 - centre), 0), SIDE - size) for centre, size in zip(middle, array.shape))
    digit = torch.zeros(1, SIDE, SIDE, dtype=torch.uint8)
    digit[0, top : top + ink.height, left : left + ink.width] = array
    return PIXELS["MNIST"].normalise(digit)
