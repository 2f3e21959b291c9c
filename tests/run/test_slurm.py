"""How a job is given back to SLURM. The rest is in tests/cluster/test_slurm.py, on a real one."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from helpers.run import slurm

# Two processes as torchrun starts them, in a job that SLURM is asked to requeue; the number of each is its exit status.
REQUEUED = """
import os, socket, sys
with socket.create_server(("", 0)) as server:
    port = server.getsockname()[1]
from helpers.run import slurm
from helpers.run.rendezvous import Rendezvous
os.environ |= {"TORCHELASTIC_RUN_ID": "snn", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "SLURM_JOB_ID": "7"}
os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
read, write = os.pipe()
rank = 0 if os.fork() else 1
os.environ["RANK"] = str(rank)
group = Rendezvous()
group.meet()
print(rank, os.getpid(), file=sys.stderr, flush=True)
if rank == 0:
    os.read(read, 1)  # the store ends with this process: first the other one has to meet it
else:
    os.write(write, b".")
slurm.requeue(is_first=rank == 0)
"""


def test_a_process_that_outlives_the_first_one_in_a_requeue_waits_in_silence(tmp_path):
    scontrol = tmp_path / "scontrol"  # SLURM ends the first process before scontrol has answered it
    scontrol.write_text("#!/bin/sh\nkill -9 $PPID\n")
    scontrol.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    first = subprocess.Popen([sys.executable, "-c", REQUEUED], env=environment, **pipes)
    assert first.wait(timeout=100) == -signal.SIGKILL
    pids = {}
    while len(pids) < 2:  # among warnings of PyTorch about the name of this machine
        line = first.stderr.readline()
        assert line, "a process ended without its number"
        if found := re.match(r"([01]) (\d+)", line):  # a warning may follow in the same line
            pids[found[1]] = int(found[2])
    time.sleep(2)
    os.kill(pids["1"], signal.SIGTERM)  # it is still there
    assert [
        line for line in first.stderr if not line.startswith("[")
    ] == []  # warnings of PyTorch begin so


@pytest.mark.parametrize(
    "first",
    [
        "echo slurm_load_jobs error: Socket timed out on send/recv operation >&2; exit 1",
        "exec sleep 9",
    ],
)
def test_a_slurm_too_busy_to_answer_is_asked_again(first, tmp_path, monkeypatch):
    """Nothing in the queue would mean that the job has ended."""
    squeue = tmp_path / "squeue"
    asked = f"mkdir {tmp_path}/asked 2> {os.devnull}"
    squeue.write_text(f"#!/bin/sh\nif {asked}; then {first}; else echo RUNNING; fi\n")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert slurm.ask("squeue", "--jobs=7", seconds=2) == ("RUNNING", "")
