"""What learners play with: JavaScript that computes and draws, in a notebook and on the pages."""

from functools import cache
from pathlib import Path

import anywidget
import traitlets


class Play(anywidget.AnyWidget):
    """A widget that takes nothing from Python but its script and its data."""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = Path(__file__).with_name("play.css")
    settings = traitlets.Dict().tag(sync=True)  # what the learner has set
    data = traitlets.Dict().tag(sync=True)


@cache
def play(script: Path) -> Play:
    """Return the one widget of a script: where a cell runs again, it stays as it was set."""
    return Play(_esm=script.read_text())


def show_neuron() -> Play:
    """Show a neuron whose input, time constants and threshold are set by sliders."""
    return play(Path(__file__).with_name("neuron.js"))
