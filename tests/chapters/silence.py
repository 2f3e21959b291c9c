"""A plugin of pytest, for nbval: writes silence.json, for how long each cell showed nothing new.

    python -m pytest --capture=no --nbval-lax -p tests.chapters.silence NOTEBOOK

The kernel stamps its messages. Lists [[seconds, first line of the cell], ...], with the longest
silence of each cell. While a cell goes on, the plugin says what the test waits for, as
`tests.execute` does: hence --capture=no.
"""

import json
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from queue import Empty

from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

from tests.execute import LOOK_EVERY, Waiting

SHOWN = {
    "stream",
    "display_data",
    "update_display_data",
    "execute_result",
    "error",
    "comm_open",
    "comm_msg",
}
seen, silences = [], []
early = deque()  # messages on IOPub that came while their cell went on
get_kernel_message, runtest = IPyNbFile.get_kernel_message, IPyNbCell.runtest
get_message, await_reply = RunningKernel.get_message, RunningKernel.await_reply


def get_and_note(self, timeout=None, stream="iopub"):
    message = get_kernel_message(self, timeout, stream)
    if message["msg_type"] in {*SHOWN, "status"}:
        seen.append(message["header"]["date"])
    return message


def run_and_note(self):
    self.output_timeout = (
        60  # s for each message of a cell that has ended; nbval's 5 are few on a busy machine
    )
    seen.clear()
    RunningKernel.waiting.begin(self.cell.source)
    try:
        runtest(self)
    finally:
        moments = sorted(seen)
        longest = max((b - a for a, b in zip(moments, moments[1:])), default=None)
        silences.append(
            [longest.total_seconds() if longest else 0.0, self.cell.source.split("\n")[0]]
        )


def get_early_first(self, stream, timeout=None):
    """nbval asks for what a cell showed when it has ended."""
    if stream == "iopub" and early:
        return early.popleft()
    return get_message(self, stream, timeout)


def await_and_look(self, msg_id, timeout=None):
    """nbval's wait for a reply, with a look every second at what the kernel does."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return await_reply(self, msg_id, LOOK_EVERY)
        except Empty:
            if time.monotonic() > deadline:
                raise
        with suppress(Empty):
            while True:
                message = get_message(self, "iopub", timeout=0)
                early.append(message)
                if message["parent_header"].get("msg_id") == msg_id:
                    self.waiting.note(message)
        self.waiting.look()


def pytest_addoption(parser):
    parser.addoption("--say-after", type=float, default=60.0, help="seconds, as in tests.execute")
    parser.addoption("--lost-after", type=float, default=30.0, help="seconds, as in tests.execute")


def pytest_configure(config):
    IPyNbFile.get_kernel_message, IPyNbCell.runtest = get_and_note, run_and_note
    RunningKernel.get_message, RunningKernel.await_reply = get_early_first, await_and_look
    limits = {name: config.getoption(name) for name in ("say_after", "lost_after")}
    RunningKernel.waiting = Waiting(Path(config.args[0]).stem, **limits)


def pytest_sessionfinish(session):
    Path("silence.json").write_text(json.dumps(silences))
