"""The recorded sweep that chapter 6 reads: whole, that of its plan, and what the chapter says of it."""

import pytest
import torch

from helpers.course.chapter_6 import check
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
    assert by_setting(rows)[0].number == best.setting  # "their setting has the best mean, too"
    again = read_recorded("again")
    assert len(read_tests()) == len(again) == 10
    assert all(90 < score < 100 for score in read_tests())


def test_a_thousand_plays_tell_the_ways_to_spend_24_runs_apart():
    """As chapter 6 says: one seed each finds hardly more than three seeds of few, and reports far too much."""
    few, _ = zip(play(grid(8, 3)), play(grid(8, 3)))
    assert few[0] == few[1]  # the same plays each time
    reports, finds = zip(*map(play, (grid(8, 3), grid(24, 1), in_two_steps(16, 4, 3))))
    assert 0 < finds[1] - finds[0] < 0.2 < finds[2] - finds[0]
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
    ends = accuracies[:, :, -1]
    means = ends.mean(dim=1)
    options = {}
    for name in rows[0].options:
        values = {row.setting: float(row.options[name]) for row in rows}
        options[name.removeprefix("model.")] = torch.tensor(list(values.values()))
    rate, alpha, dropout = (options[name] for name in ("learning_rate", "alpha", "dropout"))
    assert "below 1.9, no setting gets 60 %" in CHAPTER and means[alpha < 1.9].max() < 60
    is_good = (alpha >= 3) & (rate >= 0.01)
    assert means[is_good].min() > 87 and means[is_good & (rate < 0.09)].min() > 92
    assert rate[means.argsort(descending=True)[:10]].min() > 0.009  # "from 0.01 on"
    assert abs(rank_correlation(dropout, means)) < 0.21
    correlation = rank_correlation(dropout[is_good], means[is_good])
    assert f"Among the {is_good.sum()} settings" in CHAPTER
    assert f"the rank correlation is {correlation:.2f}." in CHAPTER
    is_best = ends == ends.amax(dim=1, keepdim=True)
    assert is_best.sum(0).max() > len(ends) / 2  # one seed is the best in most


def test_the_luck_of_the_best_grows_with_the_number_of_runs(accuracies):
    scores = accuracies[:, :, -1]
    lost = {}
    torch.manual_seed(0)
    for n in (24, 150):
        draws = []
        for _ in range(300):
            mixed = scores[torch.randperm(len(scores))]
            tried = torch.rand(mixed.numel()).argsort().view_as(mixed) < n
            draws.append(check.luck.ours(mixed, tried))
        lost[n] = torch.stack(draws).nanmean()
    assert lost[150] > lost[24] + 0.2 > 1


def test_halving_finds_more_than_whole_runs_of_the_same_cost(accuracies):
    found = []
    torch.manual_seed(0)
    for _ in range(300):
        settings = torch.randperm(len(accuracies))[:24]
        some = accuracies[settings][:, torch.randperm(4)]
        left, n_epochs = check.halve.ours(some[:, 0])
        assert n_epochs == 60  # fewer than eight whole runs
        ends = some[:, 0, -1]
        for chosen in (torch.arange(8), left, torch.arange(24)):
            found.append(some[chosen[ends[chosen].argmax()], 1:, -1].mean())
    whole, halved, everything = torch.stack(found).view(-1, 3).mean(dim=0)
    assert halved > whole + 0.3
    assert "it is even 0.2 points above all 24" in CHAPTER
    assert 0.1 < halved - everything < 0.25
