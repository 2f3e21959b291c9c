"""A practice cluster: a real SLURM whose nodes are all on this one machine.

It takes Linux, root and SLURM's packages.

    python -m helpers.cluster.practice up             start two nodes, and say how to find them
    python -m helpers.cluster.practice up --nodes 3
    python -m helpers.cluster.practice status         show nodes and jobs
    python -m helpers.cluster.practice down           end all of it, and remove what it wrote

It needs no systemd and no cgroups. It writes into FOLDER, except for SLURM's sockets in /run and
one line for each node in /etc/hosts, as nodes need names. There is one set of these on a machine,
and so there is one cluster. Jobs go to the partition `main`; one in `urgent` takes their nodes, as
a more urgent job does on a large cluster.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from argparse import ArgumentParser
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from helpers import InputError, require
from helpers.cluster import practice_files
from helpers.cluster.practice_files import CONF, FOLDER
from helpers.cluster.practice_programs import Programs

HOSTS = Path("/etc/hosts")
SOCKETS = (Path("/run/slurm"), Path("/run/slurmctld"))
OURS = ".practice-cluster"  # in a folder of sockets that a practice cluster has made
COMMAND = "python -m helpers.cluster.practice"
APT = "apt-get update && apt-get install -y --no-install-recommends slurmctld slurmd slurm-client"
FIND = f"SLURM's commands find it after: export SLURM_CONF={CONF}"


def missing() -> str:
    """Say why there can be no practice cluster here, and what to do about it.

    The result is empty where there can be one.
    """
    if sys.platform != "linux":
        return (
            "a practice cluster needs Linux: "
            "start it in a container or in Colab; on Windows, in WSL"
        )
    is_another_running = any(path.exists() and not _is_ours(path) for path in SOCKETS)
    is_another_installed = Path("/etc/slurm/slurm.conf").exists()
    is_another_chosen = os.environ.get("SLURM_CONF", str(CONF)) != str(CONF)
    if is_another_running or is_another_installed or is_another_chosen:
        return "this machine has a SLURM of its own: submit to that one"
    if os.geteuid() != 0:
        return "a practice cluster needs root: use sudo, a container, or Colab"
    absent = [name for name in ("slurmctld", "slurmd", "sbatch") if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not found: {APT}"
    return ""


def _is_ours(sockets: Path) -> bool:
    """Whether a practice cluster has made this folder, and no other SLURM."""
    return (sockets / OURS).exists()


class Cluster(Programs):
    """The practice cluster of this machine. SLURM's commands find it by its environment."""

    def start(self, nodes: int = 2) -> None:
        """Start the controller and so many nodes. Raises TimeoutError if one does not come."""
        addresses = {f"node{n}": f"127.0.0.{10 + n}" for n in range(1, nodes + 1)}
        practice_files.make_folders(FOLDER, addresses)
        for sockets in SOCKETS:
            sockets.mkdir(exist_ok=True)
            (sockets / OURS).touch()
        practice_files.write_keys(FOLDER)
        practice_files.add_hosts(HOSTS, addresses, FOLDER)
        version = re.search(r"\d+", self.run("slurmctld", "-V"))[0]
        is_old = int(version) < 24
        if is_old:  # programs of an older SLURM trust each other by way of munge
            self.start_munge()
        practice_files.write_settings(FOLDER, addresses, is_old)
        self.start_daemon("slurmctld", "-i", "-D")
        for name in addresses:
            # One after another: of two that make their sockets at the same moment, one gives up.
            self.start_node(name)
            sinfo = ["sinfo", "--noheader", f"--nodes={name}", "--states=idle", "--format=%N"]
            self.wait(partial(self.run, *sinfo), f"{name} is not idle")
            print(f"{name} is up", flush=True)

    def start_node(self, name: str) -> None:
        self.start_daemon("slurmd", "-b", "-D", "-N", name)

    def stop(self) -> None:
        """End all jobs and daemons, and remove what they wrote."""
        if not FOLDER.exists():
            return
        if self.processes():
            with suppress(subprocess.SubprocessError, TimeoutError):  # where the controller is gone
                jobs = self.run("squeue", "--noheader", "--format=%A").split()
                if jobs:
                    self.run("scancel", *jobs)  # of all users
                self.wait(self._has_no_jobs, "jobs are left", seconds=15)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            with suppress(TimeoutError):
                self.wait(lambda: not self.processes(), "daemons are left", seconds=5)
        for daemon in self.daemons.values():
            daemon.wait()
        practice_files.remove_hosts(HOSTS, FOLDER)
        for path in (*filter(_is_ours, SOCKETS), FOLDER):
            shutil.rmtree(path, ignore_errors=True)

    def _has_no_jobs(self) -> bool:
        return self.run("squeue", "--noheader") == ""


@contextmanager
def hold():
    """Keep others from starting or ending a cluster on this machine within the with block.

    Wait first for another process that does so now: that takes seconds.
    """
    import fcntl  # here, as Windows has none

    with open(HOSTS) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def up(cluster: Cluster, nodes: int = 2) -> None:
    """Start a practice cluster. Raises InputError where there can be none, or is one."""
    why = missing()
    require(not why, why)
    require(1 <= nodes <= 200, f"--nodes is {nodes}: it must be from 1 to 200.")
    with hold():
        require(
            not cluster.processes(), f"a practice cluster is up already; to end it: {COMMAND} down"
        )
        cluster.stop()  # removes what a killed one has left
        try:
            cluster.start(nodes)
        except BaseException as error:
            reason = _worst_line(FOLDER / "daemons.log")
            cluster.stop()
            if not isinstance(error, (TimeoutError, subprocess.SubprocessError)):
                raise
            raise InputError(f"the practice cluster does not start: {error}. {reason}") from None


def _worst_line(log: Path) -> str:
    """Return the line of the daemons' log that best explains a failure, or ""."""
    if not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    errors = [line for line in lines if "error:" in line or "fatal:" in line]
    # The worst goes last. The lines of slurmctld go first, as it says much.
    errors.sort(key=lambda line: ("fatal:" in line, not line.startswith("slurmctld")))
    return errors[-1] if errors else ""


def use() -> bool:
    """Point SLURM's commands to the practice cluster, from now on in this process or notebook.

    Returns whether one answers.
    """
    is_up = _answers()
    if is_up:
        os.environ["SLURM_CONF"] = str(CONF)
    elif is_used():
        del os.environ["SLURM_CONF"]
    return is_up


def is_used() -> bool:
    """Whether SLURM's commands of this process or notebook find the practice cluster."""
    return os.environ.get("SLURM_CONF") == str(CONF)


def _answers() -> bool:
    if not CONF.exists():
        return False
    try:
        nodes = Cluster().run("sinfo", "--noheader", "--states=idle,mixed,allocated,completing")
    except (subprocess.SubprocessError, OSError):  # its daemons are dead, or SLURM is gone
        return False
    return nodes != ""


def main(args: list[str] | None = None) -> None:
    """Run the command: see the top of this file.

    The exit status is 0 when it is done, 2 when it cannot be.
    """
    parser = ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    what = "start it, show nodes and jobs, end it"
    parser.add_argument("command", choices=("up", "status", "down"), help=what)
    parser.add_argument("--nodes", type=int, default=2, help="how many `up` starts, 2 without it")
    options = parser.parse_args(args)
    cluster = Cluster()
    try:
        require(
            not FOLDER.exists() or os.access(FOLDER, os.W_OK),
            "the practice cluster of this machine was started by root: use sudo.",
        )
        if options.command == "up":
            up(cluster, options.nodes)
            print(f"{FIND}\nTo end it: {COMMAND} down")
        elif options.command == "down":
            with hold():
                cluster.stop()
        elif cluster.processes():
            print(cluster.run("sinfo"), cluster.run("squeue"), FIND, sep="\n\n")
        else:
            print(f"no practice cluster is up; to start one: {COMMAND} up")
    except (InputError, subprocess.SubprocessError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
