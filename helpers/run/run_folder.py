"""The folder of a run: which one, its files, and how it is held while the run lasts.

This module imports no PyTorch: commands that only look into folders start at once.
"""

import shutil
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from shlex import quote
from zlib import crc32

import yaml

from helpers import InputError, require
from helpers.run import slurm
from helpers.run.options import check_config, read_yaml

RUNS = Path("runs")
LAST = "last.ckpt"
PREVIOUS = "previous.ckpt"
BEST = "best.ckpt"
CONFIG = "config.yaml"  # the options of the run, and LAST_LINE
RESULT = "result.json"  # written when all else is done
AT_THE_END = (BEST, RESULT, "curves.png", "digits.png")  # which a new run would overwrite
LOCK = ".lock"  # held while the run lasts; exact.py has this name too, and the first two
LAST_LINE = "# The last line of this file, with the checksum of those above: "


def find_run(name: str, resume: bool, held: ExitStack) -> str:
    """Return the folder of this run, made if it is new, and hold it.

    Args:
        name: of the folder; "" for runs/job<number> under SLURM, else the next free number, or the
            newest that can be resumed
        resume: whether the user asked to go on with a run
        held: holds the folder until it is closed; then it removes a new folder that holds nothing
            to go on from, unless the exit status says that this will be tried again

    Raises:
        InputError: if the folder is taken or holds nothing to resume from
        MisconfigurationException: if it is in use, cannot be written, or its checkpoints are broken
    """
    from helpers.run import exact  # here, as PyTorch takes seconds

    try:
        run, is_new = _choose_folder(name, resume)
        if slurm.restarts() and run.is_dir():
            resume = is_resumable(run)
            if not resume:
                print(f"{run} has no {LAST}: this restart begins with the first step", flush=True)
        if resume:
            trained_run(str(run))
        held.callback(exact.hold(run).release)
        if is_new:
            # the script may change its working folder
            held.push(partial(_remove_unless_trained, run.absolute(), RUNS.absolute()))
    except OSError as error:
        raise InputError(exact.UNWRITABLE.format(name or RUNS, error)) from None
    require(
        resume or not is_resumable(run),
        f"{run} holds a run already: go on with it by --resume, or name another.",
    )
    config = run / CONFIG
    taken = [name for name in AT_THE_END if (run / name).exists()]
    if config.is_file() and LAST_LINE.encode() not in config.read_bytes():
        taken.append(CONFIG)
    require(
        resume or not taken,
        f"{run} has {', '.join(taken)}, which would be overwritten: name another folder.",
    )
    step = exact.find_last(run) if resume else 0
    slurm.count_start(run, f"step {step}")
    return str(run)


def _choose_folder(name, resume):
    """The folder of the run, and whether it is new."""
    if name:
        run = Path(name)
    elif slurm.job():
        run = RUNS / f"job{slurm.job()}"
    elif resume:
        run = trained_run()
    else:
        return make_run(), True
    return run, not run.exists()


def _remove_unless_trained(run, runs, kind, error, traceback):
    is_tried_again = kind is SystemExit and error.code == slurm.START_AGAIN
    if not is_tried_again and {*run.rglob("*.ckpt")} <= {run / BEST}:
        shutil.rmtree(run, ignore_errors=True)
        with suppress(OSError):  # others are in it
            runs.rmdir()


def make_run() -> Path:
    """Make the next free runs/<number>. Of several processes that ask at once each gets its own."""
    RUNS.mkdir(exist_ok=True)
    while True:
        numbers = [int(run.name) for run in _numbered_runs()]
        run = RUNS / str(max(numbers, default=0) + 1)
        with suppress(FileExistsError):  # another process was faster
            run.mkdir()
            return run


def _numbered_runs():
    return [run for run in RUNS.glob("*") if run.name.isdecimal()]


def clear_run(name: str) -> str:
    """Remove what an earlier try has left in the folder of a run, and return its name."""
    shutil.rmtree(name, ignore_errors=True)
    return name


def is_resumable(run: Path) -> bool:
    """Whether the folder of a run holds something to go on from."""
    return any((run / name).is_file() for name in (LAST, PREVIOUS))


def how_to_resume(run: Path) -> str:
    if not is_resumable(run):
        return "give the same command again: there was no checkpoint yet"
    return resume_by(run)


def resume_by(run: Path) -> str:
    return f"go on with: python -m helpers.train fit --run {quote(str(run))} --resume"


def trained_run(name: str = "") -> Path:
    """Return the folder of a run that can be resumed or tested.

    Args:
        name: of the run; "" for the one with the highest number

    Raises:
        InputError: if it has no checkpoint, or no run has one
    """
    runs = [Path(name)]
    problem = f"{name} has no {LAST}"
    if not name:
        runs = sorted(_numbered_runs(), key=lambda run: int(run.name))
        problem = f"no run in {RUNS} has a {LAST}"
    runs = [run for run in runs if is_resumable(run)]
    require(
        runs,
        f"{problem} to go on from: train first, by python -m helpers.train fit, or name the folder "
        "of another run by --run.",
    )
    return runs[-1]


def check_checkpoint(path: Path) -> dict:
    """Return what is in a checkpoint.

    Raises:
        InputError: unless it is there and whole
    """
    from helpers.run.exact import WholeCheckpoints  # here, as PyTorch takes seconds

    require(path.is_file(), f"there is no checkpoint {path}.")
    try:
        checkpoint = WholeCheckpoints().load_checkpoint(path)
        checkpoint["global_step"]  # Lightning's
        return checkpoint
    except Exception as error:
        raise InputError(
            f"{path} is no whole checkpoint ({type(error).__name__}): use another one."
        ) from None


def check_unfinished(path: Path, trainer) -> None:
    """Raise InputError if a checkpoint has all the steps or epochs that the Trainer may do.

    trainer: its options
    """
    checkpoint = check_checkpoint(path)
    require(
        "loops" in checkpoint,
        f"{path} has weights alone, and nothing to go on from: use a {LAST} or {BEST}.",
    )
    steps = checkpoint["global_step"]
    epochs = checkpoint["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"]
    for name, n in (("max_steps", steps), ("max_epochs", epochs)):
        limit = trainer[name]
        require(
            limit in (None, -1) or n < limit,
            f"{path} has {n} of {limit} {name[4:]}: to go on, give a higher --trainer.{name}.",
        )


def saved_options(path: Path) -> dict:
    """Return the options of model and data with which the network of a checkpoint was made."""
    network = check_checkpoint(path).get("hyper_parameters", {})
    if (path.parent / CONFIG).is_file():
        options = read_options(path.parent)
        return {part: options[part] for part in ("own", "model", "data") if part in options}
    network.pop("_instantiator", None)  # Lightning's
    return {"model": network}


def with_last_line(options: str) -> str:
    """Return the text of a run's options as its file has it."""
    return f"{options}{LAST_LINE}{crc32(options.encode())}\n"


def read_options(run: Path) -> dict:
    """Return the options of a run.

    Raises:
        InputError: if the file, or a part of it, is missing or was changed
    """
    path = run / CONFIG
    advice = "put the whole file back, or begin a new run, and name it by --run."
    require(path.is_file(), f"{path} is missing, so the options of the run are not known: {advice}")
    text = path.read_text(errors="replace")
    options, _, _ = text.rpartition(LAST_LINE)
    require(
        text == with_last_line(options),
        f"{path} was changed after the run began, or is cut off. A change is an option of the "
        f"command: {advice}",
    )
    try:
        return check_config(read_yaml(options), str(path))
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} cannot be read ({reason}): {advice}") from None
