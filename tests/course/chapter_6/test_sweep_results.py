"""The recorded sweep that chapter 6 reads: whole, that of its plan, and what the chapter says of it."""

import pytest
import torch

from helpers.course.chapter_6.budget import play
from helpers.course.chapter_6.sweep_results import (
    SWEEP,
    read_accuracies,
    read_recorded,
    read_tests,
)
from helpers.sweep.intervals import seed_interval
from helpers.sweep.plan import make_plan
from helpers.sweep.table import by_setting
from tests import ROOT
from tests.course.chapter_6.answers import grid, in_two_steps

CHAPTER = (ROOT / "solutions" / "06_many_runs.md").read_text()


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


def test_the_chapter_says_how_many_there_are(rows):
    n_settings = len({row.setting for row in rows})
    assert f"{len(rows)} trainings of one network" in CHAPTER
    assert f"a larger sweep: {n_settings} settings" in CHAPTER


def test_each_curve_ends_at_the_score_of_its_run(rows, accuracies):
    ends = accuracies[:, :, -1].flatten()
    assert torch.allclose(ends, 100 * torch.tensor([row.val_acc for row in rows]))


def test_the_best_of_all_was_lucky(rows):
    """As chapter 6 says: its new seeds are worse, by more than their interval leaves open."""
    best = max(rows, key=lambda row: row.val_acc)
    (again,) = {tuple(run.options.items()) for run in make_plan(SWEEP / "again.yaml")}
    tried = {name: float(value) for name, value in again if name in best.options}
    assert tried == {name: float(value) for name, value in best.options.items()}
    new = read_recorded("again")
    assert len(new) == 10 and {row.seed for row in new}.isdisjoint(row.seed for row in rows)
    _, high = seed_interval([row.val_acc for row in new])
    assert high < best.val_acc


def test_the_means_and_the_interval_are_those_of_the_rows(rows):
    best = by_setting(rows)[0]
    scores = [row.val_acc for row in rows if row.setting == best.number]
    assert best.scores == scores and best.mean == pytest.approx(sum(scores) / 4)
    assert (best.low, best.high) == seed_interval(scores)


def test_the_test_is_read_for_the_new_seeds_of_the_best_setting_alone(rows):
    for name in ("table", "curves", "again"):
        assert "test" not in (SWEEP / f"{name}.csv").read_text().splitlines()[0]
    best = max(rows, key=lambda row: row.val_acc)
    assert by_setting(rows)[0].number == best.setting  # "their setting also has the highest mean"
    again = read_recorded("again")
    assert len(read_tests()) == len(again) == 10


def test_a_thousand_plays_tell_the_ways_to_spend_24_runs_apart():
    """As chapter 6 says: one seed each reports a point too much; wide, then deep, finds more."""
    few, _ = zip(play(grid(8, 3)), play(grid(8, 3)))
    assert few[0] == few[1]  # the same plays each time
    reports, finds = zip(*map(play, (grid(8, 3), grid(24, 1), in_two_steps(16, 4, 3))))
    assert finds[2] > finds[0] + 0.2
    luck = [report - found for report, found in zip(reports, finds)]
    assert luck[1] > luck[2] > 0 and luck[1] > 3 * luck[0] > 0


def rank_correlation(x: torch.Tensor, y: torch.Tensor) -> float:
    """Spearman's: those that tie share the mean of their ranks."""
    ranks = []
    for values in (x, y):
        lower, equal = values < values[:, None], values == values[:, None]
        ranks.append(lower.sum(1) + equal.sum(1) / 2)
    return torch.corrcoef(torch.stack(ranks))[0, 1].item()


def test_what_the_chapter_sees_in_the_sweep(rows, accuracies):
    """Below "What we see": ranges, and dropout among the settings that are good otherwise."""
    means = accuracies[:, :, -1].mean(dim=1)
    options = {}
    for name in rows[0].options:
        values = {row.setting: float(row.options[name]) for row in rows}
        options[name.removeprefix("model.")] = torch.tensor(list(values.values()))
    rate, alpha, dropout = (options[name] for name in ("learning_rate", "alpha", "dropout"))
    assert "below 1.9, no setting gets 60 %" in CHAPTER and means[alpha < 1.9].max() < 60
    is_good = (alpha >= 3) & (rate >= 0.01)
    assert means[is_good].min() > 87 and means[is_good & (rate < 0.09)].min() > 92
    assert rate[means.argsort(descending=True)[:10]].min() > 0.009  # "from about 0.01 on"
    assert abs(rank_correlation(dropout, means)) < 0.21
    correlation = rank_correlation(dropout[is_good], means[is_good])
    assert f"Among the {is_good.sum()} settings" in CHAPTER
    assert f"the rank correlation is {correlation:.2f}." in CHAPTER


def gain_of_halving(curves: torch.Tensor) -> torch.Tensor:
    """By how much new seeds are better with halving than with eight whole runs, on average."""
    settings = torch.rand(200, len(curves), 1).argsort(dim=1)[:, :24]
    some = curves[settings, torch.rand(200, 1, 4).argsort(dim=2)]
    tried, new = some[:, :, 0], some[:, :, 1:, -1].mean(dim=2)
    left = torch.arange(24).expand(200, -1)
    for epoch, n_left in ((1, 12), (2, 6), (4, 3), (8, 1)):
        left = left.gather(1, tried[:, :, epoch - 1].gather(1, left).topk(n_left).indices)
    whole = tried[:, :8, -1].argmax(dim=1, keepdim=True)
    return (new.gather(1, left) - new.gather(1, whole)).mean()


def test_halving_finds_more_in_other_sweeps_too(accuracies):
    """As chapter 6 says, with settings that are drawn anew."""
    torch.manual_seed(0)
    sweeps = [accuracies[torch.randint(64, (64,))] for _ in range(400)]
    gains = torch.stack([gain_of_halving(sweep) for sweep in sweeps])
    interval = gains.quantile(torch.tensor([0.025, 0.975])).tolist()
    assert "the gain is 0.2 to 1.0 points" in CHAPTER
    assert interval == pytest.approx([0.2, 1.0], abs=0.15)  # of 400 sweeps
