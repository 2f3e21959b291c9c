"""Records what the widgets of chapters 0 and 1 look like in JupyterLab: the pages have no kernel. Not a test.

python -m tests.studies.widgets        half a minute: writes site/00_half_hour-canvas.png and 01_build-slider.png
"""

import tempfile
from pathlib import Path

import jupytext
from playwright.sync_api import sync_playwright

from tests import ROOT
from tests.chapters.conftest import CHROMIUM
from tests.chapters.test_browser import open_notebook, run_all_above, serve
from tests.studies.progress import say

SITE = ROOT / "site"


def write(folder: Path, chapter: str, widget: str, alone: bool) -> None:
    """A notebook of the cell with this widget; unless it can stand alone, of all the code that comes before it, too."""
    notebook = jupytext.read(ROOT / "solutions" / f"{chapter}.md")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    place = next(n for n, cell in enumerate(cells) if widget in cell.source)
    notebook.cells = cells[place if alone else 0 : place + 1]
    jupytext.write(notebook, folder / f"{chapter}.ipynb")


def main() -> None:
    say("starting JupyterLab")
    with (
        tempfile.TemporaryDirectory() as home,
        sync_playwright() as tools,
        serve(Path(home)) as address,
    ):
        write(Path(home), "00_half_hour", "DigitCanvas()", alone=True)
        write(Path(home), "01_build", "interact(", alone=False)
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 1200}, device_scale_factor=1.5)

        say("drawing a seven in chapter 0")
        open_notebook(page, f"{address}/00_half_hour.ipynb")
        run_all_above(page, page.locator(".jp-CodeCell").last)
        canvas = page.get_by_label("A black square to draw a digit in")
        box = canvas.bounding_box()
        for n, (x, y) in enumerate(((80, 70), (200, 60), (120, 230))):  # a seven
            page.mouse.move(box["x"] + x, box["y"] + y, steps=20)
            if n == 0:
                page.mouse.down()
        page.mouse.up()
        page.screenshot(
            path=SITE / "00_half_hour-canvas.png", clip={**box, "height": box["height"] + 32}
        )

        say("running chapter 1 up to its slider")
        open_notebook(page, f"{address}/01_build.ipynb")
        run_all_above(page, page.locator(".jp-CodeCell").last)
        slider = page.locator(".widget-interact")
        slider.locator(".noUi-handle").press("ArrowRight")
        page.wait_for_timeout(2000)
        slider.screenshot(path=SITE / "01_build-slider.png")
        browser.close()


if __name__ == "__main__":
    main()
