"""The training command, in processes of its own: what it prints and writes, refuses, and how it survives being stopped."""

import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from helpers.checkpoint import AtomicCheckpointIO

TRAIN = [sys.executable, "-m", "helpers.train"]
TINY = [
    *("--data.source=embedded", "--data.batch_size=8", "--model.n_hidden=20", "--model.decode=mean"),
    *("--model.encoding=poisson", "--model.seq_length=8"),  # random spikes: resuming has to bring those back as well
    *("--trainer.max_epochs=2", "--trainer.limit_train_batches=6", "--trainer.log_every_n_steps=2"),
    *("--trainer.limit_val_batches=2", "--trainer.limit_test_batches=2", "--trainer.accelerator=cpu"),
    *("--last.every_n_train_steps=2", "--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"),
]
FIT = [*TRAIN, "fit", *TINY]

# The command, sending itself a signal just before the n-th call of a function, so that it comes at the same place always.
SIGNALLED = """
import functools, itertools, os, sys
from helpers import model, train
_, number, place, n, *arguments = sys.argv
owner = os if place == "fsync" else model.SpikingClassifier
function, calls = getattr(owner, place), itertools.count(1)
@functools.wraps(function)
def signalled(*args):
    if next(calls) == int(n):
        os.kill(os.getpid(), int(number))
    return function(*args)
setattr(owner, place, signalled)
train.main(arguments)
"""


def start(command, folder) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parent.parent)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, env=environment, **pipes)


def run(command, folder):
    """Exit status, last line of stdout, and stderr of a command."""
    process = start(command, folder)
    out, err = process.communicate(timeout=100)
    return process.returncode, out.strip().split("\n")[-1], err


def load(path):
    return torch.load(path, weights_only=True)


def differences(a, b, path="") -> list[str]:
    """Where two checkpoints differ, in anything but the paths and the callbacks' own notes."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = sorted(map(str, {*a} ^ {*b}))
        return keys + [place for key in a if key in b for place in differences(a[key], b[key], f"{path}/{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [place for n in range(len(a)) for place in differences(a[n], b[n], f"{path}/{n}")]
    same = torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
    return [] if same else [path]


def assert_same_training(folder, reference):
    """The last checkpoint of two runs holds the same weights, optimiser and learning rate, and the best the same network."""
    ours, theirs = load(folder / "last.ckpt"), load(reference / "last.ckpt")
    for part in ("state_dict", "optimizer_states", "lr_schedulers", "global_step", "epoch"):
        assert differences(ours[part], theirs[part], part) == []
    best, expected = load(folder / "best.ckpt"), load(reference / "best.ckpt")
    assert best["global_step"] == expected["global_step"]
    assert differences(best["state_dict"], expected["state_dict"]) == []


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with one finished run, and what the command said."""
    folder = tmp_path_factory.mktemp("finished")
    return folder, run(FIT, folder)


def test_a_run_ends_with_its_accuracy_and_leaves_its_files(finished):
    folder, (status, line, err) = finished
    assert status == 0 and re.fullmatch(r"test_acc 0\.\d{4}", line) and "Traceback" not in err
    assert [path.name for path in folder.iterdir()] == ["runs"]
    files = {path.name for path in (folder / "runs" / "1").iterdir()}
    assert files == {"best.ckpt", "last.ckpt", "config.yaml", "metrics", "tensorboard", "curves.png"}
    assert (folder / "runs/1/curves.png").read_bytes().startswith(b"\x89PNG")
    metrics = (folder / "runs/1/metrics/version_0/metrics.csv").read_text()
    assert all(name in metrics for name in ("train_loss", "val_acc", "test_acc", "rate_lif3"))
    last = load(folder / "runs/1/last.ckpt")
    assert last["global_step"] == 12 and len(last["optimizer_states"][0]["state"]) == 7
    assert all(state["exp_avg"].abs().max() > 0 for state in last["optimizer_states"][0]["state"].values())


def test_testing_a_checkpoint_gives_the_same_accuracy_and_writes_nothing(finished, tmp_path):
    folder, (_, line, _) = finished
    options = [option for option in TINY if option.startswith("--data") or "limit_test" in option]
    process = start([*TRAIN, "test", f"--ckpt_path={folder / 'runs/1/best.ckpt'}", *options], tmp_path)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0 and f"{float(line.split()[1]):.3f}" in out and "Warning" not in err
    assert list(tmp_path.iterdir()) == []
