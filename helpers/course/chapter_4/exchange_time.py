"""A model of how long a training step takes on many devices.

A step takes its compute, and the part of averaging gradients that compute does not hide.

In a ring each of n devices sends 2 (n - 1) / n times the bytes of all gradients, in 2 (n - 1)
messages, one after another (Patarasuk and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002). DDP begins
with the last layers, while the backward pass goes on. What is not sent by its end, all wait for.
Between CPUs, the exchange also takes time from computing: they pass the bytes on themselves.
tests/studies/slow_links.py has compared all that with reality, for 2 and 4 processes, links of 100
to 1000 Mbit/s and steps of 0.04 to 0.55 s on one, on a machine without other work. Elsewhere it is
a guess.

A ring's latency grows with its devices: NCCL takes trees where that would cost too much. So the
model ends at 64 devices.
"""

import math
from typing import NamedTuple

import numpy as np

from helpers.assets.study_results import LINKS_CSV, Case, read_rows


class Link(NamedTuple):
    """A connection between two devices."""

    bandwidth: float  # bytes a second, in one direction
    latency: float  # s, before a message begins
    devices: int = 64  # that one ring of it joins


# H100: 900 GB/s of NVLink, both directions together, for the eight devices of a node, and one
# 400 Gbit/s adapter for each GPU, from NVIDIA's data sheet of DGX H100. Latencies of a step in a
# ring, for NVLink and for any network: the defaults in src/graph/tuning.cc of NCCL.
LINKS = {
    "NVLink": Link(450e9, 3.4e-6, devices=8),
    "InfiniBand, 400 Gbit/s": Link(50e9, 14e-6),
    "Ethernet, 10 Gbit/s": Link(1.25e9, 14e-6),
}
# How much of a step may hide the exchange: nothing, or the backward pass, about 0.6 of it. What was
# fitted to CPU processes says little about GPUs.
HIDDEN = (0.0, 0.6)


def exchange_seconds(devices: int, size: int, link: Link) -> float:
    """Return the seconds of averaging gradients of `size` bytes in a ring of devices."""
    return _bytes_sent(devices, size) / link.bandwidth + 2 * (devices - 1) * link.latency


def _bytes_sent(devices: int, size: int) -> float:
    """Return the bytes that each device of a ring sends."""
    return 2 * (devices - 1) / devices * size


def step_seconds(
    devices: int, size: int, link: Link, compute: float, hidden: float, handled: float = math.inf
) -> float:
    """Return the seconds of a training step on so many devices.

    Args:
        devices: number of them, each with the same work
        size: bytes of all gradients
        link: the slowest connection of the ring
        compute: s, the step of one device alone
        hidden: the share of compute, 0 to 1, in which the link can work at the same time
        handled: bytes a second that a CPU passes on, in which it does not compute; a GPU need not
    """
    handling = _bytes_sent(devices, size) / handled
    exchange = exchange_seconds(devices, size, link)
    return compute + handling + max(0.0, exchange - handling - hidden * compute)


def fit_links(cases: list[Case], size: int) -> tuple[float, float]:
    """Fit `hidden` and `handled` of `step_seconds` to recorded steps.

    They are medians over the cases of the slowest and of the fastest link.
    """
    processes, mbit, _, compute, seconds = np.array(cases).T
    hidden = 1 - (seconds - exchange_seconds(processes, size, _link(mbit))) / compute
    handled = _bytes_sent(processes, size) / (seconds - compute)
    return np.median(hidden[mbit == mbit.min()]), np.median(handled[mbit == mbit.max()])


def _link(mbit: float) -> Link:
    """Return a link over which steps were recorded, without latency; mbit: Mbit/s."""
    return Link(mbit * 1e6 / 8, 0.0)


def efficiency_range(
    size: int, link: Link, compute: float
) -> tuple[list[int], list[float], list[float]]:
    """Return numbers of devices, and the lowest and highest efficiency of each, by HIDDEN.

    size, link, compute: as for `step_seconds`
    """
    devices = [2**n for n in range(7) if 2**n <= link.devices]
    low, high = (
        [compute / step_seconds(n, size, link, compute, hidden) for n in devices]
        for hidden in HIDDEN
    )
    return devices, low, high


def compare_links(size: int, compute: float) -> tuple[dict, dict, str]:
    """Return what the figure shows: the model beside recorded steps, and its efficiencies.

    For each link the steps in the model and as recorded, in s, and the range of efficiencies for up
    to 64 devices; a title.

    Args:
        size: bytes of all gradients
        compute: s, a step of one device alone
    """
    cases = read_rows(LINKS_CSV, Case)
    fitted = fit_links(cases, size)
    steps = {}
    for case in cases:  # recorded by growing speed
        predicted, measured = steps.setdefault(f"{case.mbit:g} Mbit/s", ([], []))
        link = _link(case.mbit)
        predicted.append(step_seconds(case.processes, size, link, case.compute, *fitted))
        measured.append(case.seconds)
    efficiencies = {name: efficiency_range(size, link, compute) for name, link in LINKS.items()}
    title = f"{size / 1e6:.1f} MB of gradients, {1e3 * compute:g} ms per step"
    return steps, efficiencies, title
