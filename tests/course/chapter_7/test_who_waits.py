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

LEAST = {"neurons": 512, "processes": 2, "delay": 1, "latency": 1, "bandwidth": 100}  # µs, Mbit/s
MOST = {"neurons": 2**18, "processes": 64, "delay": 40, "latency": 1e4, "bandwidth": 2e6}
PACE = {"CPU core": 30e-12, "GPU": 0.05e-12}  # s for a weight and a time step


def random_settings() -> dict:
    """As many small numbers as large ones."""
    settings = {
        name: round(least * (MOST[name] / least) ** torch.rand(()).item())
        for name, least in LEAST.items()
    }
    return settings | {"device": list(PACE)[torch.randint(2, ())]}


def test_who_waits_is_counted_as_in_the_exercise(browser, seed):
    drawn = [random_settings() for _ in range(200)]
    script = plot.show_who_waits()._esm
    found = call(browser, script, "timeBlock", [[settings] for settings in drawn])
    for settings, block in zip(drawn, found, strict=True):
        n, processes, d, latency, bandwidth, device = settings.values()
        compute = PACE[device] * (n / processes) ** 2
        size = 4 * (n / processes) * (processes - 1)
        case = compute, 1e-6 * latency, size, 1e6 * bandwidth / 8
        assert block["smallest"] == check.smallest_delay.ours(*case)
        exchange = 1e-6 * latency + d * size / case[3]
        assert block["wait"] == pytest.approx(max(0, exchange - d * compute))
        assert block["total"] == pytest.approx(
            max(exchange, d * compute) + (processes - 1) * d * compute
        )
    smallest = [block["smallest"] for block in found]
    assert {1, math.inf} < set(smallest) and sum(1 < d < math.inf for d in smallest) > 20


def test_who_waits_says_what_is_recorded():
    """With a delay of 1, there are 198 exchanges."""
    recorded = {row[1:4]: row for row in read_split() if row.link == LOCAL}
    script = plot.show_who_waits()._esm
    for n in (1024, 2048):
        added = (recorded[n, 2, 1].ms - recorded[n, 1, 1].ms / 2) / 198
        assert f"{added:.0f} ms per exchange was recorded" in script
    pace = 1e9 * recorded[4096, 2, 20].own_ms / 20 / 2048**2
    assert f"takes {pace:.0f} ps for a weight" in " ".join(script.split())
