"""Starts the scripts beside it in forked processes, which send themselves a signal, and compares how they end."""

import json
import os
import runpy
import signal
import socket
import sys
from pathlib import Path

import torch

from tests.signals import signal_at

SCRIPTS = Path(__file__).parent / "scripts"
ENDED = {"SIGKILL": -9, "SIGUSR1": 75}  # else 130
CODE = "from tests.run.stopped import run_script; run_script(n, size, *{})"


def start(forks, script: str, folder: Path, size: int = 1, stop=(), **environment: str) -> list:
    """How the processes of a script ended; stop: a signal, a place and a number, as in `stop_at`."""
    with socket.create_server(("", 0)) as server:
        environment["MASTER_PORT"] = str(server.getsockname()[1])
    return forks.run(folder.parent, CODE.format([script, str(folder), stop, environment]), size)


def stop_at(name: str, place: str, number: int) -> None:
    """Have this process send itself a signal in a batch of the training, or in the n-th call of another place."""
    from helpers.run.exact import SeedBatches

    if name == "SIGHUP":
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests run under nohup
    count = None
    if place == "on_train_batch_start":
        count = lambda _, trainer, *batch: trainer.fit_loop.total_batch_idx  # noqa: E731
    signal_at(SeedBatches, place, number, signal.Signals[name], count=count)


def take_place(n: int, size: int, environment: dict) -> None:
    """Make this process number n of so many, as torchrun would have started it."""
    from pytorch_lightning.utilities import rank_zero_only

    os.environ |= environment
    if size > 1:
        places = {"RANK": n, "LOCAL_RANK": n, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size}
        os.environ |= {place: str(number) for place, number in places.items()}
        os.environ |= {"TORCHELASTIC_RUN_ID": "tests", "MASTER_ADDR": "127.0.0.1"}
        rank_zero_only.rank = n


def run_script(n: int, size: int, script: str, folder: str, stop: list, environment: dict) -> None:
    """Run a script as process n. The last process gets the signal."""
    take_place(n, size, environment)
    if stop and n == size - 1:
        stop_at(*stop)
    sys.argv = [script, folder, str(size)]
    save_all(runpy.run_path(str(SCRIPTS / f"{script}.py"), run_name="__main__")["trainer"])


def save_all(trainer) -> None:
    """Save what this process has come to."""
    schedulers = [one.scheduler for one in trainer.lr_scheduler_configs]
    stateful = [trainer.model, *trainer.optimizers, *schedulers]
    n_batches = trainer.fit_loop.epoch_loop.total_batch_idx
    kept = [[thing.state_dict() for thing in stateful], trainer.callback_metrics, n_batches]
    torch.save(kept, f"{trainer.default_root_dir}/final{trainer.global_rank}")


def rows_of(folder: Path) -> dict:
    """What a run has logged: a step that was done again has logged its rows again."""
    log = folder / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    rows = [json.loads(line) for line in lines]
    return {(step, *metrics): metrics for step, metrics in rows}


def differing(folder: Path, reference: Path) -> list[str]:
    """What two runs ended with that is not the same, of all processes; and rows of their logs."""
    from tests.test_train import differences  # here, as its imports take long

    found = []
    for path in sorted(reference.glob("final*")):
        ours, theirs = (
            torch.load(one / path.name, weights_only=True) for one in (folder, reference)
        )
        found += differences(ours, theirs, path.name)
    if rows_of(folder) != rows_of(reference):
        found.append("log")
    return found
