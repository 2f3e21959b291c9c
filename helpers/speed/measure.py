"""How fast, how much memory, how far from the limit: measuring one training step on one device.

Chapter 3 shows what goes wrong without warm-up, without waiting for the device, and with a single measurement.
A step is a function without arguments that does all the work of one batch: see `training_step`.
"""

import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, max_pool2d
from torch.utils.flop_counter import FlopCounterMode

from helpers import require
from helpers.notebook.clock import Clock


class Speed(NamedTuple):
    """Items a second: median, lowest and highest of the measurements; and the seconds that the very first step took."""

    median: float
    low: float
    high: float
    first: float


def training_step(
    net: nn.Module, x: Tensor, labels: Tensor, dtype: torch.dtype | None = None, forward: Callable | None = None
) -> Callable:
    """One step of training as a function: forward, loss of the last voltage, backward, Adam.

    The learning rate is 0: the weights stay as they are, and every step computes the same.

    net: called with x, it returns voltages (seq_length, batch, n_classes)
    dtype: torch.bfloat16 for mixed precision by autocast; None computes in the type of the weights
    forward: computes the voltages from x in place of net
    """
    trained = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=0.0, fused=x.is_cuda, capturable=x.is_cuda)

    def step():
        with torch.autocast(x.device.type, dtype, enabled=dtype is not None):
            v = (forward or net)(x)
        cross_entropy(v[-1].float(), labels).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def graphed_step(step: Callable) -> Callable:
    """A `training_step` on an NVIDIA GPU, recorded once as a CUDA graph: a single launch replays the whole of it."""
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # PyTorch asks for a warm-up beside the default stream; Adam makes its state
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def measure_throughput(steps: dict[str, Callable], items: int, rounds: int = 5, warm_up: int = 2) -> dict[str, Speed]:
    """Speed of each of the steps, in items (images) a second, all taken in turn, so that disturbances hit all alike.

    A GPU may do a step in less time than the readings of the clock: there, a measurement takes 50 ms of steps.

    items: how many items one step works on
    rounds: measurements of each step, after warm_up unmeasured ones
    """
    require(min(rounds, warm_up, items) >= 1, f"{rounds=}, {warm_up=}, {items=}: each must be at least 1.")
    wait = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None  # a GPU works on while Python goes on
    seconds, repeats = {name: [] for name in steps}, dict.fromkeys(steps, 1)
    with Clock("measuring") as clock:
        for turn in range(warm_up + rounds):
            for name, step in steps.items():
                clock.doing = f"measuring {name and name + ', '}{turn + 1} of {warm_up + rounds}"
                wait()
                start = time.perf_counter()
                for _ in range(repeats[name]):
                    step()
                wait()
                seconds[name].append((time.perf_counter() - start) / repeats[name])
                if torch.cuda.is_available() and turn == warm_up - 1:
                    repeats[name] = 1 + int(0.05 / seconds[name][-1])
        clock.doing = f"measured {warm_up + rounds} times"
    rates = {name: sorted(items / s for s in taken[warm_up:]) for name, taken in seconds.items()}
    return {name: Speed(median(r), r[0], r[-1], first=seconds[name][0]) for name, r in rates.items()}


def measure_memory(step: Callable) -> int:
    """The most memory that tensors made during the step take at one moment, bytes: without weights, input and Adam.

    Only PyTorch's own allocations count, so the result does not depend on what else the process holds.
    """
    for _ in range(2):
        step()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        if torch.cuda.max_memory_allocated() > before:
            return torch.cuda.max_memory_allocated() - before
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    with tempfile.TemporaryDirectory() as folder:
        profiler.export_chrome_trace(f"{folder}/trace.json")
        events = json.loads(Path(folder, "trace.json").read_text())["traceEvents"]
    changes = sorted((event["ts"], event["args"]["Bytes"]) for event in events if event.get("name") == "[memory]")
    return max(accumulate((change for _, change in changes), initial=0))


def count_flops(step: Callable) -> int:
    """Floating-point operations of matrix products and convolutions in one step, by PyTorch's counter."""
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def matmul_peak(device: str | torch.device = "cpu", dtype=torch.float32, size: int = 0, rounds: int = 7) -> float:
    """Floating-point operations a second of a large matrix product: as good as this device gets. Median of rounds.

    A small one has to do where the device is so slow with this type that a large one would take over a second.

    size: rows and columns; 0: 8192 on an NVIDIA GPU, which a smaller product does not fill, else 2048
    """
    size = size or (8192 if torch.device(device).type == "cuda" else 2048)
    for n in (size // 8, size):
        a, b = torch.randn(2, n, n, device=device, dtype=dtype)
        speed = measure_throughput({"": partial(torch.matmul, a, b)}, 2 * n**3, rounds)[""].median
        if 2 * size**3 > speed:
            break
    return speed


class ReluControl(nn.Module):
    """The convolutional network without its neurons: ReLU in place of LIF, every time step one more image.

    Its speed is the limit in practice: the same layers, and neurons that cost next to nothing.
    Takes spikes (seq_length, batch, 1, 28, 28), gives logits (seq_length, batch, n_classes).
    """

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, spikes: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            y = max_pool2d(self.net.conv1(spikes.flatten(0, 1)).relu(), 2)
        y = max_pool2d(self.net.conv2(y).relu(), 2)
        return self.net.out(self.net.hidden(y.flatten(1)).relu()).unflatten(0, spikes.shape[:2])
