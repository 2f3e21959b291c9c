"""SLURM: the job that this process is part of, SLURM's commands, and exact preemption.

Exact preemption: a job that is stopped goes on later at the very next step, and its final weights
are those of a job that was never stopped. Before SLURM stops a job at its time limit, and for a
more urgent one if PreemptParameters has send_user_signal, it sends the signal that the job script
asks for, SIGUSR1. A handler could run at any moment, another in each process; a checkpoint needs
all of them at the same step. So there is none: the signal is blocked and stays pending.

This is SLURM's half: its signal, its restarts, and how the job is given back. A job at its time
limit asks to be requeued. One that makes room for a more urgent job only ends: SLURM requeues that
one by itself, and would start it a second time if it was asked as well. Where the partition's
PreemptMode is CANCEL, SLURM does not, and the job asks.

The other half is exact.py: its `KeepLast` looks for the signal at the end of each step. When one
process has it, all save one checkpoint and end with START_AGAIN, which run_command passes to
`requeue`, below.

This module imports no torch: that takes seconds, in which a signal must not be lost either.
"""

import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from helpers import InputError, require
from helpers.setup.environment import STOPPED

START_AGAIN = 75  # exit status of a job that has to be started again
RESTARTS_IN_VAIN = 3  # without one step done, before a job stops


# What this process is part of


def job() -> str:
    """SLURM's number of the job that this process is part of, or "".

    That of an array's task is ARRAY_TASK. Its last task has the number of the array itself as its
    job's, and whatever is asked of that number is done to all tasks.
    """
    task = os.getenv("SLURM_ARRAY_TASK_ID")
    # a shell may have some of these variables without a job
    if task and {"SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID"} <= os.environ.keys():
        return f"{os.environ['SLURM_ARRAY_JOB_ID']}_{task}"
    return os.getenv("SLURM_JOB_ID", "")


def restarts() -> int:
    """How many times SLURM has started this job again."""
    return _number("SLURM_RESTART_COUNT", 0)


def seconds_for_lock() -> float:
    """How many seconds to wait for a lock.

    A restart waits for what is left of the start before: of a lost node, a network file system may
    keep the lock for a minute or two. A second is for somebody who only looks.
    """
    return 120.0 if restarts() else 1.0


def count_tasks() -> int:
    """How many tasks the SLURM job has of which this process is part; 1 outside of SLURM."""
    return _number("SLURM_NTASKS", 1)


def _number(variable: str, without: int) -> int:
    value = os.getenv(variable) or without
    try:
        return int(value)
    except ValueError:
        raise InputError(f"{variable} is {value}: SLURM sets a number. Unset it.") from None


def find_launcher() -> str:
    """What has started several processes: srun, torchrun, or "" if this one was started alone."""
    if {"TORCHELASTIC_RUN_ID", "RANK"} <= os.environ.keys():  # a shell may have the first alone
        return "torchrun"
    step = _number("SLURM_STEP_ID", -1)
    # above are SLURM's numbers of batch scripts, interactive shells and the like
    if "SLURM_STEP_TASKS_PER_NODE" in os.environ and count_tasks() > 1 and 0 <= step < 2**32 - 16:
        return "srun"
    return ""


def name_of_start() -> str:
    """Return a name that all processes of one start share: srun's job and step, torchrun's id."""
    if find_launcher() == "srun":
        return f"job {os.environ['SLURM_JOB_ID']}, step {os.environ['SLURM_STEP_ID']}"
    restart = os.getenv("TORCHELASTIC_RESTART_COUNT", 0)
    return f"{os.environ['TORCHELASTIC_RUN_ID']}, start {restart}"


def set_torchruns_variables() -> None:
    """Set torchrun's variables from those of srun, so that all that follows reads one kind only."""
    from lightning_fabric.plugins.environments import SLURMEnvironment  # here, as it imports torch

    env = os.environ
    address = SLURMEnvironment.resolve_root_node_address(env["SLURM_STEP_NODELIST"])
    env.setdefault("MASTER_ADDR", address)
    # Another port for each start of a job and each srun, which SLURM numbers from 0 on. From 32768
    # on, Linux gives ports to other programs.
    number = int(env["SLURM_JOB_ID"]) + 7919 * int(env["SLURM_STEP_ID"]) + 104729 * restarts()
    if not env.get("MASTER_PORT", "").isdecimal():  # as with "auto"
        env["MASTER_PORT"] = str(15000 + number % 17768)
    env |= {
        "RANK": env["SLURM_PROCID"],
        "LOCAL_RANK": env["SLURM_LOCALID"],
        "GROUP_RANK": env["SLURM_NODEID"],
        "WORLD_SIZE": env["SLURM_STEP_NUM_TASKS"],
        # of 4(x2), that is 4 on each of 2 nodes, the 4
        "LOCAL_WORLD_SIZE": re.match(r"\d+", env["SLURM_STEP_TASKS_PER_NODE"])[0],
    }


# Its commands


def ask(*command: str, seconds: float = 30, env: dict | None = None) -> tuple[str, str]:
    """Return what a command of SLURM prints, and why it does not work, or "".

    If SLURM is too busy to say what is in the queue, it is asked again: nothing in the queue would
    mean that a job has ended. An order is given only once, as SLURM may have heard it.

    Args:
        command: its words
        seconds: how long to wait for an answer
        env: the environment of the command; that of this process without it
    """
    for _ in range(6):
        try:
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=seconds)
            if done.returncode == 0:
                return done.stdout.strip(), ""
            problem = done.stderr
        except (OSError, subprocess.TimeoutExpired) as error:  # it may be missing in a container
            problem = str(error)
        if command[0] != "squeue" or "timed out" not in problem:
            break
    return "", " ".join(problem.split())


# Preemption


def hold_signal() -> None:
    """Keep SIGUSR1 pending from now on, if this is a SLURM job.

    Threads and processes that are started later inherit this.
    """
    if job():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})


def is_warned() -> bool:
    """Whether SLURM has sent this process its warning."""
    return bool(job()) and signal.SIGUSR1 in signal.sigpending()


def is_requeued() -> bool:
    """Whether a more urgent job takes the nodes of this one, so that SLURM will requeue it."""
    described, _ = ask("scontrol", "show", "job", job())
    if not re.search(r"PreemptTime=\d", described):
        return False
    partition, _ = ask("scontrol", "show", "partition", os.environ["SLURM_JOB_PARTITION"])
    if "PreemptMode=CANCEL" in partition:
        return False
    print("SLURM requeues the job, as a more urgent one takes its place", flush=True)
    return True


def count_start(folder: Path, reached: str) -> None:
    """Note in folder/restarts.txt what has been reached before this restart.

    At the first start, say if the time limit is too short.

    Args:
        folder: of the run
        reached: such as step 7

    Raises:
        InputError: when restarts lead nowhere
    """
    if restarts() == 0:
        check_time_limit()
        return
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "restarts.txt"
    mode = "w" if restarts() == 1 else "a"  # an earlier job may have left one
    with open(log, mode) as file:
        print(f"restart {restarts()} begins after {reached}", file=file)
    starts = log.read_text().splitlines()[-RESTARTS_IN_VAIN - 1 :]
    n_from_here = sum(start.endswith(f" after {reached}") for start in starts)
    require(
        n_from_here <= RESTARTS_IN_VAIN,
        f"in {RESTARTS_IN_VAIN} restarts, {folder} has not got beyond {reached}: "
        "see in its log what stops it.",
    )


def check_time_limit() -> None:
    """Say if the warning that the job script asks for leaves next to no time to train.

    SLURM may warn a minute early. A sensible start trains for as long at least as it took to begin.
    """
    begin = int(os.getenv("SLURM_JOB_START_TIME") or 0)  # SLURM sets it since 22.05
    if not begin:
        return
    script, _ = ask("scontrol", "write", "batch_script", job(), "-")
    warning = re.search(r"^#SBATCH.* --signal=\S*@(\d+)", script, re.MULTILINE)
    if not warning:
        return
    limit = int(os.environ["SLURM_JOB_END_TIME"]) - begin
    seconds = time.time() - begin
    needed = int(warning[1]) + 60 + 2 * seconds
    if limit < needed:
        print(
            f"the time limit of {limit} s is too short for a warning {warning[1]} s before its end "
            f"and {seconds:.0f} s to begin: use at least --time={math.ceil(needed / 60)} (minutes)",
            flush=True,
        )


def requeue(is_first: bool = True) -> None:
    """Have SLURM start this job again. It then ends this process.

    In a container there may be no scontrol: then the exit status is START_AGAIN, and the job
    script, which is outside, requeues the job.

    Args:
        is_first: whether this process speaks for all of the run. The others do not wait for an
            answer: SLURM may end the first process, and its store, before them
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if is_first:
        print("SLURM is asked to requeue the job", flush=True)
        _, problem = ask("scontrol", "requeue", job())
        if problem:
            print(
                f"scontrol does not requeue the job ({problem}): the job script has to",
                file=sys.stderr,
            )
            sys.exit(START_AGAIN)
    time.sleep(300)  # a process that ends before SLURM ends it looks like a failure
    sys.exit(STOPPED)


def forbid_requeue() -> None:
    """Tell SLURM not to requeue this job. Outside of a job, do nothing.

    A job in which another srun trains as well is left as it is: that one may have to go on.
    """
    if not job():
        return
    steps, _ = ask("squeue", "--steps", "--noheader", "--format=%i", f"--jobs={job()}")
    by_srun = [step for step in steps.split() if step.rpartition(".")[2].isdecimal()]
    if len(by_srun) <= 1:
        ask("scontrol", "update", f"JobId={job()}", "Requeue=0")
