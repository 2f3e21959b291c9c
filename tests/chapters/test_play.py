"""The widgets to play with count as the course does. They are played with in test_site and test_browser."""

import math

import torch
from pytest import approx

from helpers.course.chapter_6.check import luck
from helpers.course.chapter_6.plot import show_luck
from helpers.course.chapter_6.sweep_results import N_SEEDS, read_accuracies
from helpers.course.chapter_7.check import smallest_delay
from helpers.course.chapter_7.plot import show_who_waits
from helpers.course.chapter_7.split_steps import DELAYS, SIZES, read_split
from helpers.course.notebook.play import show_neuron
from helpers.neuron import Constants, lif_step


def call(browser, widget, function: str, calls: list) -> list:
    """What a function of a widget's script returns in a browser, for each of these lists of arguments."""
    with browser.new_page() as page:
        run = """async ([script, name, calls]) => {
            const module = await import("data:text/javascript," + encodeURIComponent(script));
            return calls.map((given) => module.default[name](...given));
        }"""
        return page.evaluate(run, [widget._esm, function, calls])


def draw(n: int, low: list[float], high: list[float]) -> torch.Tensor:
    """Random settings, small numbers as often as large ones: (n, numbers of a setting), in float64."""
    low, high = (torch.tensor(ends, dtype=torch.float64) for ends in (low, high))
    return low * (high / low) ** torch.rand(n, len(low), dtype=torch.float64)


def test_neuron_computes_what_lif_step_does(browser, seed):
    drawn = draw(200, [0.01, 0.5, 2, 2], [0.6, 2, 30, 20])
    names = "input", "threshold", "tau_mem", "tau_syn"
    settings = [[dict(zip(names, row)), 100] for row in drawn.tolist()]
    found = call(browser, show_neuron(), "simulate", settings)

    x, v_th, tau_mem, tau_syn = drawn.T
    v = i = torch.zeros_like(x)
    steps = []
    for _ in range(100):
        z, v_before, v, i = lif_step(x, v, i, Constants(1 / tau_mem, 1 / tau_syn, v_th))
        steps.append(torch.stack([z, v_before, v, i], dim=1))
    theirs = [[[step[key] for key in ("z", "v_before", "v", "i")] for step in run] for run in found]
    ours = torch.stack(steps, dim=1)
    torch.testing.assert_close(torch.tensor(theirs).to(ours), ours, rtol=0, atol=1e-6)


def test_who_waits_counts_as_the_exercise_does(browser, seed):
    drawn = draw(200, [512, 2, 1, 1, 100], [2**18, 64, 40, 1e4, 2e6]).round().tolist()
    names = "neurons", "processes", "delay", "latency", "bandwidth"  # µs, Mbit/s
    settings = [dict(zip(names, row), device="CPU core") for row in drawn]
    blocks = call(browser, show_who_waits(), "timeBlock", [[one] for one in settings])
    charts = call(browser, show_who_waits(), "drawChart", [[one, 720, 0] for one in settings])
    for row, block, chart in zip(drawn, blocks, charts, strict=True):
        n, processes, delay, latency, bandwidth = row
        compute = 39e-12 * (n / processes) ** 2
        latency *= 1e-6
        size = 4 * (processes - 1) * n / processes
        bandwidth *= 1e6 / 8
        smallest = smallest_delay.ours(compute, latency, size, bandwidth)
        assert block["smallest"] == smallest
        exchange = latency + delay * size / bandwidth
        assert block["wait"] == approx(max(0, exchange - delay * compute))
        mark = "no delay is enough" if smallest == math.inf else f">enough: {smallest} step"
        assert mark in "".join(chart)
    assert {1, 2, math.inf} < {block["smallest"] for block in blocks}


def test_who_waits_says_what_is_recorded():
    """With a delay of 1, there are 198 exchanges."""
    one, two = (read_split(case).median(0).values for case in ("one process", "two processes"))
    script = show_who_waits()._esm
    for n in (1024, 2048):
        of_size = SIZES.index(n)
        added = (two[of_size, 0] - one[of_size, 0] / 2) / 198
        assert f"About {added:.0f} ms per exchange follows" in script
    own_ms = read_split("two processes", "own_ms").median(0).values
    pace = 1e9 * own_ms[SIZES.index(4096), DELAYS.index(20)] / 20 / 2048**2
    assert f"takes {pace:.0f} ps for a weight" in script


def test_luck_is_that_of_the_exercise_and_of_the_text(browser):
    """With the same draws. About a point, even with 24 runs, and more with more."""
    scores = read_accuracies()[:, :, -1]
    runs = scores.flatten()
    means = []
    for n in (4, 24, 150):
        [draws] = call(browser, show_luck(), "draw", [[runs.tolist(), n, 300]])
        found = []
        for one in draws:
            tried = torch.zeros(len(runs), dtype=torch.bool)
            tried[one["drawn"]] = True
            assert tried.sum() == n and one["reported"] == runs[tried].max()
            # the script's winner comes first, as chance decides if several tie
            first = -(one["winner"] // N_SEEDS)
            theirs = luck.ours(scores.roll(first, 0), tried.view_as(scores).roll(first, 0))
            assert one["reported"] - one["fresh"] == approx(theirs, abs=1e-4, nan_ok=True)
            found.append(theirs)
        [mean] = call(browser, show_luck(), "summarise", [[draws]])
        assert mean["luck"] == approx(torch.stack(found).nanmean(), abs=2e-5)
        places = torch.tensor([one["drawn"] for one in draws]).float()
        assert places.mean() == approx((len(runs) - 1) / 2, abs=8)  # none is preferred
        means.append(mean["luck"])
    few, some, many = means
    assert few < some - 0.2 and some == approx(1, abs=0.1) and some < many - 0.2
