"""The folder of a run: which one it is, that no other run writes into it, and what a refused run leaves of it."""

import os
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from pytorch_lightning.cli import SaveConfigCallback
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, require
from helpers.cluster import preemption
from helpers.cluster.checkpoint import check_checkpoint

RUNS = Path("runs")


def find_run(name: str, resume: bool, job: str, held: ExitStack) -> tuple[str, bool]:
    """The folder of this run, made where new and held from now on, and whether the run goes on from its last.ckpt.

    Args:
        name: of the folder, or "" for the next free one, or with resume for the newest that can be resumed
        resume: whether the user asked to go on with a run
        job: SLURM's number of this job, or ""
        held: what holds the folder. Closed by a refusal, it takes the folder away if it was made here.

    Raises:
        InputError: when the folder is taken or in use, cannot be written or holds nothing to resume from
    """
    if rank_zero_only.rank > 0:  # a process that Lightning started: the first one has decided
        return os.environ["SNN_RUN"], resume
    try:
        named = name or (job and RUNS / f"job{job}")
        run = Path(named or (newest_run() if resume else make_run()))
        last, made = run / "last.ckpt", not named and not resume or not run.exists()
        if preemption.restarts() and run.is_dir():
            resume = last.is_file()
        require(last.is_file() or not resume, f"{run} has no last.ckpt to resume from: name a run that has, by --run.")
        run.mkdir(parents=True, exist_ok=True)
        if made:
            held.push(lambda kind, *_: _take_away(run) if kind and issubclass(kind, REFUSALS) else None)
        held.enter_context(FileLock(run / ".lock", timeout=0, mode=0o666))
    except Timeout:  # a network file system may keep the lock of a lost node for a while
        in_use = f"{run} is in use by another process: wait until it has ended, or name another run by --run."
        require(preemption.restarts() > 0, in_use)
    except OSError as error:
        where = name or RUNS
        raise InputError(f"the run folder {where} cannot be written ({error}): name another one by --run.") from None
    require(resume or not last.exists(), f"{run} holds a run already: go on with it by --resume, or name another.")
    os.environ["SNN_RUN"] = str(run)
    preemption.count_start(run, check_checkpoint(last) if resume else 0)
    return str(run), resume


REFUSALS = InputError, MisconfigurationException


def _take_away(run: Path) -> None:
    if not any(run.glob("*.ckpt")):
        shutil.rmtree(run, ignore_errors=True)


def _numbered() -> list[Path]:
    return sorted((path for path in RUNS.glob("*") if path.name.isdigit()), key=lambda path: int(path.name))


def newest_run() -> Path:
    """The run with the highest number that can be resumed. Raises InputError where there is none."""
    runs = [run for run in _numbered() if (run / "last.ckpt").is_file()]
    require(bool(runs), f"no run in {RUNS} has a last.ckpt to resume from: leave --resume out, or name a run by --run.")
    return runs[-1]


def make_run() -> Path:
    """The next free runs/<number>, made. Of several processes that ask at the same time each gets its own."""
    RUNS.mkdir(exist_ok=True)
    while True:
        run = RUNS / str(int(_numbered()[-1].name) + 1 if _numbered() else 1)
        with suppress(FileExistsError):  # another process was faster
            run.mkdir()
            return run


class SaveConfig(SaveConfigCallback):
    """Keeps the options of the run beside its checkpoints: --resume reads them."""

    def save_config(self, trainer, module, stage):
        if stage == "fit":
            part = Path(trainer.default_root_dir) / ".config.yaml"
            self.parser.save(self.config, part, overwrite=True)
            os.replace(part, part.with_name("config.yaml"))
