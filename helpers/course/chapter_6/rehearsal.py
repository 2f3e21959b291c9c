"""A sweep that is disturbed on purpose, for chapter 6.

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
from helpers.run.slurm import START_AGAIN, ask
from helpers.sweep.job_array import SCRIPT
from helpers.sweep.number import is_training, read_results
from helpers.sweep.plan import STARTS, read_plan
from helpers.sweep.table import read_table
from helpers.tools.clock import Clock

LONGEST_WAIT = 120  # s, for a run to save its first checkpoint


class Rehearsal:
    """Submits a sweep, disturbs two of its runs, and waits until all are done.

    Args:
        sweep: its folder
        queue: the SLURM that answers here, if one does
        line: of sbatch, such as --array=0-5%2
    """

    def __init__(self, sweep: str, queue: Queue, line: str):
        self.sweep = sweep
        self.job = None
        if queue.answers:
            self.job = queue.submit([line, f"--output={sweep}/task-%a.log"], SCRIPT, [sweep])
        else:
            print("No SLURM: two workers of this machine take its place.")
            self._start_workers()

    def _start_workers(self) -> None:
        command = [sys.executable, "-m", "helpers.sweep", "run", self.sweep, "--workers", "2"]
        with open(f"{self.sweep}/workers.log", "a") as log:
            self.workers = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def disturb(self) -> None:
        """Let a more urgent job take the place of one run, and kill another in mid-step."""
        first = wait_for_training(self.sweep)
        if not self.job:
            print(f"Ctrl-C, while number {first.name} trains")
            self.workers.send_signal(signal.SIGINT)
            self.workers.wait()
            self._start_workers()
        elif practice.is_used():
            task = f"{self.job.number}_{first.name}"
            node, _ = ask("squeue", "--noheader", f"--jobs={task}", "--format=%N")
            print(f"a more urgent job takes {node}, where number {first.name} trains")
            ask(
                "sbatch",
                "--partition=urgent",
                "--exclusive",
                f"--nodelist={node}",
                "--output=/dev/null",
                "--wrap=sleep 1",
            )
        else:  # a cluster of other people, whose nodes and processes we leave alone
            self._requeue(first)
            self._requeue(wait_for_training(self.sweep, but=first))
            return
        print(f"kill -9 for number {kill_one(self.sweep, but=first)}, in mid-step")

    def _requeue(self, run: Path) -> None:
        print(f"number {run.name} is requeued")
        ask("scontrol", "requeue", f"{self.job.number}_{run.name}")

    def wait(self) -> None:
        """Wait until all runs are done, and say how often each was started."""
        runs = read_plan(self.sweep)
        with Clock("waiting"):
            while not all(read_results(self.sweep, runs)):
                if self._has_ended():
                    print(f"It has ended: the logs in {self.sweep} say what is missing.")
                    break
                time.sleep(0.2)
        for row in read_table(self.sweep):
            times = "once" if row.starts == 1 else f"{row.starts} times"
            print(f"number {row.number}: started {times}")

    def _has_ended(self) -> bool:
        """Whether nobody works on the sweep any more, though it was not finished."""
        if self.job:
            return not self.job.state()
        if self.workers.poll() == START_AGAIN:
            self._start_workers()  # as whoever works here would: it goes on
        return self.workers.poll() not in (None, 0)


def wait_for_training(sweep: Path | str, but: Path | None = None) -> Path:
    """Wait until a run other than `but` is in training, and return its folder."""
    deadline = time.monotonic() + LONGEST_WAIT
    with Clock("waiting for a run to train"):
        while time.monotonic() < deadline:
            for folder in Path(sweep).glob("runs/*"):
                if folder != but and is_training(folder):
                    return folder
            time.sleep(0.02)
    raise TimeoutError(f"no run of {sweep} has begun to train within {LONGEST_WAIT} s")


def kill_one(sweep: Path | str, but: Path | None = None) -> str:
    """Kill a run other than `but` in mid-step, and return its number."""
    while True:
        folder = wait_for_training(sweep, but)
        processes = re.findall(r"process (\d+)", (folder / STARTS).read_text())
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.kill(int(processes[-1]), signal.SIGKILL)
            return folder.name
