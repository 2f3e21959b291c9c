"""The runs of a sweep, one by one or several at once, until all are done or somebody stops them.

Each run has a process of its own: what fails or is killed takes no other with it. These processes
are forked from one that has imported PyTorch and Lightning, which takes seconds, and done nothing
else: so only the first run waits for the imports.

Ctrl-C and SLURM's warning end the command in one way: the runs in progress get SIGTERM, and `fit`
saves after the step in progress. Then a task of an array asks SLURM to start it again.
"""

import os
import signal
from datetime import datetime
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm import tqdm

from helpers.run import slurm
from helpers.run.run_folder import LAST, LOCK
from helpers.setup.environment import STOPPED
from helpers.sweep.number import (
    BUSY,
    DONE,
    FAILED,
    FAILURE,
    NUMBER_LOCK,
    STOP_SIGNALS,
    do_number,
    is_failure,
    read_result,
    read_results,
)
from helpers.sweep.plan import Run, folder_of, read_file


class Workers:
    """Does the runs of a sweep, several at once.

    Args:
        sweep: folder of the sweep
        n: how many runs at once
    """

    def __init__(self, sweep: Path, n: int):
        self.sweep = sweep
        self.free = list(range(n))  # places: a GPU belongs to each, if there are several
        self.signals = []  # Ctrl-C and SIGTERM so far
        self.at_work = {}  # processes, each with the folder of its run, the lock and its place
        self.statuses = []  # exit statuses of the numbers that have ended

    def do(self, runs: list[Run]) -> int:
        """Do all runs that are not done, and return the exit status of the command."""
        for number in STOP_SIGNALS:
            signal.signal(number, lambda number, frame: self.signals.append(number))
        left = [run for run, result in zip(runs, read_results(self.sweep, runs)) if not result]
        if not left:
            print(f"nothing to do: {len(runs)} of {len(runs)} runs are done")
            return DONE
        self._count_start(runs)
        # set for what runs import: PyTorch gets it from each run
        os.environ["OMP_NUM_THREADS"] = str(runs[0].threads)
        is_alone = len(runs) == 1
        with tqdm(
            total=len(runs),
            initial=len(runs) - len(left),
            unit="run",
            smoothing=0,
            disable=is_alone or None,  # None: if the output is no terminal
        ) as self.bar:
            while (left or self.at_work) and not self._is_stopped():
                while left and self.free and not self._is_stopped():
                    self._start(left.pop(0), log=not is_alone)
                self._look()
            for process in self.at_work:
                process.terminate()
            while self.at_work:
                self._look()
                if self.signals.count(signal.SIGINT) > 1:  # SIGTERM may come twice from SLURM
                    for process in self.at_work:
                        process.kill()
        return self._end(len(left))

    def _count_start(self, runs):
        """Note this restart. Raises InputError when restarts lead nowhere.

        `fit` counts its own steps. This also counts what never comes to `fit`.
        """
        saved = [folder_of(self.sweep, run.number) / LAST for run in runs]
        times = [path.stat().st_mtime for path in saved if path.exists()]
        reached = "its start"
        if times:
            reached = f"its checkpoint of {datetime.fromtimestamp(max(times))}"
        slurm.count_start(self.sweep / "tasks" / slurm.job(), reached)

    def _is_stopped(self):
        return self.signals or slurm.is_warned()

    def _start(self, run, log):
        """Start a run, unless another process has its number."""
        folder = folder_of(self.sweep, run.number)
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / NUMBER_LOCK, slurm.seconds_for_lock())
        try:
            lock.acquire()
        except Timeout:
            self._end_run(folder, BUSY)
            return
        _start_server()
        place = self.free.pop(0)
        process = ForkServerProcess(target=do_number, args=(run, folder, place, log))
        process.start()
        self.at_work[process] = folder, lock, place

    def _look(self):
        """Wait a moment for a run to end."""
        wait([process.sentinel for process in self.at_work], 0.2)  # s, then signals are looked for
        for process, (folder, lock, place) in list(self.at_work.items()):
            if process.exitcode is not None:
                del self.at_work[process]
                self.free.append(place)
                lock.release()
                self._end_run(folder, process.exitcode)
        self.bar.refresh()

    def _end_run(self, folder, status):
        """Note and say how a run ended."""
        number = folder.name
        self.statuses.append(status)
        if status == DONE:
            self.bar.n += 1  # `update` would count only where the bar is shown
            seconds = read_result(folder)["seconds"]
            _say(f"number {number} is done, in {seconds:.0f} s ({self.bar.n} of {self.bar.total})")
        elif status == BUSY:
            from helpers.run.exact import name_holder  # here, as PyTorch takes seconds

            of_worker = folder / NUMBER_LOCK
            of_run = folder / LOCK
            holder = name_holder(of_worker) or name_holder(of_run) or "another process"
            _say(
                f"number {number} is being run by {holder}; if no machine runs it any more, as "
                f"after a node was lost, remove {of_worker} and {of_run}"
            )
        elif is_failure(status):
            reason = read_file(folder / FAILURE) or f"exit status {status}"
            _say(f"number {number} failed: {reason}")
        elif not self._is_stopped():
            how = "was stopped" if status == STOPPED else f"was killed by signal {-status}"
            _say(f"number {number} {how}: run it again, and it goes on")

    def _end(self, n_left):
        """Say how it ended, and return the exit status."""
        n_ended = sum(status == STOPPED or status < 0 for status in self.statuses)
        n_to_do = n_left + n_ended
        if self._is_stopped() and n_to_do:
            go_on = f"go on with: python -m helpers.sweep run {self.sweep}"
            print(f"\nstopped, {n_to_do} to do; {go_on}", flush=True)
            if slurm.is_warned() and not slurm.is_requeued():
                slurm.requeue()
            return STOPPED
        is_busy = BUSY in self.statuses
        if n_ended or (is_busy and slurm.restarts()):
            # A restart goes on with it. The number that a restart finds busy may be its own: a
            # network file system keeps the lock of a lost node for a minute or two.
            return slurm.START_AGAIN
        if any(map(is_failure, self.statuses)):
            return FAILED
        return BUSY if is_busy else DONE


def _say(text):
    """Print this above the bar, if there is one."""
    with tqdm.external_write_mode():
        print(text, flush=True)


def _start_server():
    """Start the process from which runs are forked, unless it is there.

    A Ctrl-C in a terminal, and SLURM's SIGTERM, reach all processes. They are for the worker and
    for the runs; without this one, nobody would know how they end. So it has them blocked from its
    first moment on.
    """
    forkserver.set_forkserver_preload(["helpers.sweep.in_sweep"])
    folder = os.getcwd()
    os.chdir("/")  # a file signal.py in this folder is none of Python's
    resource_tracker.ensure_running()  # forkserver would do this, and it unblocks them
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    forkserver.ensure_running()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    os.chdir(folder)
