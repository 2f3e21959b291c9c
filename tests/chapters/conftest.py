"""What these tests share: Debian's Chromium, driven by playwright, and a voice on stderr."""

import os
import shutil
import sys

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.fixture
def aloud(capsys):
    """Prints on stderr at once, while the test goes on."""

    def aloud(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", file=sys.stderr, flush=True)

    return aloud


@pytest.fixture(scope="module")
def launch():
    """Starts a Chromium. Without it the tests are skipped, but not where CI runs them."""
    if CHROMIUM is None and "CI" not in os.environ:
        pytest.skip("there is no Chromium here: on Debian, apt-get install chromium")
    with sync_playwright() as tools:
        yield lambda *args, **options: tools.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", *args], **options
        )


@pytest.fixture(scope="module")
def browser(launch):
    """Chromium."""
    with launch() as browser:
        yield browser
