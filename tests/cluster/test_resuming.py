"""Runs that are stopped and go on: in the end they equal one that never was, bit for bit, in any number of processes.

With two processes a sum is the same in any order, so three and four are what proves something. Those of SLURM, and
signals at any moment, are in test_slurm.py.
"""

import json
import signal
import sys

import pytest

from helpers.figures.chapter_2 import read_scores
from helpers.scores import TEST_ACC, VAL_ACC
from tests import test_train
from tests.test_train import COMMANDS, assert_same_training, load, start

TINY = [*test_train.TINY, "--model.n_hidden=50", "--model.learning_rate=1e-2"]
VALIDATING = [*TINY, "--trainer.val_check_interval=2"]  # in mid-epoch, in each step in which a checkpoint is due
ACCUMULATING = [*TINY, "--trainer.accumulate_grad_batches=2", "--trainer.precision=bf16-mixed"]

NEVER = {  # the runs that are never stopped: processes and options
    "1 process": (1, VALIDATING),
    "3 processes": (3, VALIDATING),
    "3 accumulating": (3, ACCUMULATING),
    "4 processes": (4, TINY),
}
STOPPED = {  # which of them is stopped, and where in each start: the method, which call of it, the signal
    "before a validation": ("1 process", [("training_step", 4, signal.SIGTERM)]),
    "killed in a validation": ("1 process", [("validation_step", 5, signal.SIGKILL)]),
    "3 stopped twice": ("3 processes", [("training_step", 4, signal.SIGTERM), ("training_step", 5, signal.SIGINT)]),
    "3 stopped accumulating": ("3 accumulating", [("training_step", 3, signal.SIGTERM)]),
    "4 stopped twice": ("4 processes", [("training_step", 1, signal.SIGTERM), ("training_step", 8, signal.SIGTERM)]),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folder of all runs, and the exit statuses of the processes of each command."""
    folder = tmp_path_factory.mktemp("runs")
    commands = [(name, size, None, ["fit", *options, f"--run={name}"]) for name, (size, options) in NEVER.items()]
    for name, (reference, stops) in STOPPED.items():
        (size, options), resume = NEVER[reference], ["fit", f"--run={name}", "--resume"]
        commands += [(f"{name}, 0", size, stops[0], ["fit", *options, f"--run={name}"])]
        commands += [(f"{name}, {n}", size, stop, resume) for n, stop in enumerate([*stops[1:], None], start=1)]
    fewer = ["fit", "--run=fewer", "--resume", "--trainer.max_epochs=1"]
    commands += [
        ("fewer, 0", 3, STOPPED["3 stopped twice"][1][0], ["fit", *TINY, "--run=fewer"]),
        ("fewer", 1, None, fewer),
        ("beginning", 1, ("validation_step", 1, signal.SIGTERM), ["fit", *TINY, "--run=beginning"]),
        ("testing", 2, ("test_step", 1, signal.SIGTERM), ["fit", *TINY, "--run=testing", "--trainer.max_epochs=1"]),
    ]
    out, err = start([sys.executable, "-c", COMMANDS, json.dumps(commands)], folder).communicate(timeout=500)
    statuses = [[int(status) for status in line.split()] for line in out.splitlines()]
    return folder, dict(zip((name for name, *_ in commands), statuses, strict=True))


@pytest.mark.parametrize("name", STOPPED)
def test_a_run_that_was_stopped_equals_one_that_never_was(name, runs):
    folder, statuses = runs
    reference, stops = STOPPED[name]
    for n, (_, _, number) in enumerate(stops):
        assert set(statuses[f"{name}, {n}"]) == {-number if number == signal.SIGKILL else 130}
    assert {*statuses[reference], *statuses[f"{name}, {len(stops)}"]} == {0}
    assert_same_training(folder / name, folder / reference)
    ours, theirs = read_scores(folder / name), read_scores(folder / reference)
    for score in (VAL_ACC, TEST_ACC, "val_loss"):
        assert [values.tolist() for values in ours[score]] == [values.tolist() for values in theirs[score]]


def test_a_run_that_goes_on_in_another_number_of_processes_says_that_it_is_another(runs):
    folder, statuses = runs
    assert statuses["fewer"] == [0]
    said = (folder / "fewer.0.out").read_text()
    assert "going on in 1 process instead of 3: " in said and (folder / "fewer.0.err").read_text() == ""
    assert "instead of" not in (folder / "3 stopped twice, 1.0.out").read_text()


def test_sigterm_before_and_after_training_ends_a_run_at_once(runs):
    """Lightning's own handler would wait for the other process, which is elsewhere. Alone it would end with 0."""
    folder, statuses = runs
    assert statuses["beginning"] == [-signal.SIGTERM] and statuses["testing"] == [75, -signal.SIGTERM]
    assert load(folder / "testing" / "last.ckpt")["global_step"] == 6
