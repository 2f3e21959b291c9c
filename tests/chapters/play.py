"""What tests do with the widgets to play with, on a page as in JupyterLab."""

from functools import partial
from pathlib import Path

import jupytext
from playwright.sync_api import expect

from tests import ROOT

PLAYED = {  # in a chapter, the line that shows a widget
    "01_build": "show_neuron()",
    "06_many_runs": "plot.show_luck()",
    "07_one_network": "plot.show_who_waits()",
}
AXE = ROOT / ".venv-site" / "node_modules" / "axe-core" / "axe.min.js"


def write_notebook(folder: Path, chapter: str, *lines: str) -> None:
    """Write a notebook of some cells of a chapter: the one that loads what all take, and those with these lines."""
    notebook = jupytext.read(ROOT / "solutions" / f"{chapter}.md")
    notebook.cells = [
        next(cell for cell in notebook.cells if line in cell.source.splitlines())
        for line in ("environment.setup()", *lines)
    ]
    jupytext.write(notebook, folder / f"{chapter}.ipynb")


def play(page, show_again) -> None:
    """Touch, keyboard and mouse set the widget, figure and words follow, and it stays set."""
    widget = page.locator(".play")
    words = widget.locator("[aria-live]")
    figure = widget.locator("svg")
    button = widget.get_by_role("button").first
    slider = widget.get_by_role("slider").first
    words.filter(has_text=".").wait_for()
    arrow, end = (partial(slider.press, key) for key in ("ArrowRight", "End"))
    for act in (button.tap, arrow, end, slider.click):
        said = words.inner_text()
        drawn = figure.inner_html()
        act()
        assert (button.get_attribute("aria-pressed") == "true") == (act == button.tap)
        expect(words).not_to_have_text(said)
        assert figure.inner_html() != drawn
    said = words.inner_text()
    drawn = figure.inner_html()
    widget.evaluate("part => part.remove()")
    show_again()
    expect(words).to_have_text(said, timeout=60_000)
    assert figure.inner_html() == drawn


def faults(page) -> list[str]:
    """What axe-core finds in the widget, and whether it is too wide."""
    page.add_script_tag(path=AXE)
    run = "axe.run('.play', {preload: false})"
    found = page.evaluate(f"{run}.then(({{violations}}) => violations.map(({{help}}) => help))")
    if page.locator(".play").evaluate("part => part.scrollWidth > part.clientWidth"):
        found.append("it is too wide")
    return found
