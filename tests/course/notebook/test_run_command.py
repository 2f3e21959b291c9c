"""A command in a notebook: its lines come as they are said, and it stops as it should."""

import signal
import sys
from contextlib import nullcontext

import pytest

from helpers.course.notebook.run_command import run

SAYS = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit("the last words"))
print("one", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("stopped", [False, True])
def test_lines_of_a_command_come_when_they_are_said(stopped, monkeypatch, tmp_path):
    """At its first line the command gets SIGTERM, or we what the stop button sends: it says its last words."""
    said, file = [], tmp_path / "file"

    def come(line, **how):
        said.append(line)
        if line == "one\n":
            signal.raise_signal(signal.SIGINT) if stopped else file.touch()

    monkeypatch.setattr("builtins.print", come)
    with pytest.raises(KeyboardInterrupt) if stopped else nullcontext():
        assert run([sys.executable, "-c", SAYS], when=file, send=signal.SIGTERM) == 1
    assert "".join(said) == "one\nthe last words\n"


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
