"""A timeline has what ran, in order, and a stall is a gap in it."""

import json
import time

import pytest
import torch

from helpers.course.chapter_2.check import longest_gap
from helpers.course.chapter_2.timeline import (
    PART_OF,
    Event,
    record_timeline,
    stalled,
    time_of_parts,
)
from helpers.model import SpikingConvNet


@pytest.fixture
def step(images, seed):
    net = SpikingConvNet(3)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        net(images).sum().backward()
        optimizer.step()

    step()
    return step


def test_each_part_of_a_step_is_found(step, tmp_path):
    events = record_timeline(step, str(tmp_path / "timeline.json"))
    assert {event.part for event in events} == {"", *PART_OF.values()}
    starts = [event.start for event in events]
    assert starts == sorted(starts) and starts[0] == 0
    assert all(event.start <= event.end for event in events)
    trace = json.loads((tmp_path / "timeline.json").read_text())  # as Perfetto reads it
    assert {"ConvolutionBackward0", "_Scan"} <= {e.get("name", "") for e in trace["traceEvents"]}
    times = time_of_parts(events)
    assert min(times.values()) > 0 and sum(times.values()) <= events[-1].end


def test_a_stall_is_the_longest_gap_and_lies_between_two_steps(step, tmp_path):
    seconds = 0.3  # longer than another process that takes the core
    start = time.monotonic()
    events = record_timeline(stalled(step, seconds), str(tmp_path / "timeline.json"))
    assert time.monotonic() - start >= 2 * seconds
    begin, end = longest_gap.ours([(event.start, event.end) for event in events])
    assert end - begin >= 1e3 * seconds
    before = max((e for e in events if e.end <= begin), key=lambda e: e.end)
    after = min((e for e in events if e.start >= end), key=lambda e: e.start)
    assert before.name.startswith("Optimizer.step") and "zero_grad" in after.name


def test_an_operation_within_its_like_is_counted_once():
    lane = "CPU, thread 1"
    part = "neurons, pooling"
    spans = [(part, 0, 4), ("", 1, 3), (part, 2, 3), (part, 5, 6)]
    events = [Event(lane, "op", *span) for span in spans]
    events.append(Event("GPU", "kernel", part, 7, 9))
    assert time_of_parts(events)[part] == 5
