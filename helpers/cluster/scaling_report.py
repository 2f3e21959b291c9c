"""What the measurements of scaling.py say: speed-up, efficiency, Amdahl's law, cost."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from helpers import require
from helpers.figures.chapter_4 import plot_scaling
from helpers.notebook.recorded import read_rows, steps_to

TOO_WIDE = 0.3  # a range of serial fractions from which nothing follows


class Measurement(NamedTuple):
    """A row of the CSV file: the mean of several training steps in one repeat."""

    device: str
    mode: str  # "strong" or "weak"
    processes: int
    batch_size: int  # images in the batch of one process
    repeat: int
    seconds: float  # all of the step
    compute: float  # of it, in s, without averaging gradients
    communication: float  # what averaging them adds and compute does not hide, waiting included
    data: float  # reading the batch

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


def spread(values: Iterable[float]) -> Spread:
    values = list(values)
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

    Raises InputError when there is only one repeat.
    """
    repeats_of = defaultdict(list)
    for m in sorted(measurements, key=lambda m: m.repeat):
        repeats_of[m.mode, m.processes].append(m)
    rows = []
    for (mode, n), repeats in repeats_of.items():
        require(
            len(repeats) > 1,
            "one repeat has no spread, so nothing can be concluded from it: measure more.",
        )
        speed_ups = [m.rate / one.rate for m, one in zip(repeats, repeats_of[mode, 1])]
        summary = Summary(
            mode=mode,
            processes=n,
            batch_size=repeats[0].batch_size,
            throughput=spread(m.rate for m in repeats),
            speed_up=spread(speed_ups),
            efficiency=spread(speed_up / n for speed_up in speed_ups),
            seconds=median(m.seconds for m in repeats),
            compute=median(m.compute for m in repeats),
            communication=median(m.communication for m in repeats),
            data=median(m.data for m in repeats),
        )
        rows.append(summary)
    return rows


def amdahl(speed_ups: dict[int, float]) -> float:
    """Fit Amdahl's serial fraction s, between 0 and 1, by least squares.

    1 / speed_up = s + (1 - s) / processes

    Source: Amdahl 1967, doi:10.1145/1465482.1465560

    Args:
        speed_ups: of strong scaling, for each number of processes

    Raises:
        InputError: when no number of processes is above 1, so there is nothing to fit
    """
    require(
        any(n > 1 for n in speed_ups),
        "Amdahl's law cannot be fitted to one process: measure at least two.",
    )
    # 1 / speed_up - 1 / n = s (1 - 1 / n): a line through the origin
    x = [1 - 1 / n for n in speed_ups]
    y = [1 / speed_up - 1 / n for n, speed_up in speed_ups.items()]
    s = sum(a * b for a, b in zip(x, y)) / sum(a * a for a in x)
    return min(max(s, 0.0), 1.0)


def serial_fraction(measurements: list[Measurement]) -> Spread:
    """Fit Amdahl's serial fraction to the strong scaling of each repeat."""
    rates_of = defaultdict(dict)  # repeat -> processes -> images a second
    for m in measurements:
        if m.mode == "strong":
            rates_of[m.repeat][m.processes] = m.rate
    fractions = []
    for rates in rates_of.values():
        speed_ups = {n: rate / rates[1] for n, rate in rates.items()}
        fractions.append(amdahl(speed_ups))
    return spread(fractions)


def table(measurements: list[Measurement], accuracy: float = 0.95) -> str:
    """Return all of it as text, 80 columns wide.

    It holds rates, times of a step, Amdahl's law, and what was measured on what.
    """
    steps = steps_to(accuracy)
    rows = summarise(measurements)
    lines = [
        "                 images            images/s          speed-up        efficiency",
        "mode  processes    each      median (range)    median (range)    median (range)",
    ]
    for row in rows:
        head = f"{row.mode:6} {row.processes:8} {row.batch_size:7}"
        throughput = row.throughput.text(0)
        speed_up = row.speed_up.text(2)
        efficiency = row.efficiency.text(2)
        lines.append(f"{head}{throughput:>20}{speed_up:>18}{efficiency:>18}")
    lines += ["", "mode  processes  compute  communication    data, ms/step  device-hours"]
    for row in rows:
        cost = "-"
        n_images = row.processes * row.batch_size
        if n_images in steps:
            hours = steps[n_images] * row.seconds / 3600 * row.processes
            cost = f"{hours:.4f}"
        times = f"{1e3 * row.compute:9.1f} {1e3 * row.communication:14.1f} {1e3 * row.data:15.1f}"
        lines.append(f"{row.mode:6} {row.processes:8}{times} {cost:>13}")
    s = serial_fraction(measurements)
    n_repeats = len({m.repeat for m in measurements})
    lines += [
        "",
        f"Amdahl's law: a serial fraction of {s.text(3)},",
        _limit(s),
        f"Device-hours: until a training reaches a validation accuracy of {accuracy:g}.",
        "How many steps that takes was recorded earlier, for the course's network.",
        f"Measured on: {measurements[0].device}. {n_repeats} repeats in turn.",
    ]
    return "\n".join(lines)


def _limit(s: Spread) -> str:
    """Say what follows from the serial fraction."""
    if s.high - s.low > TOO_WIDE:
        return "a range too wide for a conclusion. If the machine is busy, measure again later."
    if s.median == 0:
        return "no limit yet."
    return f"so at most {1 / s.median:.0f} times as fast, by any number of them."


def draw(measurements: list[Measurement]):
    """Draw all of it as four panels. Raises InputError when there is only one repeat."""
    rows = summarise(measurements)
    n_repeats = len({m.repeat for m in measurements})
    title = (
        f"{measurements[0].device}\n{rows[0].batch_size} images per process (weak) or in all "
        f"(strong) · {n_repeats} repeats"
    )
    return plot_scaling(rows, serial_fraction(measurements).median, title)


def write(path: Path, measurements: list[Measurement]) -> None:
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([Measurement._fields, *measurements])


def read(path: Path | str) -> list[Measurement]:
    """Return what `write`, and so `python -m helpers.cluster.scaling`, has written."""
    return read_rows(path, Measurement)
