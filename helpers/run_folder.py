"""The folder of a run: which one it is, and that no other run writes into it."""

import os
from contextlib import ExitStack, suppress
from pathlib import Path

from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, requeue, require
from helpers.checkpoint import check_checkpoint
from helpers.lock import lock

RUNS = Path("runs")


def find_run(name: str, resume: bool, job: str, held: ExitStack) -> tuple[str, bool]:
    """The folder of this run, made where new and held from now on, and whether the run goes on from its last.ckpt.

    Raises InputError when the folder is taken or in use, cannot be written or holds nothing to resume from.
    """
    if rank_zero_only.rank > 0:  # a process that Lightning started: the first one has decided
        return os.environ["SNN_RUN"], resume
    try:
        named = name or (job and RUNS / f"job{job}")
        run = Path(named or (resume and newest_run()) or make_run())
        last = run / "last.ckpt"
        if requeue.restarts() and run.is_dir():
            resume = last.is_file()
        require(last.is_file() or not resume, f"{run} has no last.ckpt to resume from: name a run that has, by --run.")
        run.mkdir(parents=True, exist_ok=True)
        alone = held.enter_context(lock(run / ".lock"))
    except OSError as error:
        where = name or RUNS
        raise InputError(f"the run folder {where} cannot be written ({error}): name another one by --run.") from None
    alone = alone or requeue.restarts()  # a network file system may keep the lock of a lost node for a while
    require(alone, f"{run} is in use by another process: wait until it has ended, or name another run by --run.")
    require(resume or not last.exists(), f"{run} holds a run already: go on with it by --resume, or name another.")
    os.environ["SNN_RUN"] = str(run)
    requeue.count_start(run, check_checkpoint(last) if resume else 0)
    return str(run), resume


def newest_run() -> Path:
    """The run with the highest number: runs/0, which there never is, where there is none."""
    return RUNS / str(max((int(path.name) for path in RUNS.glob("*") if path.name.isdigit()), default=0))


def make_run() -> Path:
    """The next free runs/<number>, made. Of several processes that ask at the same time each gets its own."""
    RUNS.mkdir(exist_ok=True)
    while True:
        run = RUNS / str(int(newest_run().name) + 1)
        with suppress(FileExistsError):  # another process was faster
            run.mkdir()
            return run
