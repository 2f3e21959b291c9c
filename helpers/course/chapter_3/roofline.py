"""The roofline of a device: arithmetic and memory limit how fast a layer can be.

Williams, Waterman and Patterson 2009, doi:10.1145/1498765.1498785.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch.nn.functional import max_pool2d

from helpers.course.notebook.measure import count_flops, matmul_peak, measure_throughput
from helpers.network import over_time
from helpers.neuron import LIF

FLOAT32 = 4  # bytes
# One time step of one neuron in `run_lif_eagerly` takes nine operations: i + x; i - v,
# times a, added to v; a comparison; (1 - z) * v, which are two; b * i, taken from i. One by one,
# they read 13 numbers and write 8. In one kernel, x is read and z is written.
OPERATIONS = 9
NUMBERS_ONE_BY_ONE = 21
NUMBERS_IN_ONE_KERNEL = 2


class Roofline(NamedTuple):
    """What a device can do, and what some layers reach."""

    peak: float  # operations a second, the most that a matrix product or a layer reached
    bandwidth: float  # bytes a second
    # of each layer's forward pass: operations per byte that it reads or writes, operations a second
    dots: dict


def memory_bandwidth(device: str) -> float:
    """Measure the bytes a second of a copy, read and written.

    The arrays, of 128 MB on a CPU and 1 GB on a GPU, are larger than most caches.
    """
    n = 2**25 if device == "cpu" else 2**28
    source = torch.ones(n, device=device)
    copy = partial(torch.empty_like(source).copy_, source)
    return measure_throughput({"": copy}, 2 * FLOAT32 * n)[""].median


def roofline(net: torch.nn.Module, spikes: torch.Tensor) -> Roofline:
    """Measure a device's two limits, and forward passes of layers in float32.

    Args:
        net: a SpikingConvNet
        spikes: (seq_length, batch, 1, 28, 28)
    """
    device = spikes.device.type
    with torch.no_grad():
        current = over_time(net.conv1, spikes)
        z = (current > current.mean()).float().flatten(0, 1)
        x = max_pool2d(z, 2).contiguous(memory_format=torch.channels_last)
        conv2 = net.conv2.to(memory_format=torch.channels_last)
        touched = x.numel() + conv2(x).numel() + conv2.weight.numel()
        convolve = partial(conv2, x)
        dots = {"second convolution": _dot(convolve, count_flops(convolve), touched)}
        n = current.numel()
        one_by_one = LIF()
        one_by_one.fuse = False
        for name, neurons, numbers in (
            ("neurons, operation by operation", one_by_one, NUMBERS_ONE_BY_ONE),
            ("neurons, in one kernel", LIF(compile=None), NUMBERS_IN_ONE_KERNEL),
        ):
            dots[name] = _dot(partial(neurons, current), OPERATIONS * n, numbers * n)
    peak = max(matmul_peak(device), *(speed for _, speed in dots.values()))
    return Roofline(peak, memory_bandwidth(device), dots)


def _dot(run: Callable, operations: int, numbers: int) -> tuple:
    speed = measure_throughput({"": run}, operations)[""].median
    return operations / (FLOAT32 * numbers), speed
