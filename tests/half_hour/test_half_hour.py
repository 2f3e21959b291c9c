"""Chapter 0: a digit of your own has the form of MNIST, a network is watched as it runs, and a command's lines come."""

import time

import norse.torch as norse
import pytest
import pytorch_lightning as pl
import torch
from PIL import Image, ImageOps
from tqdm.notebook import tqdm_notebook

from helpers.check.chapter_0.build import _build
from helpers.digits import PIXELS
from helpers.half_hour.canvas import DigitCanvas, read_digit
from helpers.notebook.live_curve import LiveCurve
from helpers.notebook.watch import watch
from helpers.own.template.my_problem import Data, Model

BRIEF = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_model_summary": False,
}
BRIEF |= {"limit_val_batches": 0}


@pytest.mark.parametrize("inverted", [False, True], ids=["light on dark", "dark on light"])
def test_a_digit_of_mnist_in_a_picture_is_read_as_it_was(inverted, digits, tmp_path):
    for image in digits.test.images[:20]:
        picture = Image.fromarray(image[0].numpy())
        (ImageOps.invert(picture) if inverted else picture).save(tmp_path / "digit.png")
        theirs = PIXELS["MNIST"].normalise(image)
        ours = read_digit(tmp_path / "digit.png")
        moved = [ours.roll((y, x), (1, 2)) for y in (-1, 0, 1) for x in (-1, 0, 1)]  # by rounding
        assert min((shifted - theirs).abs().max() for shifted in moved) < 1e-5


def test_what_is_drawn_is_scaled_and_centred():
    canvas = DigitCanvas()
    assert not canvas.drawn
    drawn = torch.zeros(112, 112, dtype=torch.uint8)
    drawn[5:75, 5:25] = 255  # a thick stroke in the upper left corner
    canvas.pixels = drawn.flatten().tolist()
    brightness = PIXELS["MNIST"].brightness(canvas.digit())[0]
    rows, columns = (brightness > 0.5).nonzero().T
    assert canvas.drawn and canvas.digit().shape == (1, 28, 28)
    assert rows.max() - rows.min() == 19 and 4 <= columns.max() - columns.min() <= 6
    assert abs(rows.float().mean() - 13.5) <= 0.5 and abs(columns.float().mean() - 13.5) <= 0.5


def test_a_network_that_is_watched_does_what_it_does_alone(images):
    torch.manual_seed(0)
    network, sequence = _build(), 3 * images.expand(8, *images.shape)
    spikes, outputs = watch(network, sequence)
    state, expected = None, []
    for x in sequence:
        output, state = network(x, state)
        expected.append(output)
    torch.testing.assert_close(outputs, torch.stack(expected))
    assert list(spikes) == ["layer 1", "layer 2", "layer 3"] and spikes["layer 1"].shape == (
        8,
        3,
        20,
        24,
        24,
    )
    assert 0.01 < spikes["layer 1"].mean() < 0.9 and set(spikes["layer 1"].unique().tolist()) == {
        0,
        1,
    }
    assert not any(m._forward_hooks for m in network.modules() if isinstance(m, norse.LIFCell))


def test_the_bar_of_a_notebook_grows(monkeypatch):
    monkeypatch.setattr("pytorch_lightning.callbacks.progress.tqdm_progress.Tqdm", tqdm_notebook)
    trainer = pl.Trainer(max_steps=3, callbacks=[LiveCurve()], **BRIEF)
    trainer.fit(Model(), Data(batch_size=4, n_train=40))
    bar = trainer.progress_bar_callback.train_progress_bar.container.children[1]
    assert (bar.value, bar.max) == (3, 3)


def test_the_curve_has_each_batch_and_knows_the_speed():
    curve = LiveCurve()
    trainer = pl.Trainer(max_epochs=1, callbacks=[curve], enable_progress_bar=False, **BRIEF)
    start = time.perf_counter()
    trainer.fit(Model(), Data(batch_size=32, n_train=320))
    assert len(curve.losses) == 10 and curve.line.get_ydata()[-1] == pytest.approx(
        curve.losses[-1].item()
    )
    assert curve.images_per_second > 288 / (time.perf_counter() - start)
