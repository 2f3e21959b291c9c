"""What section 4.7 does with SLURM: find it, submit a job, watch the job, send it a signal, read its log.

Where there is no SLURM, the log of a recorded job takes the place of a new one.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from helpers.cluster import practice
from helpers.notebook.clock import Clock
from helpers.notebook.recorded import read_log
from helpers.notebook.run_command import run

LOG = Path("job.log")


def ask(*command: str) -> str:
    """What a command of SLURM prints; nothing where there is none, or where it fails."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(["timeout", "20", *command], capture_output=True, text=True).stdout.strip()


class Queue:
    """The SLURM that answers here; where none does, a practice cluster is started. Prints the nodes, or why not."""

    def __init__(self):
        self.started = False
        with Clock("looking for SLURM"):
            nodes = ask("sinfo")
        if not nodes:
            if "COLAB_RELEASE_TAG" in os.environ:
                run(["bash", "-c", f"({practice.APT}) &> apt.log"])
            if why := practice.missing():
                print(f"We go on with a recorded job. No practice cluster here: {why}")
            elif not practice.use():
                self.started = run([sys.executable, "-m", "helpers.cluster.practice", "up"]) == 0
            nodes = practice.use() and ask("sinfo")
        self.answers = bool(nodes)
        if nodes:
            print(nodes)

    def submit(self, lines: list[str], script: Path, options: list[str]) -> "Job":
        """Put a job in line.

        Args:
            lines: options of sbatch, which overrule the #SBATCH lines of the script
            script: the job script
            options: what the script hands on to the training command
        """
        if not self.answers:
            return Job()
        LOG.unlink(missing_ok=True)  # of an earlier try
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # the job finds this Python
        environment = {**os.environ, "PATH": path, "SLURM_LABELIO": "1"}  # srun writes each line's rank before it
        submit = ["sbatch", "--parsable", f"--output={LOG}", *lines, str(script), *options]
        done = subprocess.run(submit, env=environment, capture_output=True, text=True)
        print(done.stderr, end="")
        return Job(done.stdout.split(";")[0].strip())

    def close(self) -> None:
        """End the practice cluster, if this queue has started it."""
        if self.started:
            run([sys.executable, "-m", "helpers.cluster.practice", "down"])
            practice.use()
            self.answers = self.started = False


class Job:
    """A job by its number; without one, the job that was recorded."""

    def __init__(self, number: str = ""):
        self.number = number
        print(ask("squeue", f"--jobs={number}") if number else "In its place, a job that was recorded:")

    def checkpoint(self) -> bool:
        """Whether the job has saved a checkpoint."""
        names = self.number, f"job{self.number}"
        return any([*Path().glob(f"{runs}/{name}/last.ckpt")] for name in names for runs in ("runs", "*/runs"))

    def watch(self, until: Callable[[], bool] | None = None) -> None:
        """Show each new state of the job, until something is true or the job has left the queue.

        Of the recorded job, show what it said when it began, or what it said afterwards.
        """
        if not self.number:
            told = re.findall(r"^0: ((?:\d+ processes|stopped|going on).*)", self.log(), re.MULTILINE)
            print(*(told[:1] if until else told[1:]), sep="\n")
            return
        seen = ""
        with Clock("waiting") as clock:
            clock.say("waiting ...")  # above the states
            while state := ask("squeue", "--noheader", f"--jobs={self.number}", "--format=%T %r"):
                if until and until():
                    return
                if state != seen:
                    print(state.removesuffix(" None"), flush=True)
                seen = state
                time.sleep(0.2)

    def signal(self, name: str) -> None:
        """Send a signal to the tasks of the job. The recorded one got its own."""
        if self.number:
            print(f"$ scancel --signal={name} {self.number}")
            ask("scancel", f"--signal={name}", self.number)
        else:
            print(f"(SLURM sent SIG{name} itself, before the time was up)")

    def log(self) -> str:
        """What the job has printed by now."""
        if not self.number:
            return read_log("job")
        return LOG.read_text() if LOG.exists() else "no log yet"

    def repeated(self) -> int | str:
        """Steps that the job did twice: each start should go on after the step at which the one before stopped."""
        words = "stopped", r"going on with \S+"
        stopped, resumed = (re.findall(rf"{each} after step (\d+)", self.log()) for each in words)
        return sum(int(old) - int(new) for old, new in zip(stopped, resumed)) if resumed else "as yet unknown"
