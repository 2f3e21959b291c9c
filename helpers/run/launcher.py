"""Which program has started this process, by its environment: srun, torchrun, or none of them."""

import os
import re
from typing import Literal

from lightning_fabric.plugins.environments import SLURMEnvironment

FIRST_SPECIAL_STEP = 2**32 - 16  # SLURM's numbers of batch scripts, interactive shells and the like


def count_tasks() -> int:
    """How many tasks the SLURM job has of which this process is part; 1 outside of SLURM."""
    return int(os.environ.get("SLURM_NTASKS", 1))


def find_launcher() -> Literal["srun", "torchrun", ""]:
    """The program that has started several processes; "" where this one was started alone."""
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return "torchrun"
    step = int(os.environ.get("SLURM_STEP_ID", -1))
    if count_tasks() > 1 and 0 <= step < FIRST_SPECIAL_STEP:
        return "srun"
    return ""


def name_of_start() -> str:
    """Return a name that all processes of one start share: srun's job and step, torchrun's id."""
    if find_launcher() == "srun":
        return f"job {os.environ['SLURM_JOB_ID']}, step {os.environ['SLURM_STEP_ID']}"
    restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", 0)
    return f"{os.environ['TORCHELASTIC_RUN_ID']}, start {restart}"


def translate_slurm() -> None:
    """Set torchrun's variables from those of srun, so that all that follows reads one kind only."""
    env = os.environ
    # of 4(x2), that is 4 on each of 2 nodes, the 4
    tasks_per_node = re.match(r"\d+", env["SLURM_STEP_TASKS_PER_NODE"]).group()
    address = SLURMEnvironment.resolve_root_node_address(env["SLURM_STEP_NODELIST"])
    env.setdefault("MASTER_ADDR", address)
    # another port for each srun: SLURM numbers those of a job from 0 on
    number = int(env["SLURM_JOB_ID"]) + 7919 * int(env["SLURM_STEP_ID"])
    env.setdefault("MASTER_PORT", str(15000 + number % 10000))
    env["RANK"] = env["SLURM_PROCID"]
    env["LOCAL_RANK"] = env["SLURM_LOCALID"]
    env["GROUP_RANK"] = env["SLURM_NODEID"]
    env["WORLD_SIZE"] = env["SLURM_STEP_NUM_TASKS"]
    env["LOCAL_WORLD_SIZE"] = tasks_per_node
