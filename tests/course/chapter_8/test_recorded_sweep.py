"""The recorded sweep that chapter 8 reads: whole, that of its plan, and what the chapter says of it."""

from statistics import mean

import pytest
import torch

from helpers.course.chapter_8.budget import Runs, play
from helpers.course.chapter_8.recorded_sweep import SWEEP, read_accuracies, read_recorded
from helpers.course.checks import WrongAnswer
from helpers.sweep.intervals import mean_interval
from helpers.sweep.plan import make_plan
from helpers.sweep.table import by_setting
from tests.course.chapter_8.answers import grid, in_two_steps


@pytest.fixture(scope="module")
def rows():
    return read_recorded()


@pytest.fixture(scope="module")
def accuracies():
    return read_accuracies()


def test_it_is_that_of_its_plan_and_complete(rows):
    plan = make_plan(SWEEP / "plan.yaml")
    assert len(rows) == len(plan) and {row.state for row in rows} == {"done"}
    for row, run in zip(rows, plan):
        assert row[:3] == run[:3]  # number, setting and seed
        assert row.options.items() <= run.options.items() and len(row.options) == 3


def test_each_curve_ends_at_the_score_of_its_run(rows, accuracies):
    assert accuracies.shape[2] == 8
    ends = accuracies[:, :, -1].flatten()
    assert torch.allclose(ends, 100 * torch.tensor([row.val_acc for row in rows]))


def test_the_new_seeds_are_those_of_the_best_run(rows):
    best = max(rows, key=lambda row: row.val_acc)
    (again,) = {tuple(run.options.items()) for run in make_plan(SWEEP / "again.yaml")}
    tried = {name: float(value) for name, value in again if name in best.options}
    assert tried == {name: float(value) for name, value in best.options.items()}
    seeds = [row.seed for row in read_recorded("again")]
    assert len(seeds) == 10 and set(seeds).isdisjoint(row.seed for row in rows)


def test_the_best_of_all_was_lucky(rows):
    """As chapter 8 says: its new seeds are worse, by more than their interval leaves open."""
    best = max(row.val_acc for row in rows)
    _, high = mean_interval([row.val_acc for row in read_recorded("again")])
    assert high < best


def test_the_means_and_the_interval_are_those_of_the_rows(rows, accuracies):
    best = by_setting(rows)[0]
    scores = [row.val_acc for row in rows if row.setting == best.number]
    assert best.scores == scores and best.mean == pytest.approx(mean(scores))
    assert (best.low, best.high) == mean_interval(scores) and best.low < best.mean < best.high
    assert best.mean == pytest.approx(accuracies[best.number, :, -1].mean().item() / 100)


def test_no_score_of_the_test_is_in_a_table():
    for name in ("table", "curves", "again"):
        assert "test" not in (SWEEP / f"{name}.csv").read_text().splitlines()[0]
    test = read_accuracies("test", "test_acc")
    assert test.shape == (*read_accuracies().shape[:2], 1) and 0 < test.min() < test.max() < 100


def test_a_thousand_plays_tell_the_ways_to_spend_24_runs_apart():
    """As chapter 8 says: one seed each finds more than three seeds of few settings, and reports far too much."""
    few, _ = zip(play(grid(8, 3)), play(grid(8, 3)))
    assert few[0] == few[1]  # the same plays each time
    reports, finds = zip(*map(play, (grid(8, 3), grid(24, 1), in_two_steps(16, 4, 3))))
    assert finds[1] > finds[0] + 0.2 and finds[2] > finds[0] + 0.2
    luck = [report - found for report, found in zip(reports, finds)]
    assert luck[1] > luck[2] > 0 and luck[1] > 3 * luck[0] > 0


@pytest.mark.parametrize("asked", [(-1, 0), (2, 0), (0, 2), (0, 0.5)])
def test_what_may_not_be_run_is_said(asked):
    runs = Runs([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert runs(1, 1) == 5.0
    with pytest.raises(WrongAnswer, match="settings are 0 to 1, and seeds 0 to 1"):
        runs(*asked)
    with pytest.raises(WrongAnswer, match="twice"):
        runs(1, 1)
