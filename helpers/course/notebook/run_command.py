"""Commands in a notebook: each runs in a process of its own, and its lines show as they come."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from helpers.tools.clock import Clock


def run(
    command: str | list[str],
    cwd: Path | str = ".",
    when: Path | str = "",
    send: int = signal.SIGINT,
) -> int:
    """Run a command in a process of its own, and show its lines as they come, below a clock.

    The notebook's stop button stops it as Ctrl-C would, and what it says then is still shown.

    Args:
        command: the program and its options, or a line as one types it in a terminal; a line takes
            the Python of this notebook, and is left to bash if it has signs of a shell, such as
            && or *, or does not begin with a program
        cwd: the folder in which it runs
        when: a file; as soon as it exists, the process gets the signal `send`
        send: a signal of Python's module of that name

    Returns:
        Its exit status; -9 when signal 9 ended it.
    """
    if isinstance(command, str):
        command = _words(command)
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )

    def signal_it() -> None:
        while process.poll() is None and not Path(when).exists():
            time.sleep(0.01)
        process.send_signal(send)  # does nothing if it has ended

    with Clock("running") as clock, process:
        clock.say("running ...")  # above its lines
        if when:
            threading.Thread(target=signal_it, daemon=True).start()
        try:
            _print_lines(process)
        except KeyboardInterrupt:
            process.terminate()
            _print_lines(process)
            raise
    return process.returncode


def _words(line: str) -> list[str]:
    """Split a line of a terminal into a program and its options."""
    line = line.strip("!$ \n")
    program, *words = shlex.split(line, comments=True) or [""]
    if set(line) & set("|&;<>*$~\n") or not shutil.which(program):
        folder = shlex.quote(str(Path(sys.executable).parent))  # of this Python
        return ["bash", "-c", f"PATH={folder}:$PATH; {line}"]
    if re.fullmatch(r"py(thon)?[\d.]*", program):
        program = sys.executable
    return [program, *words]


def _print_lines(process: subprocess.Popen) -> None:
    for line in process.stdout:
        print(line, end="", flush=True)
