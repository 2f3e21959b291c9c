"""The programs of a practice cluster: how they are started, asked and found again."""

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from helpers.cluster.practice_files import CONF, FOLDER

MARK = {"PRACTICE_CLUSTER": "1"}  # in the environment of the daemons, and of no learner's program


class Programs:
    """Daemons, started by `start_daemon`, and SLURM's commands, started by `run`."""

    def __init__(self):
        self.environment = {**os.environ, "SLURM_CONF": str(CONF)}
        self.daemons = {}

    def start_daemon(self, *command: str) -> None:
        """Start a program that goes on when this one ends."""
        name = command[0]
        if name == "slurmd":
            name = command[-1]  # that of its node
        with open(FOLDER / "daemons.log", "a") as log:
            self.daemons[name] = subprocess.Popen(
                command,
                env=self.environment | MARK,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_munge(self) -> None:
        """Start munge, and wait for its socket."""
        folder = FOLDER / "munge"
        self.start_daemon(
            "munged",
            "--foreground",
            f"--key-file={folder}/key",
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            f"--seed-file={folder}/seed",
            f"--log-file={folder}/log",
        )
        self.wait((folder / "socket").exists, "munged makes no socket")

    def run(self, *command: str) -> str:
        """Return what a command of SLURM prints. Raises SubprocessError when it fails."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise subprocess.SubprocessError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def wait(self, condition, otherwise: str, seconds: float = 30):
        """Wait until the condition returns something true, and return that.

        A condition that asks SLURM is asked again where SLURM does not answer.

        Args:
            condition: a function without arguments
            otherwise: what is wrong if it stays false
            seconds: how long to wait

        Raises:
            TimeoutError: when that takes too long
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(subprocess.SubprocessError):
                result = condition()
                if result:
                    return result
            time.sleep(0.1)
        raise TimeoutError(f"after {seconds} s, {otherwise}")

    def processes(self, variable: str = "") -> list[int]:
        """Return the daemons and what runs on their nodes, but no program that uses the cluster.

        variable: NAME=value; only those are returned that have it in their environment
        """
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (path / "environ").read_text(errors="replace").split("\0")
                names = {word.split("=")[0] for word in words}
                is_daemon = not names.isdisjoint(MARK)
                is_on_node = f"SLURM_CONF={CONF}" in words and "SLURMD_NODENAME" in names
                has_variable = not variable or variable in words
                if (is_daemon or is_on_node) and has_variable:
                    found.append(int(path.name))
        return found
