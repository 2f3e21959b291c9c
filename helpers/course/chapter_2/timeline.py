"""A timeline of training steps: what runs when, on each thread of the CPU and on the GPU."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

# For each part of a training step, the names of its operations, forward and backward.
PARTS = {
    "convolutions": ("aten::conv2d", "ConvolutionBackward0"),
    "neurons": ("_Scan", "_ScanBackward"),
    "pooling": ("aten::max_pool2d", "MaxPool2DWithIndicesBackward0"),
    "linear layers": ("aten::linear", "AddmmBackward0", "MmBackward0"),
    "optimiser": ("Optimizer.step#Adam.step",),
}


class Event(NamedTuple):
    """An operation that ran from start to end, in ms since the first one began."""

    lane: str  # "CPU, thread 1" or "GPU"
    name: str
    part: str  # one of PARTS, or nothing
    start: float
    end: float


def record_timeline(step: Callable, file: str, n_steps: int = 2) -> list[Event]:
    """Run a step some times, and return what ran when, by growing start.

    An operation that calls others contains them in time.

    Args:
        step: a training step, without arguments
        file: where the whole trace is written, for Perfetto
        n_steps: how often it runs
    """
    activities = [ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities) as profiler:
        for _ in range(n_steps):
            step()
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # a GPU works on while Python goes on
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    profiler.export_chrome_trace(file)
    part_of = {name: part for part, names in PARTS.items() for name in names}
    threads = {}
    found = []
    for event in sorted(profiler.events(), key=lambda event: event.time_range.start):
        if event.device_type == DeviceType.CPU:
            thread = threads.setdefault(event.thread, len(threads) + 1)
            lane = f"CPU, thread {thread}"
        else:
            lane = "GPU"
        name = event.name.removeprefix("autograd::engine::evaluate_function: ")
        span = event.time_range
        found.append(Event(lane, name, part_of.get(name, ""), span.start / 1e3, span.end / 1e3))
    first = found[0].start
    return [event._replace(start=event.start - first, end=event.end - first) for event in found]


def time_of_parts(events: list[Event]) -> dict[str, float]:
    """Return the time of each part on the CPU's threads, in ms."""
    times = dict.fromkeys(PARTS, 0.0)
    for part in PARTS:
        end = 0.0  # an operation within one of the same part is not counted again
        for event in events:
            if event.part == part and event.lane != "GPU" and event.end > end:
                times[part] += event.end - max(event.start, end)
                end = event.end
    return times


def stalled(step: Callable, seconds: float = 0.1) -> Callable:
    """Return the same step with a stall: its batch is loaded first, in the main process.

    seconds: as long as a slow disk takes for it
    """
    load = partial(time.sleep, seconds)

    def run():
        load()
        step()

    return run
