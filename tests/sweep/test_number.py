"""One run: whether it is in training, what it was begun with, and what it computes on."""

import json
import os
import time
from unittest.mock import Mock

import pytest
import torch

from helpers import InputError
from helpers.sweep import number
from helpers.sweep.number import do_number, is_training
from helpers.sweep.plan import OPTIONS, STARTS, Run, begun_with, folder_of, read_file, write_runs
from helpers.sweep.table import count_differences

RUN = Run(0, 0, 7, {"model.n_hidden": "20"})


def test_a_run_is_in_training_from_its_first_checkpoint_until_it_ends(tmp_path):
    seen = [is_training(tmp_path)]
    start = end = STARTS
    for name in (start, "last.ckpt", end, start, "last.ckpt", end):
        time.sleep(0.02)  # the clock of a file system may be that coarse
        (tmp_path / name).write_text("")
        seen.append(is_training(tmp_path))
    # before; started; saved; ended; started, with an old checkpoint; saved; ended
    assert seen == [False, False, True, False, False, True, False]


@pytest.fixture
def folder(tmp_path):
    """Of the run."""
    folder = folder_of(tmp_path, 0)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def tried(folder, monkeypatch, signals):
    """Does a run, of which `fit` itself is left out: its exit status, and why it failed."""
    monkeypatch.setattr("helpers.train.main", lambda words, command: None)

    def tried(run: Run = RUN, place: int = 0) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            do_number(run, folder, place, log=False)
        return end.value.code, read_file(folder / "failed.txt")

    return tried


def test_options_that_a_full_disk_has_left_empty_are_none(folder, tried):
    (folder / OPTIONS).write_text("")
    assert tried() == (0, "")
    assert begun_with(folder.parents[1], 0) == RUN.lines and "threads=1" in RUN.lines


BEGUN_BEFORE = """--trainer.enable_progress_bar=false
--trainer.enable_model_summary=false
--model.n_hidden=20
--seed_everything=7
threads=1"""


def test_a_run_that_was_begun_before_goes_on(folder, tried):
    """options.txt as it was written when plan.csv was not held against it."""
    (folder / OPTIONS).write_text(BEGUN_BEFORE)
    assert tried() == (0, "")
    assert "--model.n_hidden=20" in tried(RUN._replace(options={"model.n_hidden": "30"}))[1]


def test_another_type_of_processor_is_told(folder, tried, monkeypatch, capsys):
    said = []
    for name in ("old CPU", "old CPU", "new (R) CPU"):
        monkeypatch.setattr("helpers.run.usage.name_device", Mock(return_value=name))
        assert tried() == (0, "")
        number.warn_of_processors((folder / STARTS).read_text())
        said.append(capsys.readouterr().out)
    told = "several types of processor were used, which may round differently:"
    assert said == ["", "", f"{told}\nnew (R) CPU\nold CPU\n"]


def test_a_run_that_fails_before_its_first_checkpoint_leaves_why_and_no_more(
    folder, tried, monkeypatch
):
    """So its plan may be changed."""

    def fail(words, command):
        (folder / "metrics").mkdir()
        raise InputError("learning_rate is -1.")

    monkeypatch.setattr("helpers.train.main", fail)
    assert tried() == (2, "learning_rate is -1.")
    assert {path.name for path in folder.iterdir()} == {STARTS, "failed.txt"}
    monkeypatch.setattr("helpers.train.main", lambda words, command: None)
    assert tried(RUN._replace(options={"model.n_hidden": "30"})) == (0, "")
    assert {path.name for path in folder.iterdir()} == {STARTS, OPTIONS}


def test_a_run_whose_result_is_not_whole_goes_on(folder, tried, monkeypatch):
    result = folder / "result.json"
    seen = []
    monkeypatch.setattr("helpers.train.main", lambda words, command: seen.append(result.exists()))
    (folder / "last.ckpt").write_text("")
    result.write_text('{"val_acc": 0.5, "te')
    assert tried() == (0, "")
    assert seen == [False]
    result.mkdir()
    assert tried() == (2, f"[Errno 21] Is a directory: '{result}'")
    assert (folder / OPTIONS).exists()  # it has a checkpoint to go on from


@pytest.mark.parametrize("visible, place, seen", [(None, 6, "2"), ("GPU-a,b,c,d", 2, "c")])
def test_of_several_gpus_a_run_sees_the_one_of_its_place(visible, place, seen, tried, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a GPU")
    assert tried(place=place) == (0, "")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == seen


def test_numbers_that_are_none_are_equal(tmp_path):
    """The accuracy of a run that diverged, or is not done."""
    for name in ("one", "other"):
        folder = tmp_path / name / "runs" / "0"
        folder.mkdir(parents=True)
        write_runs(tmp_path / name / "plan.csv", [RUN])
        result = {"val_acc": float("nan"), "steps": 3}
        (folder / "result.json").write_text(json.dumps(result))
    assert count_differences(tmp_path / "one", tmp_path / "other") == 0
