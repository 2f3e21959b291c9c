"""The practice cluster for tests: nodes of which one can be lost, for as long as they are needed."""

import os
import re
import signal
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers.cluster.practice import Cluster, hold, missing, up
from tests import ROOT

PATIENCE = 900  # s, for another test or chapter to end its cluster: there is one on a machine


class Slurm(Cluster):
    def job(self, number: str) -> dict[str, str]:
        """What SLURM knows of a job: JobState, Restarts, ExitCode, ..."""
        return dict(re.findall(r"(\w+)=(\S*)", self.run("scontrol", "show", "job", number)))

    def lose_node(self, node: str) -> None:
        """Kill all that runs on a node, as if its power failed: first those who would tell that something ended."""
        daemon = self.daemons.pop(node)
        daemon.kill()
        daemon.wait()
        tasks = self.processes(f"SLURMD_NODENAME={node}")
        parents = {
            parent for pid in tasks if (parent := _parent(pid)) and _name(parent) == "slurmstepd"
        }
        for pid in (*parents, *tasks, *self.processes(f"SLURMD_NODENAME={node}")):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _parent(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def need() -> None:
    """Without SLURM a test is skipped, but not where CI runs it."""
    import pytest  # here: logs are recorded without it

    if why := missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)


def wait_until_free() -> None:
    """Wait until no practice cluster is up. Raises TimeoutError if that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while Cluster().processes():
        if time.monotonic() > deadline:
            raise TimeoutError(f"a practice cluster was up for {PATIENCE} s")
        time.sleep(1)


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
