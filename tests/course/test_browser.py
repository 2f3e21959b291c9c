"""The course in JupyterLab, in a real browser: Debian's Chromium, driven by playwright.

With SCREENSHOTS set to the name of a folder, pictures of every chapter in both themes are kept there.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import jupytext
import nbformat
import pytest
from jupytext.compare import compare_notebooks

from tests.course.test_source import BLOCK, ROOT, SOLUTIONS, read

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NOTEBOOK = "const panel = window.jupyterapp?.shell.currentWidget, kernel = panel?.sessionContext?.session?.kernel;"
IDLE = f"() => {{ {NOTEBOOK} return kernel?.connectionStatus === 'connected' && kernel.status === 'idle'; }}"
RAN = f"""() => {{ {NOTEBOOK}
    const code = panel.content.widgets.filter(cell => cell.model.type === 'code');
    return kernel.status === 'idle' && code.every(cell => cell.model.executionCount); }}"""
SAVED = f"() => {{ {NOTEBOOK} return !panel.context.model.dirty; }}"

# What is wrong with the look of the open notebook: a list of sentences
FAULTS = r"""() => {
    const panel = window.jupyterapp.shell.currentWidget.node, faults = [];
    for (const part of panel.querySelectorAll('.jp-RenderedMarkdown, .jp-OutputArea-output, .cm-scroller'))
        if (part.scrollWidth > part.clientWidth + 1)
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


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that serves copies of the chapters, and the folder that holds them."""
    folder = tmp_path_factory.mktemp("lab")
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    news = folder / ".settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    news.parent.mkdir(parents=True)
    news.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    windowing = folder / ".settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    windowing.parent.mkdir(parents=True)
    windowing.write_text('{"windowingMode": "none"}')  # all cells are drawn, and can be looked at
    options = ["--no-browser", "--allow-root", "--expose-app-in-browser", "--IdentityProvider.token="]
    options += [f"--port={port}", "--port-retries=0", f"--ServerApp.root_dir={folder}"]
    environment = {**os.environ, "HOME": str(folder), "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings")}
    with open(folder / ".log", "w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        for _ in range(600):
            with socket.socket() as answers:
                if answers.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, (folder / ".log").read_text()[-2000:]
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/lab/tree", folder
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def browser():
    """Chromium. Without it or playwright the tests are skipped, but not where CI runs them."""
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("there is no Chromium here: on Debian, apt-get install chromium")
    if os.environ.get("CI"):
        import playwright.sync_api as playwright
    else:
        playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A window as wide as that of a laptop."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(120_000)
    yield page
    page.close()


def source_of(name: str) -> str:
    """The cell of chapter 1's solution that defines a function, without the marks of the answer."""
    cells = read(ROOT / "solutions" / "01_build.ipynb").cells
    return BLOCK.sub(r"\2", next(cell.source for cell in cells if f"def {name}(" in cell.source))


def test_first_chapter_is_worked_through(lab, page):
    address, folder = lab
    page.goto(f"{address}/notebooks/01_build.ipynb?reset")
    page.wait_for_function(IDLE)
    page.get_by_text("Run", exact=True).click()
    page.locator("#jp-mainmenu-run").get_by_text("Run All Cells", exact=True).click()
    page.wait_for_function(RAN, timeout=300_000)
    page.screenshot(path=folder / "ran.png")

    slider = page.locator(".widget-interact")
    figure, handle = slider.locator("img"), slider.locator(".noUi-handle, .ui-slider-handle")
    before, value = figure.get_attribute("src"), slider.locator(".widget-readout").inner_text()
    for _ in range(3):
        handle.press("ArrowRight")
    assert float(slider.locator(".widget-readout").inner_text()) == pytest.approx(float(value) + 0.03)
    drawn = "before => ![undefined, before].includes(document.querySelector('.widget-interact img')?.src)"
    page.wait_for_function(drawn, arg=before)  # the figure is another one

    exercise = page.locator(".jp-CodeCell").filter(has_text="def lif_step(x, v, i)")
    check = page.locator(".jp-CodeCell").filter(has_text="check.lif_step(lif_step)")
    right = source_of("lif_step")
    wrong = right.replace("i - dt * tau_syn_inv", "i + dt * tau_syn_inv")
    verdict = check.locator(".jp-OutputArea-output")
    for answer, words in ((wrong, "i should decay: yours grows."), (right, "Right: z, v and i are those of Norse.")):
        assert words not in verdict.inner_text()
        exercise.locator(".cm-content").click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(answer)
        page.keyboard.press("Shift+Enter")
        check.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        verdict.filter(has_text=words).wait_for()

    page.keyboard.press("Control+S")
    page.wait_for_function(SAVED)
    notebook, text = (jupytext.read(folder / "notebooks" / f"01_build.{ending}") for ending in ("ipynb", "md"))
    compare_notebooks(notebook, text, fmt="md", compare_outputs=False, compare_ids=False)
    assert right in [cell.source for cell in text.cells]
    assert "Right: z, v and i" in nbformat.writes(notebook)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_chapter_looks_right(path, lab, page):
    """In both themes: nothing overflows, mathematics is typeset, pictures load, no warning shows."""
    page.goto(f"{lab[0]}/solutions/{path.name}?reset")
    page.wait_for_function(IDLE)
    texts = sum(cell.cell_type == "markdown" for cell in read(path).cells)
    page.wait_for_function(f"() => document.querySelectorAll('.jp-RenderedMarkdown').length >= {texts}")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function(f"() => document.body.dataset.jpThemeName === '{theme}'")
        found = page.evaluate(FAULTS)
        for _ in range(20):  # mathematics and pictures may need a moment
            if found:
                page.wait_for_timeout(500)
                found = page.evaluate(FAULTS)
        if "SCREENSHOTS" in os.environ:
            keep_screenshots(page, Path(os.environ["SCREENSHOTS"]), f"{path.stem}-{theme.split()[1].lower()}")
        assert found == []


def keep_screenshots(page, folder: Path, name: str) -> None:
    """Pictures of the whole notebook, from top to bottom, each of one screen."""
    folder.mkdir(exist_ok=True)
    outer = page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer")
    screen, height = outer.evaluate("outer => [outer.clientHeight, outer.scrollHeight]")
    for number, top in enumerate(range(0, height, screen)):
        outer.evaluate("(outer, top) => outer.scrollTo(0, top)", top)
        page.wait_for_timeout(200)
        outer.screenshot(path=folder / f"{name}-{number:02}.png")
