"""What a process reads in its environment. Processes that really meet are in test_slurm.py."""

import os
from types import SimpleNamespace

import psutil
import pytest

from helpers import InputError
from helpers.run.rendezvous import Rendezvous, open_store

SRUN = {  # as srun sets it in the last of 4 processes on 2 nodes
    "SLURM_JOB_ID": "123456",
    "SLURM_STEP_ID": "0",
    "SLURM_NTASKS": "4",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
    "SLURM_STEP_NODELIST": "node[3-4]",
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
}
TORCHRUN = {"TORCHELASTIC_RUN_ID": "snn", "RANK": "3", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2"}


def trainer(devices="auto", num_nodes=1, accelerator="cpu") -> SimpleNamespace:
    """The options of the Trainer that are checked."""
    return SimpleNamespace(devices=devices, num_nodes=num_nodes, accelerator=accelerator)


@pytest.fixture
def environment(monkeypatch):
    """An environment that holds no variables of SLURM or torchrun but those it gets, until the test ends."""
    monkeypatch.setattr(os, "environ", {})
    return os.environ


@pytest.mark.parametrize("variables", [SRUN, TORCHRUN], ids=["srun", "torchrun"])
def test_nodes_and_devices_come_from_the_environment(variables, environment):
    environment |= variables
    group = Rendezvous()
    assert (group.nodes, group.devices, group.size, group.rank) == (2, 2, 4, 3)
    assert (group.options["num_nodes"], group.options["devices"]) == (2, 2)
    if variables is SRUN:
        names = "MASTER_ADDR", "MASTER_PORT", "LOCAL_RANK"
        assert [os.environ[name] for name in names] == ["node3", "31848", "1"]


@pytest.mark.parametrize(
    "name, value, port",
    [
        ("SLURM_JOB_ID", "133456", 24080),  # 10,000 jobs later
        ("SLURM_STEP_ID", "1", 21999),
        ("MASTER_PORT", "4711", 4711),
    ],
)
def test_each_srun_has_a_port_of_its_own(name, value, port, environment):
    environment |= SRUN | {name: value}
    Rendezvous()
    assert int(os.environ["MASTER_PORT"]) == port


@pytest.mark.parametrize(
    "step", [{}, {"SLURM_STEP_ID": "4294967290"}], ids=["batch", "interactive"]
)
def test_several_tasks_need_srun(step, environment):
    environment |= {"SLURM_JOB_ID": "1", "SLURM_NTASKS": "2", **step}
    with pytest.raises(
        InputError, match="this job has 2 tasks, but this is one process outside srun"
    ):
        Rendezvous().meet()


def test_a_single_task_leaves_the_devices_to_lightning(environment):
    names = "SLURM_NTASKS", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_TASKS_PER_NODE"
    environment |= SRUN | dict.fromkeys(names, "1")
    group = Rendezvous()
    group.check_devices(trainer(devices=2))
    assert group.size == 1 and list(group.options) == ["plugins"]


@pytest.mark.parametrize(
    "devices, num_nodes, said", [(4, 1, "devices is 4"), ("auto", 3, "num_nodes is 3")]
)
def test_devices_and_nodes_are_those_that_srun_was_told(devices, num_nodes, said, environment):
    environment |= SRUN
    with pytest.raises(
        InputError, match=f"^--trainer.{said}, but srun started 4 processes on 2 nodes: leave this"
    ):
        Rendezvous().check_devices(trainer(devices, num_nodes))


@pytest.mark.parametrize("variables, gpus", [(SRUN, 1), (SRUN, 4), (TORCHRUN, 1)])
def test_each_process_needs_a_gpu_of_its_own(variables, gpus, environment, monkeypatch):
    environment |= variables
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    with pytest.raises(InputError, match=f"this node has {gpus} GPUs? for 2 processes"):
        Rendezvous().check_devices(trainer(accelerator="auto"))
    Rendezvous().check_devices(trainer())


def listens_at(port: int) -> set[str]:
    """The addresses at which this process listens at a port."""
    sockets = psutil.Process().net_connections("tcp")
    return {
        at.laddr.ip for at in sockets if at.status == psutil.CONN_LISTEN and at.laddr.port == port
    }


def test_the_store_of_one_machine_is_reached_from_no_other(environment):
    group = Rendezvous()
    group.serve()
    port = int(environment["MASTER_PORT"])
    assert environment["MASTER_ADDR"] == "127.0.0.1" and listens_at(port) == {"127.0.0.1"}
    open_store("127.0.0.1", port, serves=False).set("heard", "")
    assert group.store.check(["heard"])


def test_processes_on_one_node_meet_at_a_store_of_this_machine(environment):
    one_node = {"SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_TASKS_PER_NODE": "2", "SLURM_PROCID": "0"}
    environment |= SRUN | one_node
    group = Rendezvous()
    store = group._open_store()
    assert os.environ["MASTER_ADDR"] == "node3" and listens_at(store.port) == {"127.0.0.1"}
