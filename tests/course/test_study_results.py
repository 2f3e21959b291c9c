"""What was recorded is of real runs, and says what the chapters say of it."""

import pytest

from helpers.assets.study_results import (
    LADDER_CSV,
    MEASURED,
    images_to,
    read_lines,
    read_study,
    steps_to,
)
from helpers.course.chapter_3.ladder import LIMIT
from helpers.course.chapter_3.ladder_table import ladder_table
from helpers.course.notebook import ladder_speeds
from helpers.course.notebook.ladder_speeds import read_ladders
from helpers.course.notebook.measure import Speed
from tests.studies.ladder import write_ladder


@pytest.mark.parametrize("path", MEASURED.glob("*.csv"), ids=lambda path: path.stem)
def test_a_record_says_what_made_it(path):
    assert all(row.get("made_by") or row["device"] for row in read_lines(path))


def test_the_recorded_study_gives_the_steps_and_the_images_to_an_accuracy():
    """Of images, those of the slowest seed. What is reached by none is left out."""
    steps = steps_to(0.95)
    assert {64, 128} <= set(steps) and steps_to(1.01) == images_to(1.01) == {}
    assert all(0 < count <= 2 * 8250 / batch for batch, count in steps.items())
    assert images_to(0.96) == {64: 5120, 128: 6656, 256: 8192}  # as chapter 3 says


def test_recorded_ladders_stand_beside_the_own_one(tmp_path, monkeypatch):
    """Of several runs, the median and the lowest and highest are those of their medians."""
    (tmp_path / "gpu").mkdir()
    half, limit = Speed(3000, 1, 1, 1), Speed(4000, 1, 1, 1)
    runs = [
        {"1 loop over time": Speed(rate, 1, 9000, 0.5), "6 sixteen bits": half, LIMIT: limit}
        for rate in (1000, 900, 1200)
    ]
    write_ladder(tmp_path / "gpu" / LADDER_CSV, "A card", runs)
    monkeypatch.setattr(ladder_speeds, "MEASURED", tmp_path)
    assert read_ladders()["A card"]["1 loop over time"] == (1000, 900, 1200, 0.5)
    here = {"1 loop over time": Speed(50, 40, 60, 1), LIMIT: Speed(200, 200, 200, 1)}
    assert ladder_table({"here": here, **read_ladders()}).splitlines() == [
        "| images/s (times ReLU) | here | A card |",
        "| --- | --- | --- |",
        "| 1 loop over time | 50, 40 to 60 (0.25) | 1,000, 900 to 1,200 (0.25) |",
        "| 6 sixteen bits | - | 3,000 (0.75) |",
        "| ReLU control | 200 (1.00) | 4,000 (1.00) |",
    ]


def test_fewer_time_steps_take_less_time_and_learn_less():
    """Chapter 3: milliseconds of a training step, and how many; one digit of 750 is missing to 98 %."""
    study = read_study()
    for setting, milliseconds, steps in (("4 steps", 43, 96), ("default", 66, 64)):
        for run in study[setting]:
            assert round(run.seconds[-1] / 0.256) == milliseconds
            assert run.time_to(0.95) == run.seconds[steps // 32 - 1]
    assert min(max(run.accuracy) for run in study["not distorted"]) == round(734 / 750, 4)
