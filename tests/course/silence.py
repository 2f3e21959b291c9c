"""A plugin of pytest, for nbval: writes silence.json, how long each cell of a notebook showed nothing new at a stretch.

    python -m pytest --nbval-lax -p tests.course.silence NOTEBOOK

The kernel stamps its messages. Lists [[seconds, first line of the cell], ...], the longest silence of each cell.
"""

import json
from pathlib import Path

from nbval.plugin import IPyNbCell, IPyNbFile

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
get_kernel_message, runtest = IPyNbFile.get_kernel_message, IPyNbCell.runtest


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
    try:
        runtest(self)
    finally:
        moments = sorted(seen)
        longest = max((b - a for a, b in zip(moments, moments[1:])), default=None)
        silences.append(
            [longest.total_seconds() if longest else 0.0, self.cell.source.split("\n")[0]]
        )


def pytest_configure(config):
    IPyNbFile.get_kernel_message, IPyNbCell.runtest = get_and_note, run_and_note


def pytest_sessionfinish(session):
    Path("silence.json").write_text(json.dumps(silences))
