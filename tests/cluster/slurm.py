"""A real SLURM with two nodes, and a third on demand, on this one machine, as root, for as long as it is needed.

    python tests/cluster/slurm.py sbatch --wait helpers/cluster/train.sbatch        any command, with SLURM around it

Needs the Debian packages slurmctld, slurmd and slurm-client. No munge, systemd or cgroups. All it writes lies in one
temporary folder, but for three lines in /etc/hosts, since the nodes need names, and SLURM's sockets in /run. Of these
there is one set on a machine: a second cluster waits until the first one has ended.
"""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

NODES = {"node1": "127.0.0.11", "node2": "127.0.0.12", "node3": "127.0.0.13"}
HOSTS = Path("/etc/hosts")
SOCKETS = Path("/run/slurm"), Path("/run/slurmctld")
# Training meets at a port made from the number of the job: FirstJobId keeps two clusters on one machine apart.
# cred_expire is the delay of a requeue in seconds; it must exceed KillWait. SlurmdTimeout must exceed MessageTimeout.
CONF = """
ClusterName=laptop
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={port}
FirstJobId={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/slurm
CredType=cred/slurm
AuthInfo=use_client_ids,cred_expire=6
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
KillWait=3
MessageTimeout=5
MinJobAge=3600
SlurmdTimeout=15
SchedulerParameters=sched_interval=2,batch_sched_delay=1,bf_interval=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
PartitionName=main Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
PartitionName=three Nodes=ALL MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """What a SLURM on this machine lacks, or nothing."""
    absent = [name for name in ("slurmctld", "slurmd", "sbatch") if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not found: apt-get install slurmctld slurmd slurm-client"
    if Path("/etc/slurm/slurm.conf").exists():
        return "this machine has a SLURM of its own, in /etc/slurm/slurm.conf"
    return "" if os.geteuid() == 0 else "starting SLURM's daemons takes root"


class Slurm:
    """The running cluster. Its environment variable SLURM_CONF tells SLURM's commands where it is."""

    def __init__(self, folder: Path):
        self.folder, self.daemons = folder, {}
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}

    def start(self) -> None:
        ports = free_ports(1 + len(NODES))
        nodes = [
            f"NodeName={name} NodeHostname={socket.gethostname()} NodeAddr={address} Port={port} CPUs=3"
            for (name, address), port in zip(NODES.items(), ports[1:])
        ]
        (self.folder / "slurm.conf").write_text("\n".join([CONF.format(port=ports[0], folder=self.folder), *nodes, ""]))
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=disabled\n")
        (self.folder / "slurm.key").write_bytes(os.urandom(1024))
        (self.folder / "slurm.key").chmod(0o600)
        for name in ("state", *(f"spool.{node}" for node in NODES)):
            (self.folder / name).mkdir()
        lines = [f"{address} {name} # {self.folder}\n" for name, address in NODES.items()]
        HOSTS.write_text("".join(lines) + HOSTS.read_text())  # in place: in a container it is a mount
        self._daemon("slurmctld", "-i")
        for node in NODES:  # one after another: of two that make their sockets at the same moment, one gives up
            self.start_node(node)
            self.wait(partial(self._is_idle, node), f"{node} is not idle")

    def start_node(self, node: str) -> None:
        self._daemon("slurmd", "-N", node, "-b")

    def lose_node(self, node: str) -> None:
        """Kill all that runs on a node at once, as if its power failed."""
        for pid in self.processes(f"SLURMD_NODENAME={node}"):
            kill(pid)
        daemon = self.daemons.pop(node)
        daemon.kill()
        daemon.wait()
        for pid in self.processes(f"SLURMD_NODENAME={node}"):
            kill(pid)

    def stop(self) -> None:
        with suppress(subprocess.SubprocessError, TimeoutError):
            self.run("scancel", "--user=root")
            self.wait(lambda: self.run("squeue", "-h") == "", "jobs are left", seconds=15)
        for daemon in self.daemons.values():
            daemon.terminate()
        for daemon in self.daemons.values():
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(timeout=5)
        for pid in self.processes():
            kill(pid)
        for daemon in self.daemons.values():
            daemon.wait()
        lines = HOSTS.read_text().splitlines(keepends=True)
        HOSTS.write_text("".join(line for line in lines if f"# {self.folder}\n" not in line))
        for path in SOCKETS:
            shutil.rmtree(path, ignore_errors=True)

    def run(self, *command: str) -> str:
        """What a command of SLURM prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise subprocess.SubprocessError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout.strip()

    def wait(self, condition, otherwise: str, seconds: float = 30):
        """What the condition returns, once that is true. Raises TimeoutError when it takes too long."""
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {seconds} s, {otherwise}")
            time.sleep(0.1)
        return result

    def job(self, number: str) -> dict[str, str]:
        """What SLURM knows of a job: JobState, Restarts, ExitCode, ..."""
        return dict(re.findall(r"(\w+)=(\S*)", self.run("scontrol", "show", "job", number)))

    def processes(self, variable: str = "") -> list[int]:
        """The daemons of this cluster and all that they started: they inherit its SLURM_CONF."""
        found, wanted = [], {f"SLURM_CONF={self.folder / 'slurm.conf'}", variable} - {""}
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if wanted <= set((path / "environ").read_text(errors="replace").split("\0")):
                    found.append(int(path.name))
        return found

    def _is_idle(self, node: str) -> bool:
        return self.run("sinfo", "--noheader", f"--nodes={node}", "--states=idle", "--format=%N") == node

    def _daemon(self, *command: str) -> None:
        with open(self.folder / "daemons.log", "a") as log:
            apart = {"stdout": log, "stderr": log, "start_new_session": True}
            name = command[2] if len(command) > 2 else command[0]
            self.daemons[name] = subprocess.Popen([*command, "-D"], env=self.environment, **apart)


def free_ports(n: int) -> list[int]:
    with ExitStack() as held:
        return [held.enter_context(socket.create_server(("", 0))).getsockname()[1] for _ in range(n)]


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def slurm():
    """A running cluster. Nothing of it is left behind, whatever happens meanwhile: SIGTERM counts as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with open(HOSTS) as lock, tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cluster = Slurm(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
            signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    if why := missing():
        sys.exit(why)
    with slurm() as cluster:
        sys.exit(subprocess.run(sys.argv[1:], env=cluster.environment).returncode)
