"""Exact preemption: a SLURM job that is stopped goes on later at the very next step.

The final weights are those of a job that was never stopped. Before SLURM stops a job at its time
limit, and for a more urgent one where PreemptParameters has send_user_signal, it sends the signal
that the job script asks for, SIGUSR1. A handler could run at any moment, another in each process; a
checkpoint needs all of them at the same step. So there is none: the signal is blocked and stays
pending.

This is SLURM's half: its signal, its restarts, and how the job is given back. A job at its time
limit asks to be requeued. One that makes room for a more urgent job only ends: SLURM requeues that
one by itself, and would start it a second time if it was asked as well.

The other half is `KeepLast` in checkpoint.py: it looks for the signal at the end of each
step. When one process has it, all save one checkpoint and raise `Interrupted`, which cli.py
passes to `stop`, below. A checkpoint holds weights, optimiser, learning rate and the position in
the data. It needs no random state of each process: `seed_batch` of engine/exact_restart.py seeds
every batch by its number. This module imports no torch: that takes seconds, in which a signal must
not be lost either.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from helpers import require

TRIES = 3  # restarts without one step done before a job stops


def job() -> str:
    """SLURM's number of the job that this process is part of, or "".

    That of an array's task is ARRAY_TASK. Its last task has the number of the array itself as its
    job's, and whatever is asked of that number is done to all tasks.
    """
    task = os.environ.get("SLURM_ARRAY_TASK_ID")
    if task is not None:
        return f"{os.environ['SLURM_ARRAY_JOB_ID']}_{task}"
    return os.environ.get("SLURM_JOB_ID", "")


def restarts() -> int:
    """How many times SLURM has started this job again."""
    return int(os.environ.get("SLURM_RESTART_COUNT", 0))


def patience() -> float:
    """How many seconds to wait for a lock.

    A restart waits for what is left of the start before: of a lost node, a network file system may
    keep the lock for a minute or two. A second is for somebody who only looks.
    """
    return 120.0 if restarts() else 1.0


def hold_signal() -> None:
    """Keep SIGUSR1 pending from now on, if this is a SLURM job.

    Threads and processes that are started later inherit this.
    """
    if job():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})


def warned() -> bool:
    """Whether SLURM has sent this process its warning."""
    return bool(job()) and signal.SIGUSR1 in signal.sigpending()


def makes_room() -> bool:
    """Whether the job was warned because a more urgent one takes its nodes."""
    described, _ = _ask_slurm("scontrol", "show", "job", job())
    return re.search(r"PreemptTime=\d", described) is not None


def count_start(run: Path, step: int) -> None:
    """Note in run/restarts.txt that this restart begins after `step`.

    Raises:
        InputError: when restarts lead nowhere
    """
    log = run / "restarts.txt"
    starts = []
    if restarts() > 1 and log.is_file():
        starts = log.read_text().splitlines()
    starts.append(f"restart {restarts()} begins after step {step}")
    if restarts() > 0:
        log.write_text("\n".join(starts) + "\n")
    last_steps = [line.split()[-1] for line in starts[-TRIES - 1 :]]
    is_stuck = last_steps == [str(step)] * (TRIES + 1)
    require(
        not is_stuck,
        f"in {TRIES} restarts, {run} has not got beyond step {step}: see in its log what stops it.",
    )


def stop(sentence: str, requeue: bool, is_first: bool = True) -> None:
    """End with exit status 130 and a sentence; or have SLURM requeue the job.

    SLURM then ends this process later. In a container there may be no scontrol: then the status is
    75, and the job script, which is outside, requeues the job.

    Args:
        sentence: why it stops
        requeue: whether SLURM has to be asked to start the job again
        is_first: whether this process speaks for all of the run. The others do not wait for an
            answer: SLURM may end the first process, and its store, before them
    """
    if is_first:
        print(f"\n{sentence}", flush=True)
    if requeue:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if is_first:
            _requeue()
        time.sleep(300)  # a process that ends before SLURM ends it looks like a failure
    sys.exit(130)


def _requeue() -> None:
    print("SLURM is asked to requeue the job", flush=True)
    _, problem = _ask_slurm("scontrol", "requeue", job())
    if problem:
        print(
            f"scontrol does not requeue the job ({problem}): the job script has to",
            file=sys.stderr,
            flush=True,
        )
        sys.exit(75)


def forbid_requeue() -> None:
    """Tell SLURM not to requeue this job. Outside of a job, do nothing.

    A job in which another srun trains as well is left as it is: that one may have to go on.
    """
    if not job():
        return
    steps, _ = _ask_slurm("squeue", "--steps", "--noheader", "--format=%i", f"--jobs={job()}")
    by_srun = [step for step in steps.split() if step.rpartition(".")[2].isdecimal()]
    if len(by_srun) <= 1:
        _ask_slurm("scontrol", "update", f"JobId={job()}", "Requeue=0")


def _ask_slurm(*command: str) -> tuple[str, str]:
    """Return what a command of SLURM prints, and why it does not work, or ""."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    # in a container it may be missing, or find no controller
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    if done.returncode:
        return "", " ".join(done.stderr.split())
    return done.stdout, ""
