"""The practice cluster for tests: nodes of which one can be lost, for as long as they are needed."""

import os
import pwd
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from helpers.cluster.practice import Cluster, hold, up, why_impossible
from tests import ROOT

ENDED = ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL")


class Slurm(Cluster):
    def job(self, number: str) -> dict[str, str]:
        """What SLURM knows of a job: JobState, Restarts, ExitCode, ..."""
        return dict(re.findall(r"(\w+)=(\S*)", self.run("scontrol", "show", "job", number)))

    def state(self, number: str) -> str:
        """RUNNING, COMPLETED, ..."""
        return self.job(number)["JobState"]

    def end(self, number: str) -> dict[str, str]:
        """What SLURM knows of a job, once it has ended."""

        def ended():
            return self.state(number) in ENDED

        self.wait(ended, f"job {number} has not ended", seconds=600)
        return self.job(number)

    def processes_of(self, node: str) -> list:
        return [p for p in self.processes() if p.info["environ"].get("SLURMD_NODENAME") == node]

    def addresses(self) -> set[str]:
        """At which anything of the cluster listens now: daemons, and the processes of jobs."""
        ours = {process.pid for process in self.processes()}
        for process in psutil.process_iter(["name"]):
            if process.info["name"] == "slurmstepd":  # its environment is empty
                ours.add(process.pid)
        sockets = psutil.net_connections("tcp")
        return {at.laddr.ip for at in sockets if at.status == psutil.CONN_LISTEN and at.pid in ours}

    def lose_node(self, node: str) -> None:
        """Kill all that runs on a node, as if its power failed: first those who would tell that something ended."""
        daemon = self.daemons.pop(node)
        daemon.kill()
        daemon.wait()
        tasks = self.processes_of(node)
        parents = []
        for task in tasks:
            with suppress(psutil.NoSuchProcess):
                parent = task.parent()
                if parent.name() == "slurmstepd":
                    parents.append(parent)
        for process in (*parents, *tasks, *self.processes_of(node)):
            with suppress(psutil.NoSuchProcess):
                process.kill()


def need() -> None:
    """Without SLURM a test is skipped, but not where CI runs it."""
    import pytest  # here: logs are recorded without it

    if why := why_impossible():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)


@contextmanager
def another_user():
    """A second user of this machine: its entry in the list of users."""
    name = f"learner{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", name], check=True)
    try:
        yield pwd.getpwnam(name)
    finally:
        subprocess.run(["userdel", name], check=True)


def let_others_enter(folder: Path) -> None:
    """Let other users read this folder of a test: pytest closes those above it, one more for each worker."""
    for part in [folder, *folder.parents]:
        if not part.stat().st_mode & 0o005:
            part.chmod(0o755)


def wait_until_free() -> None:
    """Wait until no practice cluster is up, as another test or chapter may have one: there is one on a machine."""
    cluster = Cluster()
    cluster.wait(lambda: not cluster.processes(), "a practice cluster is still up", seconds=900)


@contextmanager
def slurm():
    """A partition `main` of two nodes, and `three` of three. Nothing is left behind: SIGTERM counts as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    cluster = Slurm()
    wait_until_free()
    up(cluster, nodes=3)
    try:
        cluster.run("scontrol", "update", "PartitionName=main", "Nodes=node1,node2")
        cluster.run(
            "scontrol", "create", "PartitionName=three", "Nodes=ALL", "MaxTime=INFINITE", "State=UP"
        )
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # job scripts call python
        cluster.environment |= {"PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        yield cluster
    finally:
        with hold():
            cluster.stop()
        signal.signal(signal.SIGTERM, before)
