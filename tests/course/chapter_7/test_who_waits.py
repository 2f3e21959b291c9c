"""The widget *Who waits?* counts as the exercise's solution does, from what was recorded."""

import math

import pytest
import torch

from helpers.course.chapter_7 import check, plot
from helpers.course.chapter_7.split_steps import LOCAL, read_split
from tests.chapters import conftest
from tests.chapters.play import call

launch = conftest.launch
browser = conftest.browser

NAMES = "neurons", "processes", "delay", "latency", "bandwidth"  # µs, Mbit/s
LOW = torch.tensor([512, 2, 1, 1, 100.0])
HIGH = torch.tensor([2**18, 64, 40, 1e4, 2e6])


def test_who_waits_is_counted_as_in_the_exercise(browser, seed):
    """With 200 random settings, small numbers as often as large ones."""
    drawn = (LOW * (HIGH / LOW) ** torch.rand(200, 5)).round().tolist()
    settings = [{**dict(zip(NAMES, row)), "device": "CPU core"} for row in drawn]
    script = plot.show_who_waits()._esm
    blocks = call(browser, script, "timeBlock", [[one] for one in settings])
    charts = call(browser, script, "drawChart", [[one, 720, 0] for one in settings])
    for row, block, chart in zip(drawn, blocks, charts, strict=True):
        n, processes, delay, latency, bandwidth = row
        compute = 30e-12 * (n / processes) ** 2
        latency *= 1e-6
        size = 4 * (processes - 1) * n / processes
        bandwidth *= 1e6 / 8
        smallest = check.smallest_delay.ours(compute, latency, size, bandwidth)
        assert block["smallest"] == smallest
        exchange = latency + delay * size / bandwidth
        assert block["wait"] == pytest.approx(max(0, exchange - delay * compute))
        mark = "no delay is enough" if smallest == math.inf else f">enough: {smallest} step"
        assert mark in "".join(chart)
    assert {1, 2, math.inf} < {block["smallest"] for block in blocks}


def test_who_waits_says_what_is_recorded():
    """With a delay of 1, there are 198 exchanges."""
    recorded = {row[1:4]: row for row in read_split() if row.link == LOCAL}
    script = plot.show_who_waits()._esm
    for n in (1024, 2048):
        added = (recorded[n, 2, 1].ms - recorded[n, 1, 1].ms / 2) / 198
        assert f"About {added:.0f} ms per exchange follows" in script
    pace = 1e9 * recorded[4096, 2, 20].own_ms / 20 / 2048**2
    assert f"takes {pace:.0f} ps for a weight" in script
