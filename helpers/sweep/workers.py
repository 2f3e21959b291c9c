"""The runs of a sweep, one by one or several at once, until all are done or somebody stops them.

Each run has a process of its own: what fails or is killed takes no other with it. These processes
are forked from one that has imported PyTorch and Lightning, which takes seconds, and done nothing
else: so only the first run waits for the imports.

Ctrl-C and SLURM's warning both end here in one way: the runs in progress get SIGTERM, on which
`fit` saves after the step that it is at. Then a task of an array asks SLURM to start it again.
"""

import multiprocessing
import signal
from contextlib import ExitStack
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import wait
from pathlib import Path

from filelock import Timeout
from tqdm import tqdm

from helpers.run import preemption
from helpers.setup import environment
from helpers.sweep.number import (
    AGAIN,
    BUSY,
    DONE,
    FAILED,
    HELD,
    STOPPED,
    do_number,
    is_done,
    is_failure,
    read_result,
    taken,
    why_failed,
)
from helpers.sweep.plan import Run

LOOK = 0.2  # s, between two looks for a signal


class Workers:
    """Does the runs of a sweep, several at once.

    Args:
        sweep: folder of the sweep
        n: how many runs at once; they share the cores
    """

    def __init__(self, sweep: Path, n: int = 1):
        self.sweep = sweep
        self.n = n
        self.n_ctrl_c = 0  # so far
        self.is_told_to_end = False  # by Ctrl-C or SIGTERM
        self.at_work = {}  # processes, each with its run
        self.told = set()  # those that got SIGTERM
        self.statuses = {}  # exit status of each number that has ended
        environment.divide_threads(n)
        self.start_from = multiprocessing.get_context("forkserver")
        self.start_from.set_forkserver_preload(["helpers.sweep.preload"])

    def do(self, runs: list[Run]) -> int:
        """Do all runs that are not done, and return the exit status of the command."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._count_signal)
        left = [run for run in runs if not is_done(self.sweep, run.number)]
        if not left:
            print(f"nothing to do: {len(runs)} of {len(runs)} runs are done")
            return DONE
        is_alone = len(runs) == 1
        self.n_runs = len(runs)
        self.n_done = len(runs) - len(left)
        options = {"total": self.n_runs, "initial": self.n_done, "unit": "run"}
        hidden = True if is_alone else None  # None: where the output is no terminal
        with tqdm(**options, smoothing=0, disable=hidden) as self.bar:
            while (left and not self._is_stopped()) or self.at_work:
                while left and len(self.at_work) < self.n and not self._is_stopped():
                    self._start(left.pop(0), log=not is_alone)
                self._look()
        return self._end(len(left))

    def _count_signal(self, number, frame) -> None:
        self.is_told_to_end = True
        self.n_ctrl_c += number == signal.SIGINT  # SIGTERM may come twice from SLURM

    def _is_stopped(self) -> bool:
        return self.is_told_to_end or preemption.warned()

    def _start(self, run: Run, log: bool) -> None:
        """Start a run, unless another process has its number, or has done it meanwhile."""
        held = ExitStack()
        try:
            held.enter_context(taken(self.sweep, run.number))
        except Timeout:
            self._end_run(run.number, BUSY)
            return
        if is_done(self.sweep, run.number):
            held.close()
            self._end_run(run.number, DONE)
            return
        _start_server()
        process = self.start_from.Process(target=do_number, args=(self.sweep, run, log))
        process.start()
        self.at_work[process] = run, held
        self._show_numbers()

    def _look(self) -> None:
        """Wait a moment for a run to end, and pass on a signal."""
        wait([process.sentinel for process in self.at_work], timeout=LOOK)
        for process, (run, held) in list(self.at_work.items()):
            if process.exitcode is not None:
                del self.at_work[process]
                held.close()
                self._end_run(run.number, process.exitcode)
            elif self.n_ctrl_c > 1:
                process.kill()
            elif self._is_stopped() and process not in self.told:
                process.terminate()
                self.told.add(process)

    def _end_run(self, number: int, status: int) -> None:
        """Note and say how a run ended."""
        self.statuses[number] = status
        if status == DONE:
            self.bar.update()
            self.n_done += 1
            seconds = read_result(self.sweep, number)["seconds"]
            progress = f"({self.n_done} of {self.n_runs})"
            self._say(f"number {number} is done, in {seconds:.0f} s {progress}")
        elif status == BUSY:
            self._say(f"number {number} is being run by another process")
        elif is_failure(status):
            reason = why_failed(self.sweep, number) or f"exit status {status}"
            self._say(f"number {number} failed: {reason}")
        elif not self._is_stopped():
            how = "was stopped" if status == STOPPED else f"was killed by signal {-status}"
            self._say(f"number {number} {how}: run it again, and it goes on")
        self._show_numbers()

    def _say(self, text: str) -> None:
        if self.bar.disable:
            print(text, flush=True)
        else:
            self.bar.write(text)

    def _show_numbers(self) -> None:
        numbers = sorted(run.number for run, _ in self.at_work.values())
        failed = list(filter(is_failure, self.statuses.values()))
        text = f"running {', '.join(map(str, numbers)) or 'none'}"
        if failed:
            text = f"{text}; {len(failed)} failed"
        self.bar.set_postfix_str(text)

    def _end(self, n_left: int) -> int:
        """Say how it ended, and return the exit status."""
        statuses = list(self.statuses.values())
        was_ended = [status == STOPPED or status < 0 for status in statuses]
        n_stopped = n_left + sum(was_ended)
        if self._is_stopped() and n_stopped:
            command = f"python -m helpers.sweep run {self.sweep}"
            sentence = f"stopped, {n_stopped} to do; go on with: {command}"
            preemption.stop(sentence, requeue=preemption.warned() and not preemption.makes_room())
        is_busy = BUSY in statuses
        if any(was_ended) or (is_busy and preemption.restarts()):
            # A restart goes on with it. The number that a restart finds busy may be its own: a
            # network file system keeps the lock of a lost node for a minute or two.
            return AGAIN
        if any(map(is_failure, statuses)):
            return FAILED
        return BUSY if is_busy else DONE


def _start_server() -> None:
    """Start the process from which runs are forked, unless it is there.

    A Ctrl-C in a terminal, and SLURM's SIGTERM, reach all processes. They are for the worker and
    for the runs; without this one, nobody would know how they end. So it has them blocked from its
    first moment on.
    """
    resource_tracker.ensure_running()  # forkserver would do this, and it unblocks them
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    forkserver.ensure_running()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
