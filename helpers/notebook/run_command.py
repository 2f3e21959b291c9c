"""Commands in a notebook: each runs in a process of its own, and its lines come as they are said."""

import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from helpers.notebook.clock import Clock


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
