"""A timeline of training steps: what runs when, on each thread of the CPU and on the GPU."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from torch.autograd import DeviceType
from torch.profiler import profile

# Names of operations, forward and backward, and the part of a training step that each belongs to.
PART_OF = {
    "aten::conv2d": "convolutions",
    "ConvolutionBackward0": "convolutions",
    "_Scan": "neurons, pooling",  # one kernel does both on a CPU
    "_ScanBackward": "neurons, pooling",
    "aten::max_pool2d": "neurons, pooling",
    "MaxPool2DWithIndicesBackward0": "neurons, pooling",
    "aten::linear": "linear layers",
    "AddmmBackward0": "linear layers",
    "MmBackward0": "linear layers",
    "Optimizer.step#Adam.step": "optimiser",
}


class Event(NamedTuple):
    """An operation that ran from start to end, in ms since the first one began."""

    lane: str  # "CPU, thread 1" or "GPU"
    name: str
    part: str  # of the step, or nothing
    start: float
    end: float


def record_timeline(step: Callable, file: str) -> list[Event]:
    """Run a training step twice, and return what ran, in the order in which it started.

    An operation that calls others contains them in time.

    file: where the whole trace is written, for Perfetto
    """
    with profile() as profiler:  # of the CPU, and of a GPU if there is one: at its end it waits
        step()
        step()
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    profiler.export_chrome_trace(file)
    events = profiler.events()
    first = events[0].time_range.start
    threads = {}
    found = []
    for event in events:
        lane = "GPU"
        if event.device_type == DeviceType.CPU:
            thread = threads.setdefault(event.thread, len(threads) + 1)
            lane = f"CPU, thread {thread}"
        name = event.name.removeprefix("autograd::engine::evaluate_function: ")
        start = (event.time_range.start - first) / 1e3
        end = (event.time_range.end - first) / 1e3
        found.append(Event(lane, name, PART_OF.get(name, ""), start, end))
    return found


def time_of_parts(events: list[Event]) -> dict[str, float]:
    """Return the time of each part on the CPU's threads, in ms."""
    times = dict.fromkeys(PART_OF.values(), 0.0)
    for part in times:
        end = 0.0  # an operation within one of the same part is not counted again
        for event in events:
            if event.part == part and event.lane != "GPU" and event.end > end:
                times[part] += event.end - max(event.start, end)
                end = event.end
    return times


def stalled(step: Callable, seconds: float = 0.1) -> Callable:
    """Return the same step with a stall, as if its batch came from a slow disk.

    seconds: how long the main process loads it, before the step
    """

    def run():
        time.sleep(seconds)
        step()

    return run
