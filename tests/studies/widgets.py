"""Records what widgets look like in JupyterLab, for pages that have no kernel, or no scripts. Not a test.

python -m tests.studies.widgets        a minute: writes site/00_half_hour-canvas.png and site/play/*.png
"""

import re
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import ROOT
from tests.chapters.conftest import CHROMIUM
from tests.chapters.play import PLAYED, write_notebook
from tests.chapters.test_browser import open_notebook, run_all_above, serve
from tests.studies.progress import say

SITE = ROOT / "site"
PRESSED = {"luck": ["4 runs", "150 runs", "24 runs"]}  # the buttons that fill its figure


def main() -> None:
    say("starting JupyterLab")
    with (
        tempfile.TemporaryDirectory() as home,
        sync_playwright() as tools,
        serve(Path(home)) as address,
    ):
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        window = {"viewport": {"width": 1000, "height": 1200}, "device_scale_factor": 1.5}
        page = browser.new_page(reduced_motion="reduce", **window)

        say("drawing a seven in chapter 0")
        path = Path(home, "cells.ipynb")
        write_notebook(path, {"00_half_hour": ["canvas = DigitCanvas()", "canvas"]})
        open_notebook(page, f"{address}/{path.name}")
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

        for chapter, [line] in PLAYED.items():
            name = re.search(r"show_(\w+)", line)[1]
            say(f"showing {name}")
            write_notebook(path, {chapter: [line]})
            open_notebook(page, f"{address}/{path.name}")
            run_all_above(page, page.locator(".jp-CodeCell").last)
            page.locator(".play [aria-live]", has_text=".").wait_for()
            for text in PRESSED.get(name, []):
                page.get_by_role("button", name=text, exact=True).click()
            page.locator(".play svg").screenshot(path=SITE / "play" / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
