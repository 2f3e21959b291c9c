"""The folder of a run: which one it is, that no other run writes into it, and that a refused run leaves none."""

import json
import os
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, require
from helpers.cluster import preemption
from helpers.cluster.checkpoint import check_last, resumable

RUNS = Path("runs")


def find_run(name: str, resume: bool, held: ExitStack) -> tuple[str, int | None]:
    """The folder of this run, made where it is new, and the step after which the run goes on; None if from its start.

    Raises InputError when the folder is taken or in use, cannot be written or holds nothing to resume from.

    Args:
        name: of the folder; "" for runs/job<number> under SLURM, else the next free number, or the newest to be resumed
        resume: whether the user asked to go on with a run
        held: holds the folder until it is closed; exit status 2 closes it and takes a new folder away again
    """
    if rank_zero_only.rank > 0:  # a process that Lightning started: the first one has found the folder, and set this
        return json.loads(os.environ["SNN_RUN"])
    try:
        job = preemption.job() and RUNS / f"job{preemption.job()}"
        given = name or job or (resume and newest_run())
        run, new = (Path(given), not Path(given).exists()) if given else (make_run(), True)
        if preemption.restarts() and run.is_dir():
            resume = resumable(run)
            if not resume:
                print(f"{run} has no last.ckpt: this restart begins with the first step", flush=True)
        require(resumable(run) or not resume, f"{run} has no last.ckpt to resume from: name a run that has, by --run.")
        run.mkdir(parents=True, exist_ok=True)
        held.enter_context(FileLock(run / ".lock", timeout=0, mode=0o666))
        if new:
            held.push(lambda *end: _take_away(run, *end))
    except Timeout:  # a network file system may keep the lock of a lost node for a while
        in_use = f"{run} is in use by another process: wait until it has ended, or name another run by --run."
        require(preemption.restarts() > 0, in_use)
    except OSError as error:
        raise InputError(f"the run folder {name or RUNS} cannot be written ({error}): name another by --run.") from None
    require(resume or not resumable(run), f"{run} holds a run already: go on with it by --resume, or name another.")
    step = check_last(run) if resume else None
    preemption.count_start(run, step or 0)
    os.environ["SNN_RUN"] = json.dumps([str(run), step])  # the processes that Lightning starts inherit it
    return str(run), step


def _take_away(run: Path, kind, error, traceback) -> None:
    if kind is SystemExit and error.code == 2 and not any(run.rglob("*.ckpt")):
        shutil.rmtree(run, ignore_errors=True)


def fresh(name: str) -> str:
    """The name of a run folder, from which what an earlier try has left is removed."""
    shutil.rmtree(name, ignore_errors=True)
    return name


def newest_run() -> Path:
    """The run with the highest number that can be resumed. Raises InputError where there is none."""
    runs = [run for run in RUNS.glob("*") if run.name.isdecimal() and resumable(run)]
    require(bool(runs), f"no run in {RUNS} has a last.ckpt to resume from: leave --resume out, or name a run by --run.")
    return max(runs, key=lambda run: int(run.name))


def make_run() -> Path:
    """The next free runs/<number>, made. Of several processes that ask at the same time each gets its own."""
    RUNS.mkdir(exist_ok=True)
    while True:
        run = RUNS / str(max((int(run.name) for run in RUNS.glob("*") if run.name.isdecimal()), default=0) + 1)
        with suppress(FileExistsError):  # another process was faster
            run.mkdir()
            return run
