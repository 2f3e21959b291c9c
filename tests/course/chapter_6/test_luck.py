"""Luck, to draw by hand: what the script draws is judged as the exercise does."""

import torch

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
    drawn = call(browser, show_luck()._esm, "draw", [[runs.tolist(), n, 300] for n in sizes])
    means = []
    for n, draws in zip(sizes, drawn):
        found = []
        for draw in draws:
            tried = torch.zeros(len(runs), dtype=torch.bool)
            tried[draw["drawn"]] = True
            assert tried.sum() == n and draw["reported"] == runs[tried].max()
            # the script's winner comes first, as chance decides if several tie
            first = -(draw["winner"] // N_SEEDS)
            luck = check.luck.ours(scores.roll(first, 0), tried.view_as(scores).roll(first, 0))
            found.append((draw["reported"] - draw["fresh"], luck))
        found = torch.tensor(found)
        torch.testing.assert_close(found[:, 0], found[:, 1], rtol=0, atol=1e-4, equal_nan=True)
        means.append(found[:, 0].nanmean())
    few, some, many = means
    assert few < some - 0.2 and abs(some - 1) < 0.1 and some < many - 0.2
