"""The course in JupyterLab, in a real browser: Debian's Chromium, driven by playwright."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError, expect

from solutions.make_chapters import plain_answer
from tests import COPIES, ROOT, SOLUTIONS, sources, stem
from tests.chapters.play import PLAYED, faults, play, write_notebook
from tests.chapters.test_chapters import BRIEF

NOTEBOOK = "const panel = window.jupyterapp?.shell.currentWidget, kernel = panel?.sessionContext?.session?.kernel;"
IDLE = f"() => {{ {NOTEBOOK} return kernel?.connectionStatus === 'connected' && kernel.status === 'idle'; }}"
SAVED = f"() => {{ {NOTEBOOK} return !panel.context.model.dirty; }}"
# Nothing is fetched, and all cells are drawn, to be looked at.
SETTINGS = """{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false},
               "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}"""

# What is wrong with the look of the open notebook: a list of sentences
FAULTS = r"""() => {
    const panel = window.jupyterapp.shell.currentWidget.node, faults = [];
    for (const part of panel.querySelectorAll('.jp-RenderedMarkdown, .jp-OutputArea-output, .cm-scroller'))
        if (part.scrollWidth > part.clientWidth + 1 && !/-m pip install/.test(part.innerText))
            faults.push('too wide: ' + part.innerText.slice(0, 200));
    for (const text of panel.querySelectorAll('.jp-RenderedMarkdown')) {
        const copy = text.cloneNode(true);
        copy.querySelectorAll('code, pre, mjx-container').forEach(part => part.remove());
        if (/\$|\\[a-z]+/.test(copy.textContent))
            faults.push('mathematics left as text: ' + copy.textContent.slice(0, 200));
    }
    for (const error of panel.querySelectorAll('mjx-merror, [data-mjx-error]'))
        faults.push('broken mathematics: ' + error.textContent);
    for (const picture of panel.querySelectorAll('img'))
        if (!picture.naturalWidth)
            faults.push('a picture does not load: ' + picture.alt);
    for (const warning of panel.querySelectorAll('[data-mime-type$=stderr]'))
        faults.push('stderr: ' + warning.innerText.slice(0, 200));
    return faults;
}"""


@contextmanager
def serve(folder: Path):
    """The address of a JupyterLab that serves this folder, which is also its home."""
    (folder / "overrides.json").write_text(SETTINGS)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--config", ROOT / "helpers" / "setup" / "jupyter_lab.json"]  # as make lab
    command += ["--expose-app-in-browser"]
    command += ["--IdentityProvider.token=", f"--port={port}", "--port-retries=0"]
    command += ["--ServerApp.allow_remote_access=True"]  # by any name: test_microphone.py
    command += [f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={folder}"]
    with open(folder / "log", "w") as log:
        environment = {**os.environ, **BRIEF, "HOME": str(folder), "PYTHONPATH": str(ROOT)}
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    for _ in range(600):
        if "is running at" in (folder / "log").read_text():
            break
        assert server.poll() is None, (folder / "log").read_text()[-2000:]
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}/lab/tree"
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that serves copies of the chapters, and the folder that holds them."""
    folder = tmp_path_factory.mktemp("lab")
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with serve(folder) as address:
        yield address, folder


@pytest.fixture
def page(browser):
    """A window as wide as that of a laptop."""
    with browser.new_page(viewport={"width": 1440, "height": 900}) as page:
        page.set_default_timeout(120_000)
        yield page


def open_notebook(page, address: str) -> None:
    page.goto(f"{address}?reset")
    page.wait_for_function(IDLE)


def run_all_above(page, cell) -> None:
    """Run all cells above this one, as by the menu, and then this one."""
    cell.locator(".cm-content").click()
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-above')")
    run_cell(page, cell)


def run_cell(page, cell, text: str | None = None) -> None:
    """Run a code cell, after the text replaced what it held."""
    cell.locator(".cm-content").click()
    if text:
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(text)
    page.keyboard.press("Shift+Enter")


def restart_kernel(page) -> None:
    page.evaluate(f"async () => {{ {NOTEBOOK} await kernel.restart(); }}")
    page.wait_for_function(IDLE)


def answer(
    page, chapter: str, name: str, change: tuple[str, str], verdicts: tuple[str, str]
) -> str:
    """Answer an exercise as the solution does, first with a change in it: the check gives one verdict, then another."""
    cells = sources(ROOT / "solutions" / f"{chapter}.ipynb")
    right = next(plain_answer(cell) for cell in cells if f"def {name}(" in cell)
    exercise = page.locator(".jp-CodeCell").filter(has_text=f"def {name}(")
    check = page.locator(".jp-CodeCell").filter(has_text=f"check.{name}({name})")
    verdict = check.locator(".jp-OutputArea-output")
    for text, words in zip((right.replace(*change), right), verdicts):
        assert words not in verdict.inner_text()
        run_cell(page, exercise, text)
        run_cell(page, check)
        verdict.filter(has_text=words).wait_for()
    return right


def test_half_an_hour_is_worked_through(lab, page):
    """A network is built, wrong and right, trained, and sees what was drawn with the mouse after Shift+Enter.

    What comes after the drawing runs in test_colab.py.
    """
    open_notebook(page, f"{lab[0]}/notebooks/00_half_hour.ipynb")
    look = page.locator(".jp-CodeCell").filter(has_text="canvas.digit(")
    run_all_above(page, look)
    look.locator("img").wait_for(timeout=300_000)
    change = "norse.LICell()", "norse.LIFCell()"
    answer(
        page,
        "00_half_hour",
        "build",
        change,
        ("Layer 11 should be LICell: yours is LIFCell.", "Right: "),
    )

    canvas = page.get_by_label("A black square to draw a digit in")
    before = look.locator("img").get_attribute("src")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 140, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 230, steps=20)
    page.mouse.up()
    for _ in range(2):  # the first runs the canvas's own cell again, as the mouse was there
        page.keyboard.press("Shift+Enter")
    expect(look.locator("img")).not_to_have_attribute("src", before, timeout=60_000)
    restart_kernel(page)
    page.get_by_text("The kernel was restarted. Run the cell above and this one again").wait_for()


def test_first_chapter_is_worked_through(lab, page):
    """A check takes a right answer after a wrong one, and it is saved, but not its pair."""
    address, folder = lab
    pair = (folder / "notebooks" / "01_build.md").read_text()
    open_notebook(page, f"{address}/notebooks/01_build.ipynb")
    run_all_above(page, page.locator(".jp-CodeCell").filter(has_text="respond_to(value)"))

    change = "i - dt * tau_syn_inv", "i + dt * tau_syn_inv"
    verdicts = "i should decay: yours grows.", "Right: z, v and i are those of Norse."
    right = answer(page, "01_build", "lif_step", change, verdicts)

    page.keyboard.press("Control+S")
    page.wait_for_function(SAVED)
    saved = folder / "notebooks" / "01_build.ipynb"
    assert right in sources(saved) and "Right: z, v and i" in saved.read_text()
    assert (folder / "notebooks" / "01_build.md").read_text() == pair


def test_widgets_are_played_with(lab, browser):
    """What was set stays when the cells run again, and when the page is loaded again. No request leaves."""
    address, folder = lab
    write_notebook(folder / "play.ipynb", PLAYED)
    window = {"width": 800, "height": 900}
    with browser.new_page(viewport=window, has_touch=True, reduced_motion="reduce") as page:
        page.set_default_timeout(120_000)
        outside = []
        inside = address.removesuffix("lab/tree"), "data:", "blob:"
        page.on("request", lambda of: of.url.startswith(inside) or outside.append(of.url))
        open_notebook(page, f"{address}/play.ipynb")

        def run_all():
            page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
            page.locator(".play").nth(len(PLAYED) - 1).wait_for()

        def show_again():
            run_all()
            page.keyboard.press("Control+S")
            page.wait_for_function(SAVED)
            page.reload()

        run_all()
        play(page, show_again)
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            change = "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})"
            page.evaluate(change, theme)
            assert faults(page) == []
        assert outside == []


def test_the_panel_of_files_shows_notebooks_alone(lab, page):
    """And what chapters leave."""
    address, folder = lab
    left = folder / "notebooks" / "runs" / "1"
    left.mkdir(parents=True, exist_ok=True)
    results = ["last.ckpt", "config.yaml", "metrics.csv"]
    for name in results:
        (left / name).touch()

    def shown(path: str) -> set[str]:
        contents = page.request.get(address.replace("lab/tree", f"api/contents/{path}"))
        return {entry["name"] for entry in contents.json()["content"]}

    chapters = {path.name for path in COPIES} | {"runs"}
    assert chapters <= shown("notebooks") <= chapters | {"own"}
    assert shown("notebooks/runs/1") == set(results)


@pytest.mark.parametrize("path", SOLUTIONS, ids=stem)
def test_chapter_looks_right(path, lab, page):
    """In half a window: nothing overflows, mathematics is typeset, pictures load, no warning shows."""
    page.set_viewport_size({"width": 820, "height": 900})
    open_notebook(page, f"{lab[0]}/solutions/{path.name}")
    texts = len(sources(path, "markdown"))
    page.wait_for_function(
        f"() => document.querySelectorAll('.jp-RenderedMarkdown').length >= {texts}"
    )
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")  # the panel of files
    with suppress(TimeoutError):  # mathematics and pictures may need a moment
        page.wait_for_function(f"() => ({FAULTS})().length === 0", timeout=10_000)
    assert page.evaluate(FAULTS) == []
