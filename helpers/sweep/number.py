"""One run of a sweep: `fit` in the folder of its number.

Interrupted anywhere, it goes on at the very next step; done, it is never done again. In its folder,
runs/<number>, beside what `fit` writes there:

    options.txt   what it was begun with
    starts.txt    a line for each start, and one for each orderly end
    log.txt       what `fit` said
    failed.txt    why it failed, until it is tried again
    result.json   its scores, and what it took: once this is there, the run is done
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

from filelock import FileLock, Timeout

from helpers import InputError, require
from helpers.run import preemption
from helpers.run.run_folder import RESULT
from helpers.sweep.plan import Run

QUIET = {  # unless the plan says otherwise
    "trainer.enable_progress_bar": "false",
    "trainer.enable_model_summary": "false",
}
HELD = {signal.SIGINT, signal.SIGTERM}  # blocked where runs are forked, see workers.py
LOCK = "number.lock"  # held by the worker
FIT_LOCK = ".lock"  # held by the run itself
# exit statuses
DONE = 0
CRASHED = 1
FAILED = 2
BUSY = 3
AGAIN = 75
STOPPED = 130


def is_failure(status: int) -> bool:
    """Whether a run failed by itself. One that was stopped or killed can go on."""
    return status > 0 and status not in (BUSY, STOPPED)


def folder_of(sweep: Path, number: int) -> Path:
    """The folder of a run."""
    return sweep / "runs" / str(number)


def is_done(sweep: Path, number: int) -> bool:
    """Whether a run has its result."""
    return (folder_of(sweep, number) / RESULT).exists()


def is_training(sweep: Path, number: int) -> bool:
    """Whether a run has saved a checkpoint since its last start, and has not ended.

    The number of a process that has ended may by now be that of any other one.
    """
    folder = folder_of(sweep, number)
    try:
        saved = (folder / "last.ckpt").stat().st_mtime_ns
        noted = (folder / "starts.txt").stat().st_mtime_ns
    except FileNotFoundError:
        return False
    return saved > noted and not is_done(sweep, number)


def why_failed(sweep: Path, number: int) -> str:
    """The sentence with which a run failed, until it is tried again; else ""."""
    path = folder_of(sweep, number) / "failed.txt"
    return path.read_text().strip() if path.exists() else ""


def words_of(sweep: Path, run: Run) -> list[str]:
    """What `fit` is started with."""
    options = {**QUIET, **run.options, "seed_everything": str(run.seed)}
    folder = folder_of(sweep, run.number)
    return ["fit", *(f"--{name}={value}" for name, value in options.items()), f"--run={folder}"]


def do_number(sweep: Path, run: Run, log: bool) -> None:
    """Train one run to its end, in a process of its own, which then ends with one of the statuses.

    Args:
        sweep: its folder
        run: the line of the plan
        log: write what `fit` says into log.txt; else it is said here
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the worker passes it on
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
    folder = folder_of(sweep, run.number)
    with contextlib.ExitStack() as held:
        if log:
            file = held.enter_context(open(folder / "log.txt", "a"))
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        if is_locked(folder / FIT_LOCK, preemption.patience()):  # by one whose worker was killed
            print(f"number {run.number} is being run by another process", flush=True)
            sys.exit(BUSY)
        sys.exit(_train(folder, words_of(sweep, run)))


@contextlib.contextmanager
def taken(sweep: Path, number: int):
    """Hold a number within the with block. Raises Timeout where another process holds it."""
    folder = folder_of(sweep, number)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK, timeout=preemption.patience(), mode=0o666):
        yield


def is_locked(path: Path, patience: float = 0) -> bool:
    """Whether a process holds this lock; patience: s, to wait until it does not."""
    try:
        with FileLock(path, timeout=patience, mode=0o666):
            return False
    except Timeout:
        return True


def _train(folder: Path, words: list[str]) -> int:
    """Run `fit`, note how it ends, and return the exit status."""
    _leave_slurm()
    from helpers import train  # here, as below: to find a run done needs no PyTorch
    from helpers.run.run_folder import is_resumable

    failed = folder / "failed.txt"
    failed.unlink(missing_ok=True)
    begun = time.monotonic()
    said = Tee(sys.stderr)
    try:
        _check_options(folder / "options.txt", words)
        _note(folder, f"start on {socket.gethostname()}, process {os.getpid()}")
        if is_resumable(folder):
            words = [*words, "--resume"]
        with contextlib.redirect_stderr(said):
            train.main(words)
        status = DONE
    except SystemExit as end:
        status = end.code or 0
    except InputError as error:
        print(f"error: {error}", file=said)
        status = FAILED
    except BaseException:
        traceback.print_exc(file=said)
        status = CRASHED
    if is_failure(status):
        failed.write_text(f"{said.reason()}\n")
    _note(folder, f"end after {time.monotonic() - begun:.1f} s with status {status}")
    if status == DONE:
        _tidy(folder)
    return status


def _leave_slurm() -> None:
    """Have `fit` train as it does outside of SLURM: who started it looks after the job.

    The number of restarts stays, by which a run is found that gets no further.
    """
    for name in list(os.environ):
        if name.startswith("SLURM") and name != "SLURM_RESTART_COUNT":
            del os.environ[name]


def _check_options(path: Path, words: list[str]) -> None:
    """Note what a run is begun with. Raises InputError if it was begun with something else."""
    now = "".join(f"{word}\n" for word in words[1:-1])  # but for fit, and for the folder
    if not path.exists():
        path.write_text(now)
        return
    before = path.read_text()
    require(
        before == now,
        f"this run was begun with {', '.join(_new(before, now))}, and the plan now says "
        f"{', '.join(_new(now, before))}: make a new plan in another folder.",
    )


def _new(words: str, others: str) -> list[str]:
    """The lines that are not among the others."""
    return [word for word in words.split("\n") if word not in others.split("\n")] or ["less"]


def _note(folder: Path, text: str) -> None:
    with open(folder / "starts.txt", "a") as file:
        file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {text}\n")


def _tidy(folder: Path) -> None:
    """Of a run that is done, keep the checkpoint whose scores are reported, and no other."""
    from helpers.run.run_folder import LAST

    for path in folder.glob("*.ckpt"):
        if path.name != LAST:
            path.unlink(missing_ok=True)
    shutil.rmtree(folder / "tensorboard", ignore_errors=True)  # metrics/ holds the same


class Tee:
    """A stream that passes all on, and remembers the last lines."""

    def __init__(self, stream):
        self.stream = stream
        self.text = ""

    def write(self, text: str) -> int:
        self.text = (self.text + text)[-10_000:]
        return self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()

    def reason(self) -> str:
        """Why a run failed: the last line that says error, or the last one."""
        lines = self.text.strip().split("\n")
        errors = [line for line in lines if line.startswith("error: ")]
        return (errors or lines)[-1].removeprefix("error: ")


def read_result(sweep: Path, number: int) -> dict:
    """What result.json of a run says; nothing where it is not done."""
    try:
        return json.loads((folder_of(sweep, number) / RESULT).read_text())
    except FileNotFoundError:
        return {}
