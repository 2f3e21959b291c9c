"""The recorded sweep that chapter 8 reads: whole, and that of its plan."""

import pytest

from helpers.course.chapter_8.recorded_sweep import SWEEP, read_recorded, read_recorded_curves
from helpers.sweep.intervals import seed_interval
from helpers.sweep.plan import make_plan
from helpers.sweep.table import by_setting


@pytest.fixture(scope="module")
def rows():
    return read_recorded()


def test_it_is_that_of_its_plan_and_complete(rows):
    plan = make_plan(SWEEP / "plan.yaml")
    assert len(rows) == len(plan) == 200 and {row.state for row in rows} == {"done"}
    for row, run in zip(rows, plan):
        assert row[:3] == run[:3]  # number, setting and seed
        assert row.options.items() <= run.options.items() and len(row.options) == 3


def test_each_curve_ends_at_the_score_of_its_run(rows):
    curves = read_recorded_curves()
    assert {len(curve) for curve in curves.values()} == {8}
    assert [curves[row.number][-1] for row in rows] == [row.val_acc for row in rows]


@pytest.mark.parametrize("n", [24, 200])
def test_the_new_seeds_are_those_of_the_best_run(n, rows):
    if n == 24:
        rows = [row for row in rows if row.setting < 8 and row.seed < 3]
    assert len(rows) == n
    best = max(rows, key=lambda row: row.val_acc)
    (again,) = {tuple(run.options.items()) for run in make_plan(SWEEP / f"again_{n}.yaml")}
    tried = {name: float(value) for name, value in again if name in best.options}
    assert tried == {name: float(value) for name, value in best.options.items()}
    seeds = [row.seed for row in read_recorded(f"again_{n}")]
    assert len(seeds) == 10 and set(seeds).isdisjoint(row.seed for row in rows)


def test_the_best_of_200_was_lucky(rows):
    """As chapter 8 says: its new seeds are worse, by more than their interval leaves open."""
    best = max(row.val_acc for row in rows)
    _, high = seed_interval([row.val_acc for row in read_recorded("again_200")])
    assert high < best


def test_the_means_and_the_interval_are_those_of_the_rows(rows):
    best = by_setting(rows)[0]
    scores = [row.val_acc for row in rows if row.setting == best.number]
    assert best.scores == scores and best.mean == pytest.approx(sum(scores) / 4)
    assert (best.low, best.high) == seed_interval(scores) and best.low < best.mean < best.high
