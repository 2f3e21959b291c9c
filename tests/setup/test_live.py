"""Signs of life: a clock that ticks in a notebook, a command whose lines come as they are said, and how it stops."""

import os
import signal
import sys
import threading
import time

import nbformat
import pytest
from nbclient import NotebookClient

from helpers.setup.live import run

CLOCK = """
import time
from helpers.setup.live import Clock
with Clock("waiting") as clock:
    time.sleep({})
    clock.doing = "waited"
"""


@pytest.mark.parametrize("seconds, text", [(2.4, "waited: 2 s"), (0.1, "")])
def test_a_clock_shows_in_a_notebook_what_takes_longer_than_a_second(seconds, text):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CLOCK.format(seconds))])
    NotebookClient(notebook, timeout=30).execute()
    assert "".join(output.data["text/plain"] for output in notebook.cells[0].outputs) == text


def test_lines_of_a_command_come_when_they_are_said(monkeypatch):
    came = []
    monkeypatch.setattr("builtins.print", lambda line, **how: came.append((line, time.monotonic())))
    code = "import sys, time; print('one', flush=True); time.sleep(1.5); print('two', file=sys.stderr); sys.exit(3)"
    assert run([sys.executable, "-c", code]) == 3
    lines, times = zip(*came)
    assert "".join(lines) == "one\ntwo\n" and times[1] - times[0] > 1


def test_a_command_that_is_stopped_says_its_last_words(capsys):
    code = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit("go on with: --resume"))
print("ready", flush=True)
time.sleep(30)
"""
    threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        run([sys.executable, "-c", code])
    assert capsys.readouterr().out == "ready\ngo on with: --resume\n"


@pytest.mark.parametrize(
    "line",
    [
        "python -c 'print(__import__(\"sys\").executable)'",
        "!python3 -c 'print(__import__(\"sys\").executable)'  # as in a notebook",
        "cd . && python -c 'print(__import__(\"sys\").executable)' 2>&1 | cat",
        [sys.executable, "-c", "import sys; print(sys.executable)"],
    ],
)
def test_a_line_is_run_as_in_a_terminal_by_this_python(line, capsys):
    assert run(line) == 0
    assert capsys.readouterr().out.strip() == sys.executable
