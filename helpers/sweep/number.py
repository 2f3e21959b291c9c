"""One run of a sweep: `fit` in the folder of its number.

Resumes wherever it was interrupted, and never repeats a finished run. In its folder, runs/<number>,
beside what `fit` writes there:

    options.txt   what it was begun with, and with how many threads
    starts.txt    a line for each start, with the processor, and one for each orderly end
    log.txt       what `fit` said
    failed.txt    why it failed, until it is tried again
    result.json   its scores, and what it took: once this is there and whole, the run is done
    test.json     the score of its test, out of sight until `table --test` asks for it

A run that is done keeps eight files: those, config.yaml, last.ckpt and metrics.csv. On a cluster
files count, often more than bytes.
"""

import fcntl
import io
import json
import os
import re
import shutil
import signal
import socket
import sys
import time
import traceback
from contextlib import redirect_stderr, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from helpers import InputError
from helpers.run import slurm
from helpers.run.run_folder import LAST, LOCK, RESULT, is_resumable
from helpers.setup.environment import STOPPED, forget_job
from helpers.sweep.plan import OPTIONS, STARTS, Run, check_begun, folder_of
from helpers.tools.write_whole import write_whole

NUMBER_LOCK = "number.lock"  # held by the worker
FAILURE = "failed.txt"
STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}  # blocked where runs are forked, see workers.py
# exit statuses
DONE = 0
FAILED = 2
BUSY = 3


def is_failure(status: int) -> bool:
    """Whether a run failed by itself. One that was stopped or killed can go on."""
    return status > 0 and status not in (BUSY, STOPPED)


def is_training(folder: Path) -> bool:
    """Whether a run has saved a checkpoint since its last start, and has not ended.

    The number of a process that has ended may by now be that of any other one.
    """
    with suppress(FileNotFoundError):
        return (folder / LAST).stat().st_mtime_ns > (folder / STARTS).stat().st_mtime_ns
    return False


def read_result(folder: Path, name: str = RESULT) -> dict:
    """What result.json of a run says, or TEST; nothing if it is not whole: then it is not done."""
    try:
        return json.loads((folder / name).read_text()) or {}
    except (FileNotFoundError, IsADirectoryError, ValueError):
        return {}


def read_results(sweep: Path | str, runs: list[Run]) -> list[dict]:
    """What result.json of each run says. Raises InputError if one was begun with something else."""
    check_begun(sweep, runs)
    return [read_result(folder_of(sweep, run.number)) for run in runs]


def is_locked(lock: Path, patience: float = 0) -> bool:
    """Whether another process holds this lock, after so many seconds."""
    if not lock.exists():  # nor can it be made in a folder that may only be read
        return False
    try:
        with FileLock(lock, patience):
            return False
    except Timeout:
        return True
    except PermissionError:  # it is somebody else's, and may only be looked at
        with open(lock) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


def do_number(run: Run, folder: Path, place: int, log: bool) -> None:
    """Train one run to its end, in a process of its own, which then ends with one of the statuses.

    Args:
        run: the line of the plan
        folder: of the run
        place: among the runs at work, from 0 on: that of the GPU to use, if there are several
        log: write what `fit` says into log.txt; else it is said here
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the worker passes it on
    # of the worker: it may come before the first step, or at the end, when `fit` waits for none
    signal.signal(signal.SIGTERM, _stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    if log:
        with open(folder / "log.txt", "a") as file:
            for stream in (1, 2):
                os.dup2(file.fileno(), stream)
    status = STOPPED
    with suppress(Stopped):
        if is_locked(folder / LOCK, slurm.seconds_for_lock()):  # by one whose worker was killed
            status = BUSY
        elif read_result(folder):  # by that one
            status = DONE
        else:
            status = _train(run, folder, place)
    sys.exit(status)


class Stopped(BaseException):
    """SIGTERM came. It is no SystemExit: code of one's own may raise that, and has failed then."""


def _stop(number, frame):
    raise Stopped


def _train(run, folder, place):
    """Run `fit`, note how it ends, and return the exit status."""
    # `fit` trains as outside of SLURM, as who started it looks after the job. The number of
    # restarts stays: it shows a run that gets no further.
    forget_job(but="SLURM_RESTART_COUNT")
    from helpers import train  # here, as these import PyTorch
    from helpers.sweep.in_sweep import InSweep

    words = ["fit", *run.words, f"--run={folder}"]
    failure = folder / FAILURE
    failure.unlink(missing_ok=True)
    begun = time.monotonic()
    said = Tee()
    status = FAILED
    try:
        check_begun(folder.parents[1], [run])
        write_whole(folder / OPTIONS, "\n".join(sorted(run.lines)))
        (folder / RESULT).unlink(missing_ok=True)  # it is not whole
        machine = f"{socket.gethostname()} ({_take_processor(run, place)})"
        _note(folder, f"start on {machine}, process {os.getpid()}")
        if is_resumable(folder):
            words.append("--resume")
        with redirect_stderr(said):
            train.main(words, InSweep)
        status = DONE
    except SystemExit as end:
        status = end.code or 0
    except Stopped:
        status = STOPPED
    except (InputError, OSError) as error:
        print(f"error: {error}", file=said)
    except BaseException:
        traceback.print_exc(file=said)
    if is_failure(status):
        failure.write_text(reason_of(said.getvalue()))
        if not is_resumable(folder):  # then nothing has begun: the plan may change
            (folder / OPTIONS).unlink(missing_ok=True)
            shutil.rmtree(folder / "metrics", ignore_errors=True)
    _note(folder, f"end after {time.monotonic() - begun:.1f} s with status {status}")
    if status == DONE:
        # keep the checkpoint whose scores are reported, and no other; metrics.csv has the curves
        for pattern in ("*.ckpt", "**/hparams.yaml", LOCK, NUMBER_LOCK):
            for path in folder.glob(pattern):
                if path.name != LAST:
                    path.unlink(missing_ok=True)
    return status


def _take_processor(run, place):
    """Set the threads, choose a GPU if there are several, and return the processor's name."""
    import torch  # here: to find a run done needs no PyTorch

    from helpers.run.usage import name_device

    torch.set_num_threads(run.threads)
    device = "cpu"
    n_gpus = torch.cuda.device_count()
    if n_gpus and run.options.get("trainer.accelerator") != "cpu":
        device = "cuda"
        gpu = place % n_gpus
        seen = os.getenv("CUDA_VISIBLE_DEVICES")
        # Lightning takes all that it sees
        os.environ["CUDA_VISIBLE_DEVICES"] = seen.split(",")[gpu] if seen else str(gpu)
    return name_device(torch.device(device), run.threads)


def warn_of_processors(notes: str) -> None:
    """Say that numbers may depend on the processor, if these lines of starts.txt name several."""
    names = set(re.findall(r" start on \S+ \((.*)\), process", notes))
    if len(names) > 1:
        print(
            "several types of processor were used, which may round differently:",
            *sorted(names),
            sep="\n",
        )


def _note(folder, text):
    with open(folder / STARTS, "a") as file:
        file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {text}\n")


class Tee(io.StringIO):
    """Passes on to stderr what is written, and remembers it."""

    def write(self, text):
        sys.__stderr__.write(text)
        return super().write(text)


def reason_of(said: str) -> str:
    """Why `fit` failed: the last error that it named on stderr, or the last line."""
    errors = re.findall(r"^error: (.*(?:\n .*)*)", said, re.MULTILINE)  # with indented lines
    lines = said.strip().split("\n")
    return " ".join((errors or lines)[-1].split())
