"""What the measurements of scaling.py say: speed-up, efficiency, the serial fraction, cost."""

from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from helpers.assets.study_results import read_rows, steps_to
from helpers.tools.plural import plural

SAME = 0.01  # serial fractions that are closer than this count as equal


class Measurement(NamedTuple):
    """A row of the CSV file: the mean of several training steps in one repeat."""

    device: str
    mode: str  # "strong" or "weak"
    processes: int
    batch_size: int  # images in the batch of one process
    repeat: int  # its number, from 0 on
    seconds: float  # all of the step
    compute: float  # of it, in s, without averaging gradients
    communication: float  # what averaging them adds and compute does not hide, waiting included
    data: float  # reading the batch
    cores: int = 0  # that the processes share; 0 on GPUs, where each has its own

    @property
    def rate(self) -> float:
        """Images a second, of all processes together."""
        return self.processes * self.batch_size / self.seconds


class Spread(NamedTuple):
    """Median, lowest and highest of the repeats."""

    median: float
    low: float
    high: float

    def text(self, digits: int) -> str:
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def spread(values: list[float]) -> Spread:
    return Spread(median(values), min(values), max(values))


class Summary(NamedTuple):
    """What the repeats say about so many processes. The times of a step are medians, in s."""

    mode: str
    processes: int
    batch_size: int
    throughput: Spread  # images/s of all processes
    speed_up: Spread  # against one process of the same repeat, as the efficiency
    efficiency: Spread
    seconds: float
    compute: float
    communication: float
    data: float


def summarise(measurements: list[Measurement]) -> list[Summary]:
    """Return one Summary for each mode and number of processes.

    measurements: in the order of the repeats, as they were taken
    """
    repeats_of = defaultdict(list)
    for m in measurements:
        repeats_of[m.mode, m.processes].append(m)
    rows = []
    for (mode, n), repeats in repeats_of.items():
        speed_ups = [m.rate / one.rate for m, one in zip(repeats, repeats_of[mode, 1])]
        rows.append(
            Summary(
                mode,
                n,
                repeats[0].batch_size,
                spread([m.rate for m in repeats]),
                spread(speed_ups),
                spread([speed_up / n for speed_up in speed_ups]),
                # seconds, compute, communication, data
                *map(median, zip(*(m[5:9] for m in repeats))),
            )
        )
    return rows


def karp_flatt(n: int, speed_up: float) -> float:
    """Return the serial fraction that Amdahl's law gives n processes with this speed-up.

    s = (1 / speed_up - 1 / n) / (1 - 1 / n)

    It holds all that is lost: serial work, the exchange, and waiting. How it changes with n tells
    them apart. Source: Karp and Flatt 1990, doi:10.1145/78607.78614
    """
    return (1 / speed_up - 1 / n) / (1 - 1 / n)


def amdahl(speed_ups: dict[int, float]) -> float:
    """Fit Amdahl's serial fraction s, between 0 and 1, by least squares.

    1 / speed_up = s + (1 - s) / processes

    Source: Amdahl 1967, doi:10.1145/1465482.1465560

    speed_ups: of strong scaling, for at least three numbers of processes, 1 among them: any law
        would go through the one point that two of them have
    """
    # 1 / speed_up - 1 / n = s (1 - 1 / n): a line through the origin
    n, speed_up = np.array(list(speed_ups.items())).T
    x = 1 - 1 / n
    y = 1 / speed_up - 1 / n
    return float(np.clip(x @ y / (x @ x), 0, 1))


def serial_fractions(measurements: list[Measurement]) -> dict[int, Spread]:
    """Return Karp and Flatt's serial fraction for each number of processes above 1.

    It is that of strong scaling. Where processes share a core they wait for each other, which says
    nothing about the program: their numbers are left out.
    """
    repeats = _strong_speed_ups(measurements)
    return {
        n: spread([karp_flatt(n, speed_ups[n]) for speed_ups in repeats])
        for n in repeats[0]
        if n > 1
    }


def serial_fraction(measurements: list[Measurement]) -> Spread | None:
    """Fit Amdahl's law to each repeat; None below three numbers of processes."""
    repeats = _strong_speed_ups(measurements)
    if len(repeats[0]) < 3:
        return None
    return spread([amdahl(speed_ups) for speed_ups in repeats])


def _strong_speed_ups(measurements):
    """Return the speed-ups of each repeat, for the numbers of processes that have a core each."""
    rates_of = defaultdict(dict)  # repeat -> processes -> images a second
    for m in measurements:
        has_cores = m.cores == 0 or m.processes <= m.cores
        if m.mode == "strong" and has_cores:
            rates_of[m.repeat][m.processes] = m.rate
    return [{n: rate / rates[1] for n, rate in rates.items()} for rates in rates_of.values()]


def table(measurements: list[Measurement], accuracy: float = 0.95) -> str:
    """Return all of it as text, 80 columns wide.

    It holds rates, times of a step, Amdahl's law, and what was measured on what.
    """
    steps = steps_to(accuracy)
    rates = [
        "                 images            images/s          speed-up        efficiency",
        "mode  processes    each      median (range)    median (range)    median (range)",
    ]
    parts = ["", "mode  processes  compute  communication    data, ms/step  device-hours"]
    for row in summarise(measurements):
        head = f"{row.mode:6} {row.processes:8}"
        rates.append(
            f"{head} {row.batch_size:7}{row.throughput.text(0):>20}"
            f"{row.speed_up.text(2):>18}{row.efficiency.text(2):>18}"
        )
        cost = "-"
        n_images = row.processes * row.batch_size
        if n_images in steps:
            hours = steps[n_images] * row.seconds / 3600 * row.processes
            cost = f"{hours:.4f}"
        parts.append(
            f"{head}{1e3 * row.compute:9.1f} {1e3 * row.communication:14.1f} "
            f"{1e3 * row.data:15.1f} {cost:>13}"
        )
    return "\n".join(
        [
            *rates,
            *parts,
            "",
            *_conclusions(measurements),
            f"Device-hours: until a training reaches a validation accuracy of {accuracy:g}.",
            "How many steps that takes was recorded earlier, for the course's network.",
            f"Measured on: {machine(measurements)}. {measurements[-1].repeat + 1} repeats in turn.",
        ]
    )


def machine(measurements: list[Measurement]) -> str:
    """Name the device, and the cores that all processes share."""
    one = measurements[0]
    if one.cores == 0:
        return one.device
    return f"{one.device}, {plural(one.cores, 'core')}"


def _conclusions(measurements):
    """Say what follows from the serial fractions, in lines."""
    lines = []
    cores = measurements[0].cores
    most = max(m.processes for m in measurements)
    if 0 < cores < most:
        lines += [
            f"{most} processes share {cores} cores, so some wait for others. No law is",
            "fitted to more processes than cores.",
        ]
    fractions = serial_fractions(measurements)
    lines += [
        f"Serial fraction of {n} processes (Karp and Flatt): {s.text(3)}."
        for n, s in fractions.items()
    ]
    return [*lines, _limit(fractions, serial_fraction(measurements))]


def _limit(fractions, fitted):
    """Say what follows from serial fractions, and from Amdahl's law fitted to all of them."""
    if fitted is None:
        return "A limit takes three numbers of processes, each with a core or GPU of its own."
    if any(s.high - s.low > 0.3 for s in fractions.values()):  # nothing follows from that
        return "A range too wide for a conclusion. If the machine is busy, measure again later."
    first, *_, last = fractions.values()
    if last.low > first.high + SAME:
        return "It grows with the processes, as an exchange does: Amdahl's law sets no limit here."
    if last.high < first.low - SAME:
        return "It falls with the processes: Amdahl's law does not hold here, so no limit."
    if fitted.median == 0:
        return "No limit yet."
    return f"It does not grow: by Amdahl's law at most {1 / fitted.median:.0f} times as fast."


def read(path: Path | str) -> list[Measurement]:
    """Return what `python -m helpers.cluster.scaling` has written."""
    return read_rows(path, Measurement)
