"""What tests do with the widgets to play with, on a page as in JupyterLab."""

from functools import partial
from pathlib import Path

import jupytext
from playwright.sync_api import expect

from tests import ROOT

PLAYED = {  # in a chapter, the line that shows a widget
    "01_build": ["show_neuron()"],
    "06_many_runs": ["plot.show_luck()"],
    "07_one_network": ["plot.show_who_waits()"],
}
AXE = ROOT / ".venv-site" / "node_modules" / "axe-core" / "axe.min.js"


def write_notebook(path: Path, wanted: dict[str, list[str]]) -> None:
    """Write a notebook of cells of chapters: of each the one that loads what all take, and those with these lines."""
    cells = []
    for chapter, lines in wanted.items():
        notebook = jupytext.read(ROOT / "solutions" / f"{chapter}.md")
        for line in ("environment.setup()", *lines):
            cells.append(next(cell for cell in notebook.cells if line in cell.source.splitlines()))
    notebook.cells = cells
    jupytext.write(notebook, path)


def play(page, show_again) -> None:
    """Touch, keyboard and mouse set each widget, figure and words follow, and it stays set."""
    found = []
    page.locator(".play").first.wait_for()
    for widget in page.locator(".play").all():
        words = widget.locator("[aria-live]")
        figure = widget.locator("svg")
        button = widget.get_by_role("button").first
        slider = widget.get_by_role("slider").first
        words.filter(has_text=".").wait_for()
        right, end = partial(slider.press, "ArrowRight"), partial(slider.press, "End")
        for act in (button.tap, right, end, slider.click):
            said = words.inner_text()
            drawn = figure.inner_html()
            act()
            assert (button.get_attribute("aria-pressed") == "true") == (act == button.tap)
            expect(words).not_to_have_text(said)
            assert figure.inner_html() != drawn
        found.append((words, words.inner_text(), figure, figure.inner_html()))
    page.locator(".play").evaluate_all("parts => parts.forEach((part) => part.remove())")
    show_again()
    for words, said, figure, drawn in found:
        expect(words).to_have_text(said, timeout=60_000)
        assert figure.inner_html() == drawn


def faults(page) -> list[str]:
    """What axe-core finds in the widgets, and whether one is too wide."""
    page.add_script_tag(path=AXE)
    run = "axe.run('.play', {preload: false})"
    found = page.evaluate(f"{run}.then(({{violations}}) => violations.map(({{help}}) => help))")
    wide = "parts => parts.some((part) => part.scrollWidth > part.clientWidth)"
    return [*found, "too wide"] if page.locator(".play").evaluate_all(wide) else found
