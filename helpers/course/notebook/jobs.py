"""What chapters do with SLURM: find it, submit a job, watch and signal the job, read its log.

Where there is no SLURM, the log of a recorded job takes the place of a new one.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from helpers import require
from helpers.assets.study_results import read_log
from helpers.cluster import practice
from helpers.course.notebook.run_command import run
from helpers.run.run_folder import LAST, RUNS
from helpers.run.slurm import ask
from helpers.tools.clock import Clock

LOG = RUNS / "job.log"
ASK = (
    "A job would wait in the queue of this cluster. Type the options of sbatch that it asks for, "
    "such as --account=me --partition=cpu, or yes if there are none. To submit nothing, leave it "
    "empty: "
)


class Queue:
    """The SLURM that answers here. Where none does, a practice cluster is started.

    Prints the nodes, or why there are none. Asks before anything is submitted to a cluster that is
    not for practice.

    Args:
        recorded: name of the log that is shown where nothing is submitted, as `read_log` takes it
    """

    def __init__(self, recorded: str = "job"):
        self.recorded = recorded
        self.site = []  # options of sbatch that this cluster asks for
        self.started = False
        with Clock("looking for SLURM"):
            nodes, _ = ask("sinfo")
        if not nodes:
            if "COLAB_RELEASE_TAG" in os.environ:
                RUNS.mkdir(exist_ok=True)
                run(f"({practice.APT}) &> {RUNS / 'apt.log'}")
            if why := practice.why_impossible():
                print(f"We go on with a recorded job. No practice cluster here: {why}")
            elif not practice.use():
                self.started = run(f"{practice.COMMAND} up") == 0
                practice.use()
            nodes, _ = ask("sinfo")
        self.answers = bool(nodes)
        if nodes:
            print(nodes)
            if not practice.is_used():
                self._ask_for_site()

    def _ask_for_site(self) -> None:
        try:
            words = input(ASK).split()
        except (EOFError, NotImplementedError):  # nobody is there to answer
            words = []
        if words and all(word.startswith("-") for word in words):
            self.site = words
        else:
            self.answers = words == ["yes"]

    def submit(self, lines: list[str], script: Path, options: list[str]) -> "Job":
        """Put a job in line.

        Args:
            lines: options of sbatch, which overrule the #SBATCH lines of the script
            script: the job script
            options: what the script hands on to the training command

        Raises:
            InputError: when SLURM does not take it
        """
        if not self.answers:
            return Job(recorded=self.recorded)
        RUNS.mkdir(exist_ok=True)  # sbatch makes no folder for its log
        LOG.unlink(missing_ok=True)  # of an earlier try
        environment = os.environ | {
            # the job finds this Python
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SLURM_LABELIO": "1",  # srun writes each line's rank before it
        }
        submit = ["sbatch", "--parsable", f"--output={LOG}", *self.site, *lines, script, *options]
        done = subprocess.run(submit, env=environment, capture_output=True, text=True)
        require(
            done.returncode == 0,
            f"SLURM does not take the job: {' '.join(done.stderr.split())}. Change its options.",
        )
        print(done.stderr, end="")
        return Job(done.stdout.split(";")[0].strip())

    def close(self) -> None:
        """End the practice cluster, if this queue has started it."""
        if self.started:
            run(f"{practice.COMMAND} down")
            practice.use()
            self.answers = False
            self.started = False


class Job:
    """A job by its number; without one, the job that was recorded."""

    def __init__(self, number: str = "", recorded: str = "job"):
        self.number = number
        self.recorded = recorded
        if number:
            print(ask("squeue", f"--jobs={number}")[0])
        else:
            print("In its place, a job that was recorded:")

    def checkpoint(self) -> bool:
        """Whether the job has saved a checkpoint."""
        found = [*Path().glob(f"runs/*/{LAST}"), *Path().glob(f"*/runs/*/{LAST}")]
        return any(path.parent.name in (self.number, f"job{self.number}") for path in found)

    def state(self) -> str:
        """Return what SLURM says of the job while it is in the queue; "" afterwards."""
        return ask("squeue", "--noheader", f"--jobs={self.number}", "--format=%T %r")[0]

    def watch(self, until: Callable[[], bool] | None = None) -> None:
        """Show each new state of the job, until `until` is true or the job has left the queue.

        Say so if it has failed. Of the recorded job, show what it said when it began, or what it
        said afterwards.
        """
        if not self.number:
            lines = re.findall(
                r"^0: ((?:\d+ processes|stopped|going on).*)", self.log(), re.MULTILINE
            )
            part = lines[:1] if until else lines[1:]
            for line in part:
                print(line)
            return
        shown = ""
        with Clock("waiting") as clock:
            clock.say("waiting ...")  # above the states
            while state := self.state():
                if until and until():
                    return
                if state != shown:
                    print(state.removesuffix(" None"), flush=True)
                shown = state
                time.sleep(0.2)
        described, _ = ask("scontrol", "show", "job", self.number)
        ended = re.search(r"JobState=(\w+)", described)
        if ended and ended[1] != "COMPLETED":
            print(f"job {self.number} has ended, {ended[1]}: see {LOG}.")

    def signal(self, name: str) -> None:
        """Send a signal to the tasks of the job. The recorded one got its own."""
        if self.number:
            print(f"$ scancel --signal={name} {self.number}")
            ask("scancel", f"--signal={name}", self.number)
        else:
            print(f"(SLURM sent SIG{name} itself, before the time was up)")

    def log(self) -> str:
        """Return what the job has printed so far."""
        if not self.number:
            return read_log(self.recorded)
        return LOG.read_text() if LOG.exists() else "no log yet"

    def repeated(self) -> int | str:
        """Return how many steps the job did twice.

        Each start should go on after the step at which the one before stopped.
        """
        log = self.log()
        stopped = re.findall(r"stopped after step (\d+)", log)
        resumed = re.findall(r"going on with \S+ after step (\d+)", log)
        if not resumed:
            return "as yet unknown"
        return sum(int(old) - int(new) for old, new in zip(stopped, resumed))
