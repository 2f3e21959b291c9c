"""What was recorded is of real runs, and says what the chapters say of it."""

from helpers.assets.study_results import (
    LADDER_CSV,
    images_to,
    read_published,
    steps_to,
)
from helpers.course.chapter_3.ladder import LIMIT
from helpers.course.chapter_3.ladder_table import ladder_table
from helpers.course.notebook import ladder_speeds
from helpers.course.notebook.ladder_speeds import read_ladders
from helpers.course.notebook.measure import Speed
from tests.studies.ladder import write_ladder


def test_the_recorded_study_gives_the_steps_and_the_images_to_an_accuracy():
    """Of images, those of the slower seed. What is reached by none is left out."""
    steps, some, all_ = steps_to(0.95), images_to(0.5), images_to(0.0)
    assert {64, 128} <= set(steps) and 64 in all_ and steps_to(1.01) == images_to(1.01) == {}
    assert all(0 < count <= 2 * 8250 / batch for batch, count in steps.items())
    assert all(images >= all_[batch] for batch, images in some.items())


def test_recorded_ladders_stand_beside_the_own_one(tmp_path, monkeypatch):
    """Of several runs, the median and the lowest and highest are those of their medians."""
    (tmp_path / "gpu").mkdir()
    tf32, limit = Speed(3000, 1, 1, 1), Speed(4000, 1, 1, 1)
    runs = [
        {"1 loop over time": Speed(rate, 1, 9000, 0.5), "5 with TF32": tf32, LIMIT: limit}
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
        "| 5 with TF32 | - | 3,000 (0.75) |",
        "| ReLU control | 200 (1.00) | 4,000 (1.00) |",
    ]


def test_what_others_published_says_what_the_text_says():
    """Training steps by Triton kernels, compiled, and both."""
    rows = read_published()
    times = {(row.network, row.version): row.milliseconds for row in rows}
    networks = {row.network for row in rows}
    said = {
        "Triton kernels": [1.4, 1.8],
        "compiled": [1.6, 3.0],
        "Triton kernels, compiled": [1.9, 3.5],
    }
    for what, range_ in said.items():
        low, _, high = sorted(times[n, "eager"] / times[n, what] for n in networks)
        assert [round(low, 1), round(high, 1)] == range_
    assert all("SpikingJelly" in row.source and "commit" in row.source for row in rows)
