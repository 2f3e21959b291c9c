"""Chapter 0: a digit of your own has the form of MNIST, a network is watched as it runs, and a command's lines come."""

import time

import matplotlib.pyplot as plt
import norse.torch as norse
import pytest
import pytorch_lightning as pl
import torch
from PIL import Image, ImageOps
from tqdm.notebook import tqdm_notebook

from helpers.assets.digits import PIXELS
from helpers.course.chapter_0 import check
from helpers.course.chapter_0.canvas import DigitCanvas, read_digit
from helpers.course.notebook.live_curve import LiveCurve
from helpers.course.notebook.norse_cells import record_layers, scan
from helpers.course.template.my_problem import Data, Model
from tests.chapters import conftest

launch = conftest.launch
browser = conftest.browser


@pytest.mark.parametrize("inverted", [False, True], ids=["light on dark", "dark on light"])
def test_a_digit_of_mnist_in_a_picture_is_read_as_it_was(inverted, digits, tmp_path):
    for image in digits.test.images[:20]:
        picture = Image.fromarray(image[0].numpy())
        (ImageOps.invert(picture) if inverted else picture).save(tmp_path / "digit.png")
        theirs = image / 255
        ours = PIXELS["MNIST"].brightness(read_digit(tmp_path / "digit.png"))
        plt.close()
        moved = [ours.roll((y, x), (1, 2)) for y in (-1, 0, 1) for x in (-1, 0, 1)]  # by rounding
        assert min((shifted - theirs).abs().mean() for shifted in moved) < 0.01


SEVEN = [(80, 50), (200, 50), (120, 230)]  # on a canvas of 280 x 280 pixels
# A seven as large as the canvas, as small as a thumb in a corner, and in two strokes
DRAWN = {
    "full": [SEVEN],
    "small": [[(230 + x / 7, 225 + y / 7) for x, y in SEVEN]],
    "two strokes": [SEVEN[:2], SEVEN[1:]],
}
WIDGET = """async ([script, strokes]) => {
    const widget = await import("data:text/javascript," + encodeURIComponent(script));
    window.listeners = {};
    window.state = { strokes };
    const model = {
        get: (name) => window.state[name],
        set: (name, value) => { window.state[name] = value; },
        save_changes: () => { window.sent = structuredClone(window.state); },
        on: (name, call) => { window.listeners[name] = call; },
        off: () => {},
    };
    document.body.replaceChildren();
    widget.default.render({ model, el: document.body });
}"""


@pytest.fixture
def page(browser):
    with browser.new_page(viewport={"width": 600, "height": 500}) as page:
        yield page


def show(page, strokes) -> None:
    page.evaluate(WIDGET, [DigitCanvas()._esm, strokes])


def draw(page, strokes) -> None:
    box = page.locator("canvas").bounding_box()
    for stroke in strokes:
        for n, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x, box["y"] + y, steps=20)
            if n == 0:
                page.mouse.down()
        page.mouse.up()


def ink(page) -> int:
    """The pixels of the canvas that are white."""
    return page.evaluate("""() => {
        const pen = document.querySelector("canvas").getContext("2d");
        return pen.getImageData(0, 0, 280, 280).data.filter((value, n) => n % 4 === 0 && value > 127).length;
    }""")


def test_a_digit_is_drawn_in_any_size_and_in_strokes(page):
    """What the network sees is the same: 20 pixels high, with strokes of some two pixels, in the middle."""
    seen = []
    for strokes in DRAWN.values():
        show(page, [])
        draw(page, strokes)
        canvas = DigitCanvas(strokes=page.evaluate("window.sent")["strokes"])
        assert len(canvas.strokes) == len(strokes)
        seen.append(PIXELS["MNIST"].brightness(canvas.digit())[0])
    for brightness in seen:
        rows, columns = (brightness > 0.5).nonzero().T
        assert 18 <= rows.max() - rows.min() <= 19 and columns.max() - columns.min() >= 10
        assert abs(rows.float().mean() - 13.5) <= 1 and abs(columns.float().mean() - 13.5) <= 1
        assert 0.08 < brightness.mean() < 0.2  # the digits of MNIST: 0.13
        assert (brightness - seen[0]).abs().mean() < 0.03


def test_the_canvas_says_what_to_do_and_shows_what_was_drawn_before(page):
    show(page, [])
    line = page.locator("div[aria-live]")
    assert ink(page) == 0 and "the network answers with one of its ten digits" in line.inner_text()
    draw(page, DRAWN["full"])
    drawn, strokes = ink(page), page.evaluate("window.sent")["strokes"]
    assert drawn > 3000 and "run the next cell" in line.inner_text()

    show(page, strokes)  # the page is loaded again
    assert ink(page) == drawn and "run the next cell" in line.inner_text()
    page.get_by_text("Clear").click()
    assert ink(page) == 0 and page.evaluate("window.sent")["strokes"] == []


def test_an_empty_canvas_says_so_and_a_dot_is_a_drawing(images, capsys):
    canvas = DigitCanvas()
    image = images[0]
    assert canvas.digit(otherwise=image) is image
    assert capsys.readouterr().out == "The canvas is empty, so this is a digit of the test data.\n"
    canvas.strokes = [[140, 140]]
    assert PIXELS["MNIST"].brightness(canvas.digit()).max() == 1
    assert capsys.readouterr().out == ""


def test_a_network_that_is_watched_does_what_it_does_alone(images):
    torch.manual_seed(0)
    network, sequence = check.build.ours(), 3 * images.expand(8, *images.shape)
    spikes, outputs = record_layers(network, sequence)
    torch.testing.assert_close(outputs, scan(network, sequence))
    assert list(spikes) == ["layer 1", "layer 2", "layer 3"]
    first = spikes["layer 1"]
    assert first.shape == (8, 3, 20 * 24 * 24)
    assert 0.01 < first.mean() < 0.9 and set(first.unique().tolist()) == {0, 1}
    assert not any(m._forward_hooks for m in network.modules() if isinstance(m, norse.LIFCell))


def test_the_bar_of_a_notebook_grows_and_the_curve_has_each_batch_and_knows_the_speed(monkeypatch):
    monkeypatch.setattr("pytorch_lightning.callbacks.progress.tqdm_progress.Tqdm", tqdm_notebook)
    curve = LiveCurve()
    brief = {"logger": False, "enable_checkpointing": False, "enable_model_summary": False}
    trainer = pl.Trainer(
        accelerator="cpu", max_epochs=1, limit_val_batches=0, callbacks=[curve], **brief
    )
    start = time.perf_counter()
    trainer.fit(Model(), Data(batch_size=32, n_train=320))
    assert curve.images_per_second > 288 / (time.perf_counter() - start)
    bar = trainer.progress_bar_callback.train_progress_bar.container.children[1]
    assert (bar.value, bar.max) == (10, 10) and len(curve.losses) == 10
    assert curve.line.get_ydata()[-1] == pytest.approx(curve.losses[-1].item())
