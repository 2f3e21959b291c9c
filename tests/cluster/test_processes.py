"""What a process reads in its environment. Processes that really meet are in test_slurm.py."""

import os
import signal
import subprocess
import sys
import time

import pytest

from helpers import InputError
from helpers.cluster.processes import Group

SRUN = {  # as srun sets it in the last of 4 processes on 2 nodes
    **{"SLURM_JOB_ID": "123456", "SLURM_STEP_ID": "0", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4"},
    **{"SLURM_STEP_TASKS_PER_NODE": "2(x2)", "SLURM_STEP_NODELIST": "node[3-4]"},
    **{"SLURM_PROCID": "3", "SLURM_LOCALID": "1", "SLURM_NODEID": "1"},
}
TORCHRUN = {"TORCHELASTIC_RUN_ID": "snn", "RANK": "3", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2"}


@pytest.fixture
def environment(monkeypatch):
    """An environment that holds these variables, and none else of SLURM or torchrun, until the test ends."""

    def replace(variables: dict[str, str]):
        monkeypatch.setattr(os, "environ", dict(variables))

    return replace


@pytest.mark.parametrize("variables", [SRUN, TORCHRUN], ids=["srun", "torchrun"])
def test_nodes_and_devices_come_from_the_environment(variables, environment):
    environment(variables)
    group = Group()
    assert (group.nodes, group.devices, group.size, group.rank) == (2, 2, 4, 3)
    assert (group.options["num_nodes"], group.options["devices"]) == (2, 2)
    if variables is SRUN:
        names = "MASTER_ADDR", "MASTER_PORT", "LOCAL_RANK"
        assert [os.environ[name] for name in names] == ["node3", "18456", "1"]


@pytest.mark.parametrize("step", [{}, {"SLURM_STEP_ID": "4294967290"}], ids=["batch", "interactive"])
def test_several_tasks_need_srun(step, environment):
    environment({"SLURM_JOB_ID": "1", "SLURM_NTASKS": "2", **step})
    with pytest.raises(InputError, match="this job has 2 tasks, but this is one process outside srun"):
        Group().meet()


def test_a_single_task_leaves_the_devices_to_lightning(environment):
    environment({**SRUN, "SLURM_NTASKS": "1", "SLURM_STEP_NUM_TASKS": "1", "SLURM_STEP_TASKS_PER_NODE": "1"})
    group = Group()
    group.check_devices(devices=2, num_nodes=1, accelerator="cpu")
    assert group.size == 1 and list(group.options) == ["plugins"]


@pytest.mark.parametrize("devices, num_nodes, said", [(4, 1, "devices is 4"), ("auto", 3, "num_nodes is 3")])
def test_devices_and_nodes_are_those_that_srun_was_told(devices, num_nodes, said, environment):
    environment(SRUN)
    with pytest.raises(InputError, match=f"^--trainer.{said}, but srun started 4 processes on 2 nodes: leave this"):
        Group().check_devices(devices, num_nodes, "cpu")


@pytest.mark.parametrize("variables, gpus", [(SRUN, 1), (SRUN, 4), (TORCHRUN, 1)])
def test_each_process_needs_a_gpu_of_its_own(variables, gpus, environment, monkeypatch):
    environment(variables)
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    with pytest.raises(InputError, match=f"this node has {gpus} GPUs? for 2 processes"):
        Group().check_devices("auto", 1, "auto")
    Group().check_devices("auto", 1, "cpu")


# Two processes as torchrun starts them, in a job that SLURM is asked to requeue; the number of each is its exit status.
REQUEUED = """
import os, socket, sys
with socket.create_server(("", 0)) as server:
    port = server.getsockname()[1]
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from helpers.cluster.processes import Group
os.environ |= {"TORCHELASTIC_RUN_ID": "snn", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "SLURM_JOB_ID": "7"}
os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
rank = 0 if os.fork() else 1
os.environ["RANK"], rank_zero_only.rank = str(rank), rank
group = Group()
group.meet()
print(rank, os.getpid(), file=sys.stderr, flush=True)
group.stop("stopped", requeue=True)
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
        if len(words := first.stderr.readline().split()) == 2:
            pids[words[0]] = int(words[1])
    time.sleep(2)
    os.kill(pids["1"], signal.SIGTERM)  # it is still there
    assert [line for line in first.stderr if not line.startswith("[")] == []  # warnings of PyTorch begin so
