"""Speed, memory and operations of one training step on one device.

Chapter 3 shows what goes wrong without warm-up, without waiting for the device, and with a single
measurement. A step is a function without arguments that does all the work of one batch: see
`training_step`.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from itertools import accumulate
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, max_pool2d
from torch.utils.flop_counter import FlopCounterMode

from helpers import require
from helpers.tools.clock import Clock
from helpers.tools.now import now


class Speed(NamedTuple):
    """Items a second: median, lowest and highest of the measurements."""

    median: float
    low: float
    high: float
    first: float  # s, that the very first step took


def speed_of(rates: list[float], first: float) -> Speed:
    """Return the Speed that these measurements give; first: of the very first step, s."""
    return Speed(median(rates), min(rates), max(rates), first)


def over_runs(speeds: list[Speed]) -> Speed:
    """Return the median over runs of their medians, with the lowest and the highest of these."""
    return speed_of([speed.median for speed in speeds], speeds[0].first)


def training_step(
    net: nn.Module,
    x: Tensor,
    labels: Tensor,
    dtype: torch.dtype | None = None,
    forward: Callable | None = None,
) -> Callable:
    """Return one step of training as a function: forward, loss, backward, Adam.

    The loss is that of the last voltage. The learning rate is 0: the weights stay as they are, and
    every step computes the same.

    Args:
        net: called with x, it returns voltages (seq_length, batch, n_classes)
        x: what net takes
        labels: (batch,)
        dtype: torch.bfloat16 for mixed precision by autocast; None computes in the type of the
            weights
        forward: computes the voltages from x in place of net
    """
    forward = forward or net
    optimizer = torch.optim.Adam(net.parameters(), lr=0.0, fused=x.is_cuda, capturable=x.is_cuda)

    def step():
        with torch.autocast(x.device.type, dtype, enabled=dtype is not None):
            v = forward(x)
        cross_entropy(v[-1].float(), labels).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def measure_throughput(
    steps: dict[str, Callable],
    items: int,
    rounds: int = 5,
    warm_up: int = 2,
) -> dict[str, Speed]:
    """Measure the speed of each step, in items (images) a second.

    The steps are taken in turn, so that disturbances hit all alike. A GPU may do a step in less
    time than it takes to read the clock: there, a measurement takes 50 ms of steps.

    Args:
        steps: each by its name
        items: how many items one step works on
        rounds: measurements of each step, after warm_up unmeasured ones
        warm_up: how many of these

    Raises:
        InputError: when a number is below 1
    """
    require(
        min(rounds, warm_up, items) >= 1,
        f"{rounds=}, {warm_up=}, {items=}: each must be at least 1.",
    )
    n_turns = warm_up + rounds
    seconds = defaultdict(list)
    repeats = dict.fromkeys(steps, 1)
    with Clock("measuring") as clock:
        for turn in range(n_turns):
            for name, step in steps.items():
                what = f"{name}, " if name else ""
                clock.doing = f"measuring {what}{turn + 1} of {n_turns}"
                start = now()
                for _ in range(repeats[name]):
                    step()
                seconds[name].append((now() - start) / repeats[name])
                if turn == warm_up - 1 and torch.cuda.is_available():
                    repeats[name] = 1 + int(0.05 / seconds[name][-1])
        clock.doing = f"measured {n_turns} times"
    return {
        name: speed_of([items / s for s in of_step[warm_up:]], of_step[0])
        for name, of_step in seconds.items()
    }


def measure_memory(step: Callable) -> int:
    """Return the peak memory of the tensors that a step makes, in bytes.

    Weights, input and Adam's averages were there before, and do not count. Only PyTorch's own
    allocations count, so the result does not depend on what else the process holds.
    """
    for _ in range(2):
        step()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        peak = torch.cuda.max_memory_allocated()
        if peak > before:
            return peak - before
    with torch.autograd.profiler.profile(profile_memory=True) as profiler:  # of the CPU
        step()
    events = profiler.kineto_results.events()
    changes = [(e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]"]
    return max(accumulate((size for _, size in sorted(changes)), initial=0))


def count_flops(step: Callable) -> int:
    """Count the floating-point operations of matrix products and convolutions in one step."""
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def matmul_peak(device: str, dtype: torch.dtype = torch.float32) -> float:
    """Measure the floating-point operations a second of a large matrix product.

    If the device is so slow with this type that a large product would take over a second, a smaller
    one has to do.
    """
    size = 8192 if device == "cuda" else 2048  # a smaller product would not fill a GPU
    for n in (size // 8, size):
        factors = torch.randn(2, n, n, device=device, dtype=dtype)
        product = partial(torch.matmul, *factors)
        speed = measure_throughput({"": product}, 2 * n**3, rounds=7)[""].median
        if 2 * size**3 > speed:
            break
    return speed


class ReluControl(nn.Module):
    """The convolutional network with ReLU in place of LIF: every time step is one more image.

    Its speed is the limit in practice: the same layers, and neurons that cost next to nothing. It
    takes spikes (seq_length, batch, 1, 28, 28), and returns logits (seq_length, batch, n_classes).
    """

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, spikes: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            y = max_pool2d(self.net.conv1(spikes.flatten(0, 1)).relu(), 2)
        y = max_pool2d(self.net.conv2(y).relu(), 2)
        y = self.net.hidden(y.flatten(1)).relu()
        return self.net.out(y).unflatten(0, spikes.shape[:2])
