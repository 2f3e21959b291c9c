"""Runs that are stopped and go on: in the end they equal one that never was, bit for bit, in any number of processes.

With two processes a sum is the same in any order, so three are what proves something. Those of SLURM, and
signals at any moment, are in test_slurm.py.
"""

from signal import SIGINT as INT
from signal import SIGKILL as KILL
from signal import SIGTERM as TERM

import numpy as np
import pytest

from helpers.engine.scores import read_scores
from tests import test_train
from tests.test_train import assert_same_training, load

TINY = [*test_train.TINY, "--model.n_hidden=50", "--model.learning_rate=1e-2"]
VALIDATING = [
    *TINY,
    "--trainer.val_check_interval=2",
]  # in mid-epoch, in each step in which a checkpoint is due
ACCUMULATING = [*TINY, "--trainer.accumulate_grad_batches=2", "--trainer.precision=bf16-mixed"]

NEVER = {  # the runs that are never stopped: processes and options
    "1 process": (1, VALIDATING),
    "3 processes": (3, VALIDATING),
    "3 accumulating": (3, ACCUMULATING),
}
STOPPED = {  # which of them is stopped, and where in each start: the method, which call of it, the signal
    "before a validation": ("1 process", [("training_step", 4, TERM)]),
    "at an epoch's end": ("1 process", [("training_step", 6, TERM)]),
    "killed in a validation": ("1 process", [("validation_step", 5, KILL)]),
    "3 stopped": (
        "3 processes",
        [("training_step", n, number) for n, number in ((1, TERM), (4, TERM), (5, INT))],
    ),
    "3 stopped accumulating": ("3 accumulating", [("training_step", 3, TERM)]),
}


@pytest.fixture(scope="module")
def runs(forks, tmp_path_factory):
    """The folder of all runs, and how the processes of each command ended."""
    folder, ends = tmp_path_factory.mktemp("runs"), {}

    def fit(name, size, stop, *options):
        ends[name] = forks.ends(
            folder, "fit", f"--run={name.partition(',')[0]}", *options, size=size, stop=stop
        )

    for name, (size, options) in NEVER.items():
        fit(name, size, None, *options)
    for name, (reference, stops) in STOPPED.items():
        size, options = NEVER[reference]
        for n, stop in enumerate([*stops, None]):
            fit(f"{name}, {n}", size, stop, *(["--resume"] if n else options))
    fit("fewer, 0", 3, ("training_step", 4, TERM), *TINY)
    fit("fewer, 1", 1, None, "--resume", "--trainer.max_epochs=1")
    fit("beginning", 1, ("validation_step", 1, TERM), *TINY)
    fit("testing", 2, ("test_step", 1, TERM), *TINY, "--trainer.max_epochs=1")
    return folder, ends


def statuses(processes) -> set[int]:
    return {ended.status for ended in processes}


@pytest.mark.parametrize("name", STOPPED)
def test_a_run_that_was_stopped_equals_one_that_never_was(name, runs):
    folder, ends = runs
    reference, stops = STOPPED[name]
    for n, (_, _, number) in enumerate(stops):
        assert statuses(ends[f"{name}, {n}"]) == {-KILL if number == KILL else 130}
    assert statuses(ends[reference] + ends[f"{name}, {len(stops)}"]) == {0}
    assert_same_training(folder / name, folder / reference)
    ours, theirs = read_scores(folder / name), read_scores(folder / reference)
    for score in ours:
        assert np.array_equal(ours[score], theirs[score]), score


def test_a_run_that_goes_on_in_another_number_of_processes_says_that_it_is_another(runs):
    ends = runs[1]
    ((status, said, err),) = ends["fewer, 1"]
    assert status == 0 and "another number of processes, 3 instead of 1: " in said and err == ""
    assert "instead of" not in ends["3 stopped, 1"][0].out


def test_sigterm_before_and_after_training_ends_a_run_at_once(runs):
    """Lightning's own handler would wait for the other process, which is elsewhere. Alone it would end with 0."""
    folder, ends = runs
    assert statuses(ends["beginning"]) == {-TERM}
    assert [ended.status for ended in ends["testing"]] == [75, -TERM]
    assert load(folder / "testing" / "last.ckpt")["global_step"] == 6
