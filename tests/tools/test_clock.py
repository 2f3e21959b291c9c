"""A clock ticks in a notebook, while something takes long."""

import re

import nbformat
from nbclient import NotebookClient

CLOCK = """
import time
from helpers.tools.clock import Clock
with Clock("waiting") as clock:
    time.sleep({})
    clock.doing = "waited"
"""


def test_a_clock_shows_in_a_notebook_what_takes_longer_than_a_second():
    cells = [nbformat.v4.new_code_cell(CLOCK.format(seconds)) for seconds in (2.4, 0)]
    NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=30).execute()
    (shown,), nothing = (cell.outputs for cell in cells)
    assert re.fullmatch(r"waited: [2-9] s", shown.data["text/plain"]) and nothing == []
