"""Luck, to draw by hand: what the script draws is judged as the exercise does."""

import torch
from pytest import approx

from helpers.course.chapter_6 import check
from helpers.course.chapter_6.plot import show_luck
from helpers.course.chapter_6.sweep_results import N_SEEDS, read_accuracies
from tests.chapters import conftest
from tests.chapters.play import call

launch = conftest.launch
browser = conftest.browser


def test_luck_is_that_of_the_exercise_and_of_the_text(browser):
    """With the same draws. About a point, even with 24 runs, and more with more."""
    scores = read_accuracies()[:, :, -1]
    runs = scores.flatten()
    sizes = 4, 24, 150
    script = show_luck()._esm
    drawn = call(browser, script, "draw", [[runs.tolist(), n, 300] for n in sizes])
    means = call(browser, script, "summarise", [[draws] for draws in drawn])
    for n, draws, mean in zip(sizes, drawn, means):
        found = []
        for draw in draws:
            tried = torch.zeros(len(runs), dtype=torch.bool)
            tried[draw["drawn"]] = True
            assert tried.sum() == n and draw["reported"] == runs[tried].max()
            # the script's winner comes first, as chance decides if several tie
            first = -(draw["winner"] // N_SEEDS)
            luck = check.luck.ours(scores.roll(first, 0), tried.view_as(scores).roll(first, 0))
            assert draw["reported"] - draw["fresh"] == approx(luck, abs=1e-4, nan_ok=True)
            found.append(luck)
        assert mean["luck"] == approx(torch.stack(found).nanmean(), abs=2e-5)
        places = torch.tensor([draw["drawn"] for draw in draws]).float()
        assert places.mean() == approx((len(runs) - 1) / 2, abs=8)  # none is preferred
    few, some, many = (mean["luck"] for mean in means)
    assert few < some - 0.2 and some == approx(1, abs=0.1) and some < many - 0.2
