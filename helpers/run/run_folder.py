"""The folder of a run: which one, held while the run lasts, and taken away from a refused run."""

import shutil
from contextlib import ExitStack, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from helpers import InputError, require
from helpers.run import slurm
from helpers.run.checkpoint import check_last, resumable

RUNS = Path("runs")


def find_run(name: str, resume: bool, held: ExitStack) -> tuple[str, int | None]:
    """Return the folder of this run, made where it is new, and the step after which it goes on.

    The step is None if the run begins at its start.

    Args:
        name: of the folder; "" for runs/job<number> under SLURM, else the next free number, or the
            newest that can be resumed
        resume: whether the user asked to go on with a run
        held: holds the folder until it is closed; exit status 2 or 130 closes it and takes a new
            folder without a checkpoint away again

    Raises:
        InputError: when the folder is taken or in use, cannot be written or holds nothing to resume
            from
    """
    try:
        run, is_new = _choose_folder(name, resume)
        if slurm.restarts() and run.is_dir():
            resume = resumable(run)
            if not resume:
                print(
                    f"{run} has no last.ckpt: this restart begins with the first step", flush=True
                )
        require(
            resumable(run) or not resume,
            f"{run} has no last.ckpt to resume from: name a run that has, by --run.",
        )
        run.mkdir(parents=True, exist_ok=True)
        held.enter_context(FileLock(run / ".lock", timeout=0, mode=0o666))
        if is_new:
            held.push(lambda *end: _take_away(run, *end))
    except Timeout:  # a network file system may keep the lock of a lost node for a while
        require(
            slurm.restarts() > 0,
            f"{run} is in use by another process: wait until it has ended, or name another run by "
            "--run.",
        )
    except OSError as error:
        raise InputError(
            f"the run folder {name or RUNS} cannot be written ({error}): name another by --run."
        ) from None
    require(
        resume or not resumable(run),
        f"{run} holds a run already: go on with it by --resume, or name another.",
    )
    step = check_last(run) if resume else None
    slurm.count_start(run, step or 0)
    return str(run), step


def _choose_folder(name: str, resume: bool) -> tuple[Path, bool]:
    """The folder of the run, and whether it is new."""
    if name:
        run = Path(name)
    elif slurm.job():
        run = RUNS / f"job{slurm.job()}"
    elif resume:
        run = newest_run()
    else:
        return make_run(), True
    return run, not run.exists()


def _take_away(run: Path, kind, error, traceback) -> None:
    is_over = kind is SystemExit and error.code in (2, 130)  # refused, or stopped by Ctrl-C
    if is_over and not any(run.rglob("*.ckpt")):
        shutil.rmtree(run, ignore_errors=True)
        with suppress(OSError):  # others are in it
            RUNS.rmdir()


def fresh(name: str) -> str:
    """Remove what an earlier try has left in the folder of a run, and return its name."""
    shutil.rmtree(name, ignore_errors=True)
    return name


def trained_run(name: str, checkpoint: str | None) -> Path:
    """Return the folder of the network that is to be tested.

    Args:
        name: of the run; "" for the newest one
        checkpoint: a file in it; None where the user named none

    Raises:
        InputError: when there is no trained network
    """
    if checkpoint:
        return Path(checkpoint).parent
    advice = "train one by python -m helpers.train fit, or name a checkpoint by --ckpt_path."
    if name:
        require(resumable(Path(name)), f"{name} has no trained network: {advice}")
        return Path(name)
    runs = _trained_runs()
    require(bool(runs), f"there is no trained network in {RUNS}: {advice}")
    return runs[-1]


def newest_run() -> Path:
    """The run with the highest number that can be resumed.

    Raises:
        InputError: when there is none
    """
    runs = _trained_runs()
    require(
        bool(runs),
        f"no run in {RUNS} has a last.ckpt to resume from: leave --resume out, or name a run by "
        "--run.",
    )
    return runs[-1]


def _trained_runs() -> list[Path]:
    """The runs with a number that have a checkpoint, the newest last."""
    runs = [run for run in RUNS.glob("*") if run.name.isdecimal() and resumable(run)]
    return sorted(runs, key=lambda run: int(run.name))


def make_run() -> Path:
    """Make the next free runs/<number>. Of several processes that ask at once each gets its own."""
    RUNS.mkdir(exist_ok=True)
    while True:
        numbers = [int(run.name) for run in RUNS.glob("*") if run.name.isdecimal()]
        run = RUNS / str(max(numbers, default=0) + 1)
        with suppress(FileExistsError):  # another process was faster
            run.mkdir(parents=True)
            return run
