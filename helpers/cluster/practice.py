"""A practice cluster: a real SLURM whose nodes are all on this one machine. It takes Linux, root and SLURM's packages.

    python -m helpers.cluster.practice up              starts two nodes, and says how SLURM's commands find them
    python -m helpers.cluster.practice up --nodes 3
    python -m helpers.cluster.practice status          which nodes and jobs there are
    python -m helpers.cluster.practice down            ends all of it, and removes what it wrote

It needs no systemd and no cgroups. What it writes is in FOLDER, but for one line for each node in /etc/hosts, as nodes
need names, and SLURM's sockets in /run. There is one set of these on a machine, and so there is one cluster.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from helpers import InputError, require

FOLDER, HOSTS = Path("/var/lib/practice-cluster"), Path("/etc/hosts")
CONF, SOCKETS = FOLDER / "slurm.conf", (Path("/run/slurm"), Path("/run/slurmctld"))
OURS = {"PRACTICE_CLUSTER": "1"}  # in the environment of the daemons, and of no program of the learner
COMMAND = "python -m helpers.cluster.practice"
APT = "apt-get update && apt-get install -y --no-install-recommends slurmctld slurmd slurm-client"
FIND = f"SLURM's commands find it after: export SLURM_CONF={CONF}"


def missing() -> str:
    """Why there can be no practice cluster here, and what to do about it; or ""."""
    if sys.platform != "linux":
        return "a practice cluster needs Linux: start it in a container or in Colab; on Windows, in WSL"
    runs = any(path.exists() for path in SOCKETS) and not FOLDER.exists()
    if runs or Path("/etc/slurm/slurm.conf").exists() or os.environ.get("SLURM_CONF", str(CONF)) != str(CONF):
        return "this machine has a SLURM of its own: submit to that one"
    if os.geteuid() != 0:
        return "a practice cluster needs root: use sudo, a container, or Colab"
    absent = [name for name in ("slurmctld", "slurmd", "sbatch") if shutil.which(name) is None]
    return f"{', '.join(absent)} not found: {APT}" if absent else ""


class Cluster:
    """The practice cluster of this machine. SLURM's commands find it by its environment."""

    def __init__(self):
        self.environment, self.daemons = {**os.environ, "SLURM_CONF": str(CONF)}, {}

    def start(self, nodes: int = 2) -> None:
        """Start the controller and so many nodes. Raises TimeoutError if one does not come."""
        names = [f"node{n}" for n in range(1, nodes + 1)]
        addresses = [f"127.0.0.{10 + n}" for n in range(1, nodes + 1)]
        for folder in (".", "state", "munge", *(f"spool.{name}" for name in names)):
            (FOLDER / folder).mkdir(mode=0o711, exist_ok=True)
        for key in (FOLDER / "slurm.key", FOLDER / "munge" / "key"):
            key.write_bytes(os.urandom(1024))
            key.chmod(0o600)
        lines = [f"{address} {name} # {FOLDER}\n" for name, address in zip(names, addresses)]
        HOSTS.write_text("".join(lines) + HOSTS.read_text())  # in place: in a container it is a mount

        fill = {"auth": "slurm", "how": "use_client_ids", "folder": FOLDER}
        old = int(re.search(r"\d+", self.run("slurmctld", "-V"))[0]) < 24  # v1 of cgroups it takes unmounted
        (FOLDER / "cgroup.conf").write_text(f"CgroupPlugin={'cgroup/v1' if old else 'disabled'}\n")
        if old:  # older programs of SLURM trust each other by way of munge
            munge = FOLDER / "munge"
            fill |= {"auth": "munge", "how": f"socket={munge}/socket"}
            paths = {"key-file": "key", "socket": "socket", "pid-file": "pid", "seed-file": "seed", "log-file": "log"}
            self._daemon("munged", "--foreground", *(f"--{option}={munge / name}" for option, name in paths.items()))
            self.wait((munge / "socket").exists, "munged makes no socket")
        with ExitStack() as held:
            free = [held.enter_context(socket.create_server(("", 0))) for _ in range(1 + nodes)]
            port, *ports = [server.getsockname()[1] for server in free]
        lines = [Path(__file__).with_suffix(".conf").read_text().format(port=port, **fill)] + [
            f"NodeName={name} NodeHostname={socket.gethostname()} NodeAddr={address} Port={port} CPUs=3"
            for name, address, port in zip(names, addresses, ports)
        ]
        CONF.write_text("\n".join([*lines, ""]))
        self._daemon("slurmctld", "-i", "-D")
        for name in names:  # one after another: of two that make their sockets at the same moment, one gives up
            self.start_node(name)
            idle = partial(self.run, "sinfo", "--noheader", f"--nodes={name}", "--states=idle", "--format=%N")
            self.wait(idle, f"{name} is not idle")
            print(f"{name} is up", flush=True)

    def start_node(self, name: str) -> None:
        self._daemon("slurmd", "-b", "-D", "-N", name)

    def stop(self) -> None:
        """End all jobs and daemons, and remove what they wrote."""
        if not FOLDER.exists():  # what is in /run is then of another SLURM
            return
        if self.processes():
            with suppress(subprocess.SubprocessError, TimeoutError):  # where the controller is gone
                self.run("scancel", "--user=root")
                self.wait(lambda: self.run("squeue", "--noheader") == "", "jobs are left", seconds=15)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            with suppress(TimeoutError):
                self.wait(lambda: not self.processes(), "daemons are left", seconds=5)
        for daemon in self.daemons.values():
            daemon.wait()
        lines = HOSTS.read_text().splitlines(keepends=True)
        HOSTS.write_text("".join(line for line in lines if not line.endswith(f" # {FOLDER}\n")))
        for path in (*SOCKETS, FOLDER):
            shutil.rmtree(path, ignore_errors=True)

    def run(self, *command: str) -> str:
        """What a command of SLURM prints. Raises SubprocessError when it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise subprocess.SubprocessError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def wait(self, condition, otherwise: str, seconds: float = 30):
        """What the condition returns, once SLURM answers and that is true. Raises TimeoutError if it takes too long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(subprocess.SubprocessError):
                if result := condition():
                    return result
            time.sleep(0.1)
        raise TimeoutError(f"after {seconds} s, {otherwise}")

    def processes(self, variable: str = "") -> list[int]:
        """The daemons and what runs on their nodes, but no program that only uses the cluster; with this variable."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (path / "environ").read_text(errors="replace").split("\0")
                names = {word.split("=")[0] for word in words}
                on_node = f"SLURM_CONF={CONF}" in words and "SLURMD_NODENAME" in names
                if (on_node or names & OURS.keys()) and (not variable or variable in words):
                    found.append(int(path.name))
        return found

    def _daemon(self, *command: str) -> None:
        with open(FOLDER / "daemons.log", "a") as log:
            apart = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "start_new_session": True}
            name = command[-1] if command[0] == "slurmd" else command[0]
            self.daemons[name] = subprocess.Popen(command, env=self.environment | OURS, **apart)


@contextmanager
def hold():
    """Wait until nobody else starts or ends a cluster on this machine, which takes seconds; then others wait."""
    import fcntl  # which Windows has not

    with open(HOSTS) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def up(cluster: Cluster, nodes: int = 2) -> None:
    """Start a practice cluster. Raises InputError where there can be none, or is one."""
    why = missing()
    require(not why, why)
    require(1 <= nodes <= 200, f"--nodes is {nodes}: it must be from 1 to 200.")
    with hold():
        require(not cluster.processes(), f"a practice cluster is up already; to end it: {COMMAND} down")
        cluster.stop()  # what a killed one has left
        try:
            cluster.start(nodes)
        except BaseException as error:
            log = FOLDER / "daemons.log"
            said = log.read_text(errors="replace").splitlines() if log.exists() else []
            cluster.stop()
            if not isinstance(error, (TimeoutError, subprocess.SubprocessError)):
                raise
            said = [line for line in said if "error:" in line or "fatal:" in line]
            said.sort(key=lambda line: ("fatal:" in line, not line.startswith("slurmctld")))  # that one says much
            raise InputError(f"the practice cluster does not start: {error}. {' '.join(said[-1:])}") from None


def use() -> bool:
    """Whether a practice cluster answers; if so, SLURM's commands find it from now on in this process or notebook."""
    there = False
    if CONF.exists():
        with suppress(subprocess.SubprocessError, OSError):  # its daemons are dead, or SLURM is gone
            there = Cluster().run("sinfo", "--noheader", "--states=idle,mixed,allocated,completing") != ""
    if there:
        os.environ["SLURM_CONF"] = str(CONF)
    elif os.environ.get("SLURM_CONF") == str(CONF):
        del os.environ["SLURM_CONF"]
    return there


def main(args: list[str] | None = None) -> None:
    """The command: see the top of this file. Exit status 0 when done, 2 when something cannot be."""
    parser = ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("up", "status", "down"), help="start it, show nodes and jobs, end it")
    parser.add_argument("--nodes", type=int, default=2, help="how many `up` starts, 2 without it")
    options, cluster = parser.parse_args(args), Cluster()
    try:
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
