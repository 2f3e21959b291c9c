"""A clock ticks in a notebook, while something takes long."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

CLOCK = """
import time
from helpers.notebook.clock import Clock
with Clock("waiting") as clock:
    time.sleep({})
    clock.doing = "waited"
"""


@pytest.mark.parametrize("seconds, text", [(2.4, r"waited: [2-9] s"), (0, "")])
def test_a_clock_shows_in_a_notebook_what_takes_longer_than_a_second(seconds, text):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CLOCK.format(seconds))])
    NotebookClient(notebook, timeout=30).execute()
    assert re.fullmatch(text, "".join(output.data["text/plain"] for output in notebook.cells[0].outputs))
