"""A practice cluster: a real SLURM whose nodes are all on this one machine.

It takes Linux, root and SLURM's packages.

    python -m helpers.cluster.practice up             start two nodes, and say how to find them
    python -m helpers.cluster.practice up --nodes 3
    python -m helpers.cluster.practice status         show nodes and jobs
    python -m helpers.cluster.practice down           end all of it, and remove what it wrote

It needs no systemd and no cgroups. It writes into FOLDER, except for SLURM's sockets in /run and
LOCK. There is one set of these on a machine, and so there is one cluster. All of it listens at
127.0.0.1 alone, which no other machine reaches. On a machine without a network, its loopback
interface gets ADDRESS as well, until the cluster ends. Jobs go to the partition `main`; one in
`urgent` takes their nodes, as a more urgent job does on a large cluster. Memory is neither reserved
nor limited: `--mem` has no effect.
"""

import os
import re
import shutil
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, Popen, SubprocessError

from helpers import InputError, require
from helpers.run.slurm import ask

FOLDER = Path("/var/lib/practice-cluster")
CONF = f"{FOLDER}/slurm.conf"
LOG = FOLDER / "daemons.log"
TASK_PROLOG = FOLDER / "task-prolog"
LOCK = Path("/run/practice-cluster.lock")  # held while a cluster starts or ends; it stays
ADDRESS = "192.0.2.1/32"  # nobody's: RFC 5737
SOCKETS = (Path("/run/slurm"), Path("/run/slurmctld"))
OURS = ".practice-cluster"  # in a folder of sockets that a practice cluster has made
MARK = "PRACTICE_CLUSTER"  # in the environment of the daemons, and of no learner's program
COMMAND = "python -m helpers.cluster.practice"
APT = "apt-get update && apt-get install -y --no-install-recommends slurmctld slurmd slurm-client"
FIND = f"SLURM's commands find it after: export SLURM_CONF={CONF}"


def why_impossible() -> str:
    """Say why there can be no practice cluster here, and what to do about it.

    The result is empty if there can be one.
    """
    if sys.platform != "linux":
        return (
            "a practice cluster needs Linux: "
            "start it in a container or in Colab; on Windows, in WSL"
        )
    if (
        any(path.exists() and not _is_ours(path) for path in SOCKETS)  # which runs
        or Path("/etc/slurm/slurm.conf").exists()
        or os.getenv("SLURM_CONF", CONF) != CONF
    ):
        return "this machine has a SLURM of its own: submit to that one"
    if os.geteuid() != 0:
        return "a practice cluster needs root: use sudo, a container, or Colab"
    absent = [name for name in ("slurmctld", "slurmd", "sbatch") if not shutil.which(name)]
    if absent:
        return f"{', '.join(absent)} not found: {APT}"
    return ""


def _is_ours(sockets):
    """Whether a practice cluster has made this folder, and no other SLURM."""
    return (sockets / OURS).exists()


class Cluster:
    """The practice cluster of this machine. SLURM's commands find it by its environment."""

    def __init__(self):
        self.environment = os.environ | {"SLURM_CONF": CONF}
        self.daemons = {}

    def start(self, nodes: int) -> None:
        """Start the controller and so many nodes. Raises SubprocessError if one does not come."""
        names = [f"node{n}" for n in range(1, nodes + 1)]
        for name in (".", "state", "munge"):
            (FOLDER / name).mkdir(mode=0o711, exist_ok=True)
        LOG.touch()
        for sockets in SOCKETS:
            sockets.mkdir(exist_ok=True)
            (sockets / OURS).touch()
        for key in (FOLDER / "slurm.key", FOLDER / "munge/key"):
            key.touch(0o600)  # before there is anything to read
            key.write_bytes(os.urandom(1024))
        # SLURM finds no address to listen at, not even 127.0.0.1, where the machine has the
        # loopback's alone: it asks for those of the kinds that the machine has another one of.
        said, problem = ask("ip", "-4", "address", "show", "scope", "global")
        if not (said or problem):
            self.run("ip", "address", "add", ADDRESS, "dev", "lo")
        # the names of nodes lead nowhere: processes that train meet here
        TASK_PROLOG.write_text("#!/bin/sh\necho export MASTER_ADDR=127.0.0.1\n")
        TASK_PROLOG.chmod(0o755)
        is_old = int(re.search(r"\d+", self.run("slurmctld", "-V"))[0]) < 24
        if is_old:  # programs of an older SLURM trust each other by way of munge
            munge = FOLDER / "munge"
            self._start_daemon(
                "munged",
                "--foreground",
                f"--key-file={munge}/key",
                f"--socket={munge}/socket",
                f"--pid-file={munge}/pid",
                f"--seed-file={munge}/seed",
                f"--log-file={munge}/log",
            )
            self.wait((munge / "socket").exists, "munged makes no socket")
        _write_settings(names, is_old)
        self._start_daemon("slurmctld", "-i", "-D")
        for name in names:
            # One after another: of two that make their sockets at the same moment, one gives up.
            self.start_node(name)
            is_idle = partial(
                self.run, "sinfo", "--noheader", f"--nodes={name}", "--states=idle", "--format=%N"
            )
            self.wait(is_idle, f"{name} is not idle")
            print(f"{name} is up", flush=True)

    def start_node(self, name: str) -> None:
        self._start_daemon("slurmd", "-b", "-D", "-N", name)

    def _start_daemon(self, *command):
        """Start a program that goes on when this one ends. It is known by its last word."""
        with open(LOG, "a") as log:
            self.daemons[command[-1]] = Popen(
                command,
                env=self.environment | {MARK: "1"},
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self, *command: str) -> str:
        """Return what a command of SLURM prints. Raises SubprocessError when it fails."""
        said, problem = ask(*command, seconds=60, env=self.environment)
        if problem:
            raise SubprocessError(f"{' '.join(command)}: {problem}")
        return said

    def wait(self, condition, otherwise: str, seconds: float = 30) -> None:
        """Wait until the condition returns something true.

        A condition that asks SLURM is asked again if SLURM does not answer.

        Args:
            condition: a function without arguments
            otherwise: what is wrong if it stays false
            seconds: how long to wait

        Raises:
            SubprocessError: when that takes too long
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(SubprocessError):
                if condition():
                    return
            time.sleep(0.1)
        raise SubprocessError(f"after {seconds} s, {otherwise}")

    def processes(self) -> list:
        """Return psutil's Processes: daemons and what runs on nodes, no program that uses them."""
        import psutil  # comes with Jupyter's kernel

        found = []
        for process in psutil.process_iter(["environ"]):
            environment = process.info["environ"] or {}
            finds_us = environment.get("SLURM_CONF") == CONF
            if finds_us and (MARK in environment or "SLURMD_NODENAME" in environment):
                found.append(process)
        return found

    def stop(self) -> None:
        """End all jobs and daemons, and remove what they wrote."""
        import psutil

        if self.processes():
            with suppress(SubprocessError):  # the controller may be gone
                jobs = self.run("squeue", "--noheader", "--format=%A").split()
                if jobs:
                    self.run("scancel", *jobs)  # of all users
                self.wait(lambda: not self.run("squeue", "--noheader"), "jobs are left", seconds=15)
        for number in (signal.SIGTERM, signal.SIGKILL):
            processes = self.processes()
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            psutil.wait_procs(processes, timeout=5)
        for daemon in self.daemons.values():
            daemon.wait()
        ask("ip", "address", "del", ADDRESS, "dev", "lo")  # if it has it
        for path in (*filter(_is_ours, SOCKETS), FOLDER):
            shutil.rmtree(path, ignore_errors=True)


def _write_settings(names, is_old):
    """Write cgroup.conf and slurm.conf, with ports that are free now.

    Args:
        names: of the nodes
        is_old: whether SLURM is older than version 24
    """
    import psutil

    cgroups = "disabled"
    auth = "slurm"
    how = "use_client_ids"
    if is_old:
        cgroups = "cgroup/v1"  # which it takes unmounted
        auth = "munge"
        how = f"socket={FOLDER}/munge/socket"
    (FOLDER / "cgroup.conf").write_text(f"CgroupPlugin={cgroups}\n")
    with ExitStack() as held:  # all at once, or the same one would come twice
        port, *node_ports = [
            held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            for _ in range(1 + len(names))
        ]
    template = Path(__file__).with_name("practice.conf").read_text()
    lines = [template.format(port=port, folder=FOLDER, auth=auth, how=how)]
    memory = psutil.virtual_memory().total // 2**20  # MiB
    lines += [
        f"NodeName={name} NodeHostname={socket.gethostname()} "
        f"NodeAddr=127.0.0.1 Port={node_port} CPUs=3 RealMemory={memory}\n"
        for name, node_port in zip(names, node_ports)
    ]
    Path(CONF).write_text("\n".join(lines))


def hold():
    """Keep others from starting or ending a cluster on this machine within the with block.

    Wait first for another process that does so now: that takes seconds.
    """
    from filelock import FileLock  # here: the pre-flight looks for SLURM where this is missing

    return FileLock(LOCK, mode=0o600)  # nobody else can hold it


def up(cluster: Cluster, nodes: int = 2) -> None:
    """Start a practice cluster. Raises InputError if there can be none, or is one."""
    why = why_impossible()
    require(not why, why)
    require(1 <= nodes <= 200, f"--nodes is {nodes}: it must be from 1 to 200.")
    with hold(), ExitStack() as failed:
        require(
            not cluster.processes(), f"a practice cluster is up already; to end it: {COMMAND} down"
        )
        cluster.stop()  # removes what a killed one has left
        failed.callback(cluster.stop)
        try:
            cluster.start(nodes)
        except (SubprocessError, OSError) as error:
            raise InputError(
                f"the practice cluster does not start: {error}. {_worst_line()}"
            ) from None
        failed.pop_all()


def _worst_line():
    """Return the line of the daemons' log that best explains a failure, or ""."""
    log = LOG.read_text(errors="replace")
    # of the errors, those of slurmctld come last: it says much
    for pattern in ("^.*fatal:.*", "^(?!slurmctld).*error:.*", "^.*error:.*"):
        if found := re.findall(pattern, log, re.MULTILINE):
            return found[-1]
    return ""


def use() -> bool:
    """Point SLURM's commands to the practice cluster, from now on in this process or notebook.

    Returns whether one answers.
    """
    nodes = ""
    if Path(CONF).exists():  # without it, sinfo would look for it for a minute
        states = "--states=idle,mixed,allocated,completing"
        nodes, _ = ask("sinfo", "--noheader", states, env=Cluster().environment)
    if nodes:
        os.environ["SLURM_CONF"] = CONF
    elif is_used():
        del os.environ["SLURM_CONF"]
    return nodes != ""


def is_used() -> bool:
    """Whether SLURM's commands of this process or notebook find the practice cluster."""
    return os.getenv("SLURM_CONF") == CONF


def main(args: list[str] | None = None) -> None:
    """Run the command: see the top of this file.

    The exit status is 0 when it is done, 2 when it cannot be.
    """
    parser = ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "command", choices=("up", "status", "down"), help="start it, show nodes and jobs, end it"
    )
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
            if FOLDER.exists():
                with hold():
                    cluster.stop()
        elif cluster.processes():
            print(cluster.run("sinfo"), cluster.run("squeue"), FIND, sep="\n\n")
        else:
            print(f"no practice cluster is up; to start one: {COMMAND} up")
    except (InputError, SubprocessError) as error:
        parser.exit(2, f"error: {error}\n")


if __name__ == "__main__":
    main()
