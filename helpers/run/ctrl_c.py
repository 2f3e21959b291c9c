"""Ctrl-C before and after training: one sentence, and exit status 130, at any moment.

Python raises KeyboardInterrupt wherever it is: in the middle of an import, of a callback from C,
or where Lightning turns it into words of its own. So here the signal ends the process itself, as
soon as Python is between two steps. While the network is trained, KeepLast has the signal: it
saves the run first. This module imports no torch: that takes seconds, in which Ctrl-C comes too.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from helpers.run import slurm
from helpers.setup import environment


class CtrlC:
    """Ends this process at Ctrl-C, with the sentence that holds at this moment.

    Where several processes were started, the first one says it. What was started to ignore Ctrl-C,
    as a run of a sweep is, goes on ignoring it.
    """

    def __init__(self):
        self.say: Callable[[], str] = lambda: "stopped before the first step"
        self.at_end: list[Callable[[], object]] = []  # what is done before, the last one first
        self.handler_before = signal.getsignal(signal.SIGINT)
        if self.handler_before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._stop)

    def _stop(self, number, frame):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sentence = self.say()
        for action in reversed(self.at_end):
            with suppress(Exception):
                action()
        with suppress(Exception):  # a print may be under way
            sys.stdout.flush()
        if environment.is_first_process():
            os.write(1, f"\n{sentence}\n".encode())
        os._exit(130)

    def leave(self) -> None:
        """Give Ctrl-C back to what had it before."""
        signal.signal(signal.SIGINT, self.handler_before)


def begin_command(name: str) -> None:
    """Say that a command is loading, before the imports that take seconds, or warn.

    From here on Ctrl-C ends it with a sentence, and the signal of SLURM is kept for later.
    """
    CtrlC()
    slurm.hold_signal()
    environment.announce(f"{name} is loading PyTorch and Lightning")
