"""Signs of life in a notebook: a clock while something takes long, and the lines of a command as they come."""

import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from IPython import get_ipython
from IPython.display import Pretty, display

EVERY = 1.0  # s between two looks of the learner


class Clock:
    """In a notebook, says what is being done and for how long, from the first second on. As in

    with Clock("compiling") as clock:
        ...
        clock.doing = "measuring"
    """

    def __init__(self, doing: str):
        self.doing = doing

    def __enter__(self):
        self.start, self.shown, self.over = time.monotonic(), None, threading.Event()
        self.ticking = threading.Thread(target=self._tick, daemon=True)
        self.ticking.start()
        return self

    def _tick(self) -> None:
        while not self.over.wait(EVERY):
            self.say(f"{self.doing} ... {time.monotonic() - self.start:.0f} s")

    def __exit__(self, *error) -> None:
        self.over.set()
        self.ticking.join()
        if self.shown:
            self.say(f"{self.doing}: {time.monotonic() - self.start:.0f} s")

    def say(self, text: str) -> None:
        """Show this, until the next tick."""
        if self.shown:
            self.shown.update(Pretty(text))
        elif get_ipython():
            self.shown = display(Pretty(text), display_id=True)


def run(command: str | Sequence[str], cwd: Path | str = ".", when: Path | str = "", send: int = signal.SIGINT) -> int:
    """Run a command in a process of its own, and show its lines as they come, below a clock.

    The notebook's stop button stops it as Ctrl-C would, and what it says then is still shown.

    Args:
        command: the program and its options, or a line as one types it in a terminal: with the Python of this notebook,
            and left to bash where it has signs of a shell, such as && or >
        cwd: the folder in which it runs
        when: a file; as soon as it is there, the process gets the signal `send`
        send: a signal of Python's module of that name

    Returns:
        Its exit status; -9 when signal 9 ended it.
    """
    words = _words(command) if isinstance(command, str) else command
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with Clock("running") as clock, subprocess.Popen(words, cwd=cwd, **pipes) as process:
        clock.say("running ...")  # above its lines
        if when:
            threading.Thread(target=_signal, args=(process, Path(when), send), daemon=True).start()
        try:
            _print_lines(process)
        except KeyboardInterrupt:
            process.terminate()
            _print_lines(process)
            raise
    return process.returncode


def _words(line: str) -> list[str]:
    line = line.strip("!$ \n")
    if set(line) & set("|&;<>\n"):
        here = shlex.quote(str(Path(sys.executable).parent))
        return ["bash", "-c", f"PATH={here}:$PATH; {line}"]
    program, *words = shlex.split(line, comments=True)
    return [sys.executable if program.startswith("py") else program, *words]


def _print_lines(process: subprocess.Popen) -> None:
    for line in process.stdout:
        print(line, end="", flush=True)


def _signal(process: subprocess.Popen, file: Path, number: int) -> None:
    while process.poll() is None and not file.exists():
        time.sleep(0.01)
    process.send_signal(number)  # which does nothing if it has ended
