"""A sweep that is disturbed on purpose, for chapter 8.

It runs as an array of SLURM. Where there is none, two workers of this machine take its place, and a
Ctrl-C that of the more urgent job.
"""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from helpers.cluster import practice
from helpers.course.notebook.jobs import Queue
from helpers.run.slurm import ask
from helpers.sweep.array import SCRIPT
from helpers.sweep.number import AGAIN, STOPPED, folder_of, is_done, is_training
from helpers.sweep.plan import read_plan
from helpers.tools.clock import Clock

PATIENCE = 60  # s, for a run to save its first checkpoint
COMMAND = [sys.executable, "-m", "helpers.sweep", "run"]


class Rehearsal:
    """Submits a sweep, disturbs two of its runs, and waits until all are done.

    Args:
        sweep: its folder
        queue: the SLURM that answers here, if one does
        line: of sbatch, such as --array=0-5%2
    """

    def __init__(self, sweep: Path | str, queue: Queue, line: str):
        self.sweep = Path(sweep)
        self.numbers = [run.number for run in read_plan(self.sweep)]
        self.job = None
        self.workers = None
        if queue.answers:
            lines = [line, f"--output={self.sweep}/task-%a.log"]
            self.job = queue.submit(lines, SCRIPT, [str(self.sweep)])
        else:
            print("No SLURM: two workers of this machine take its place.")
            self._start_workers()

    def _start_workers(self) -> None:
        command = [*COMMAND, str(self.sweep), "--workers", "2"]
        with open(self.sweep / "workers.log", "a") as log:
            self.workers = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def disturb(self) -> None:
        """Let a more urgent job take the place of one run, and kill another in mid-step."""
        first = self._wait_for_training()
        if self.workers:
            print(f"Ctrl-C, while number {first} trains")
            self.workers.send_signal(signal.SIGINT)
            self.workers.wait()
            self._start_workers()
        else:
            self._preempt(first)
        if self.workers or practice.is_used():  # all of its processes are on this machine
            self._kill_one(but=first)
        else:
            second = self._wait_for_training(but=first)
            print(f"number {second} is requeued too")
            ask("scontrol", "requeue", f"{self.job.number}_{second}")

    def _kill_one(self, but: int) -> None:
        """Kill a run in mid-step; one that ends at this moment is no such run."""
        while True:
            number = self._wait_for_training(but)
            with suppress(ProcessLookupError):
                os.kill(self._process(number), signal.SIGKILL)
                print(f"kill -9 for number {number}, in mid-step")
                return

    def _wait_for_training(self, but: int = -1) -> int:
        """Return a number that is in training."""
        deadline = time.monotonic() + PATIENCE
        with Clock("waiting for a run to train"):
            while time.monotonic() < deadline:
                time.sleep(0.05)
                for number in self.numbers:
                    if number != but and is_training(self.sweep, number):
                        return number
        raise TimeoutError(f"no run of {self.sweep} has begun to train within {PATIENCE} s")

    def _preempt(self, number: int) -> None:
        task = f"{self.job.number}_{number}"
        node, _ = ask("squeue", "--noheader", f"--jobs={task}", "--format=%N")
        if practice.is_used():
            print(f"a more urgent job takes {node}, where number {number} trains")
            options = ["--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=sleep 1"]
            ask("sbatch", f"--nodelist={node}", *options)
        else:  # no practice cluster, and so nobody whom we may order about
            print(f"number {number} is requeued")
            ask("scontrol", "requeue", task)

    def _process(self, number: int) -> int:
        return int(re.findall(r"process (\d+)", self._notes(number))[-1])

    def _notes(self, number: int) -> str:
        path = folder_of(self.sweep, number) / "starts.txt"
        return path.read_text() if path.exists() else ""

    def wait(self) -> None:
        """Wait until all runs are done, and say how often each was started."""
        with Clock("waiting"):
            while not all(is_done(self.sweep, number) for number in self.numbers):
                if self.workers and self.workers.poll() in (AGAIN, STOPPED):
                    self._start_workers()  # as whoever works here would: it goes on
                elif self.workers and self.workers.poll() not in (None, 0):
                    print(f"The workers have ended: {self.sweep}/workers.log says why.")
                    break
                elif self.job and not self.job.state():
                    print(f"The array has ended: the logs in {self.sweep} say what is missing.")
                    break
                time.sleep(0.2)
        for number in self.numbers:
            n_starts = self._notes(number).count(" start on ")
            times = "once" if n_starts == 1 else f"{n_starts} times"
            print(f"number {number}: started {times}")
