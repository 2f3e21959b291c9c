"""How long a training step takes on many devices, by a model: what of averaging gradients does not hide behind compute.

In a ring each of n devices sends 2 (n - 1) / n times the bytes of all gradients, in 2 (n - 1) messages, one after
another (Patarasu and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002). DDP begins with the last layers, while the backward
pass goes on; for what is not done by its end, all wait. Between CPUs, the exchange also takes time from computing: they
pass the bytes on themselves. tests/studies/slow_links.py has compared all that with reality.
"""

import math
from statistics import median
from typing import NamedTuple

from helpers.notebook.recorded import Case


class Link(NamedTuple):
    """A connection between two devices: bytes a second in one direction, and seconds that a message takes to begin."""

    bandwidth: float
    latency: float


# H100: 900 GB/s of NVLink, both directions together, and one 400 Gbit/s adapter a GPU, after NVIDIA's data sheet of DGX
# H100. Latencies of a step in a ring, for NVLink and for any network: the defaults in src/graph/tuning.cc of NCCL.
LINKS = {
    "NVLink": Link(450e9, 3.4e-6),
    "InfiniBand, 400 Gbit/s": Link(50e9, 14e-6),
    "Ethernet, 10 Gbit/s": Link(1.25e9, 14e-6),
}


def exchange_seconds(devices: int, size: int, link: Link) -> float:
    """Seconds of averaging gradients of `size` bytes among so many devices, in a ring."""
    return 2 * (devices - 1) / devices * size / link.bandwidth + 2 * (devices - 1) * link.latency


def step_seconds(
    devices: int, size: int, link: Link, compute: float, hidden: float, handled: float = math.inf
) -> float:
    """Seconds of a training step on so many devices.

    Args:
        devices: number of them, each with the same work
        size: bytes of all gradients
        link: the slowest connection of the ring
        compute: s, the step of one device alone
        hidden: the share of compute, 0 to 1, in which the link can work at the same time
        handled: bytes a second that a CPU passes on, in which it does not compute; a GPU need not
    """
    handling = 2 * (devices - 1) / devices * size / handled
    return compute + handling + max(0.0, exchange_seconds(devices, size, link) - handling - hidden * compute)


def fit_links(cases: list[Case], size: int) -> tuple[float, float]:
    """`hidden` and `handled` of `step_seconds`, medians of what was recorded over the slowest and the fastest link."""
    rates = sorted({case.mbit for case in cases})
    links = {case: Link(case.mbit * 1e6 / 8, 0.0) for case in cases}
    slow, fast = ([case for case in cases if case.mbit == rate] for rate in (rates[0], rates[-1]))
    hidden = median(1 - (c.seconds - exchange_seconds(c.processes, size, links[c])) / c.compute for c in slow)
    handled = median(2 * (c.processes - 1) / c.processes * size / (c.seconds - c.compute) for c in fast)
    return hidden, handled
