"""Numbers that the texts of chapters 0 to 4 give, computed anew or read from what was recorded."""

import math
from collections import defaultdict
from itertools import pairwise

import pytest
import torch

from helpers.assets.study_results import (
    BATCH_CSV,
    LADDER_CSV,
    LINKS_CSV,
    MEASURED,
    Case,
    Validation,
    images_to,
    read_lines,
    read_rows,
    steps_to,
)
from helpers.course.chapter_1 import check
from helpers.encoders import encode
from tests import ROOT


def text_of(chapter: str) -> str:
    return (ROOT / "solutions" / f"{chapter}.md").read_text()


def test_four_changes_make_spikes_about_as_fast_as_relu():
    """Chapter 0: in each of the five runs of the rungs of chapter 3, 0.9 to 1.1 times as fast."""
    medians = {
        (row["rung"], row["run"]): float(row["median"]) for row in read_lines(MEASURED / LADDER_CSV)
    }
    ratios = [medians["5 one kernel", run] / medians["ReLU control", run] for run in "01234"]
    found = f"Our network with four changes was {min(ratios):.1f} to {max(ratios):.1f} times"
    assert found in text_of("00_half_hour")


def test_rungs_gain_in_the_recorded_runs():
    """Chapter 3: each rung in each of the five."""
    runs = defaultdict(list)
    for row in read_lines(MEASURED / LADDER_CSV):
        runs[row["run"]].append(float(row["median"]))  # of rungs 1 to 6, then of ReLU
    gains = [[after > before for before, after in pairwise(run[:6])] for run in runs.values()]
    assert [sum(of_rung) for of_rung in zip(*gains)] == [5, 5, 5, 5, 5]


def test_steps_of_euler_decay_faster_than_the_equations():
    """Chapter 1: with 9.5 and 4.5 ms in place of 10 and 5."""
    _, v, i = check.lif_step.ours(torch.zeros(1), torch.tensor([0.5]), torch.zeros(1))
    assert -1 / math.log(v.item() / 0.5) == pytest.approx(9.5, abs=0.05)
    _, _, i = check.lif_step.ours(torch.zeros(1), torch.zeros(1), torch.tensor([0.5]))
    assert -1 / math.log(i.item() / 0.5) == pytest.approx(4.5, abs=0.05)
    assert "with 9.5 and 4.5 ms" in text_of("01_build")


def learn(alpha: float, optimizer_class: type, learning_rate: float) -> list[int]:
    """The spikes of chapter 1's neuron at each of 20 training steps."""
    weight, counts = torch.tensor([[0.15]], requires_grad=True), []
    optimizer = optimizer_class([weight], lr=learning_rate)
    for _ in range(20):
        v, i, count = torch.zeros(1, 1), torch.zeros(1, 1), 0
        for _ in range(60):
            z, v, i = check.lif_step.ours(weight, v, i, lambda u: check.surrogate.ours(u, alpha))
            count = count + z
        optimizer.zero_grad()
        (count - 5).square().sum().backward()
        optimizer.step()
        counts.append(int(count))
    return counts


def test_alpha_and_the_optimiser_go_together():
    """Chapter 1: with SGD alpha = 100 stays silent; with Adam all three learn within 18 steps."""
    assert set(learn(100.0, torch.optim.SGD, 1e-4)) == {0}
    for alpha in (1.0, 5.0):
        assert learn(alpha, torch.optim.SGD, 1e-4)[-1] == 5
    for alpha in (1.0, 5.0, 100.0):
        counts = learn(alpha, torch.optim.Adam, 1e-2)
        assert 5 in counts[:18] and counts[-1] == 5


def test_a_class_looks_alike(digits):
    """Chapter 1: among 3,840 digits, the most similar one has the right label for nine in ten."""
    images, labels = digits.train[:3840]
    new, expected = digits.test[:1000]
    nearest = torch.cdist(new.flatten(1), images.flatten(1)).argmin(dim=1)
    assert 0.9 < (labels[nearest] == expected).float().mean() < 0.95


def test_at_brightness_1_a_pixel_spikes_in_every_step(digits):
    """Chapter 1: so it is Bernoulli, and no Poisson process, which would leave some steps out."""
    image = digits.test[:1][0]
    white = image == image.max()
    spikes = encode(image, "poisson", 32)
    assert spikes[:, white].all() and spikes.max() == 1


def test_a_skip_connection_lets_a_gradient_past_a_silent_layer():
    """Chapter 2: with alpha 100 it is 170,000 times as strong, and the network is right most often."""
    rows = [row for row in read_lines(MEASURED / "fourth_layer.csv") if row["alpha"] == "100.0"]
    gradients = {row["network"]: float(row["gradient"]) for row in rows if row["seed"] == "0"}
    assert round(gradients["skip"] / gradients["no cure"], -4) == 170_000
    for seed in "012":
        deep = [row for row in rows if row["seed"] == seed and row["network"] != "three layers"]
        assert max(deep, key=lambda row: float(row["val_acc"]))["network"] == "skip"


def final(setting: str) -> list[float]:
    """The last validation accuracy of each seed of a setting of chapter 4's record."""
    seeds = {}
    for row in read_rows(BATCH_CSV, Validation):
        if row.setting == setting:
            seeds[row.seed] = row.val_acc
    return list(seeds.values())


def test_runs_on_other_numbers_of_processes_agree_in_accuracy():
    """Chapter 4: one process with 64 images and two with 32 all end near 98 %."""
    ends = final("1 x 64") + final("2 x 32")
    assert len(ends) == 6 and all(0.975 <= accuracy <= 0.985 for accuracy in ends)


def test_the_linear_rule_loses_with_eight_devices():
    """Chapter 4: with two and four, the three rates end within two percent of each other."""
    for devices in (2, 4):
        rates = [final(f"{devices} x 64{rule}") for rule in ("", ", linear", ", square root")]
        ends = [accuracy for of_seeds in rates for accuracy in of_seeds]
        assert max(ends) - min(ends) < 0.02
    plain, linear, root = (final(f"8 x 64{rule}") for rule in ("", ", linear", ", square root"))
    for of_seed in zip(plain, linear, root):
        assert min(of_seed[0], of_seed[2]) > of_seed[1] + 0.01
        assert abs(of_seed[0] - of_seed[2]) < 0.005
    assert max(root) < min(final("1 x 64")) - 0.02


def images_of_seeds(setting: str, accuracy: float) -> list[int]:
    """The training images to an accuracy, of each seed of a setting of chapter 4's record."""
    seeds = defaultdict(list)
    for row in read_rows(BATCH_CSV, Validation):
        if row.setting == setting and row.val_acc >= accuracy:
            seeds[row.seed].append(row.images)
    return [min(images) for images in seeds.values()]


def test_a_larger_step_does_not_teach_as_much():
    """Chapter 4: to 80 %, 64 images take at most 24 steps, and 512 take seven to twelve.

    To 95 %, 128 take a third more images. Chapter 3: of the slowest seed, to 95, 96 and 97 %.
    """
    assert max(images_of_seeds("1 x 64", 0.8)) == 24 * 64
    images = images_of_seeds("8 x 64", 0.8)
    assert (min(images), max(images)) == (7 * 512, 12 * 512)
    steps = steps_to(0.95)
    assert 128 * steps[128] == pytest.approx(4 / 3 * 64 * steps[64])
    more = [images_to(accuracy)[128] / images_to(accuracy)[64] for accuracy in (0.95, 0.96, 0.97)]
    assert more == pytest.approx([1.5, 1.3, 1.73], abs=0.01)
    assert images_to(0.96)[256] == 1.6 * images_to(0.96)[64]


def test_a_slow_link_matters_less_for_larger_batches():
    """Chapter 4: at 100 Mbit/s it adds 133 ms to a step of 8 images, and 67 ms to one of 64."""
    cases = [case for case in read_rows(LINKS_CSV, Case) if case.processes == 2]
    added = {c.batch_size: 1e3 * (c.seconds - c.compute) for c in cases if c.mbit == 100}
    assert (round(added[8]), round(added[64])) == (133, 67)
    for mbit in (100, 300, 1000):
        shares = [case.compute / case.seconds for case in cases if case.mbit == mbit]
        assert shares == sorted(shares)
