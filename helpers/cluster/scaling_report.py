"""What the measurements of scaling.py say: throughput, speed-up, efficiency, Amdahl's law, cost to an accuracy."""

import csv
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import NamedTuple

from helpers import require
from helpers.notebook.recorded import read_rows, steps_to

TOO_WIDE = 0.3  # between the lowest and the highest serial fraction: from it nothing follows


class Measurement(NamedTuple):
    """A training step with so many processes, the mean of some in one repeat: one row of the CSV file."""

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
    median: float  # of the repeats
    low: float
    high: float

    def text(self, digits: int) -> str:
        return "{:.{d}f} ({:.{d}f}-{:.{d}f})".format(*self, d=digits)


def spread(values) -> Spread:
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
    """One Summary for each mode and number of processes. Raises InputError when there is only one repeat."""
    rows, runs = [], defaultdict(list)
    for m in sorted(measurements, key=lambda m: m.repeat):
        runs[m.mode, m.processes].append(m)
    for (mode, n), repeats in runs.items():
        require(len(repeats) > 1, "one repeat has no spread, so nothing can be concluded from it: measure more.")
        speed_ups = [m.rate / one.rate for m, one in zip(repeats, runs[mode, 1])]
        spreads = (m.rate for m in repeats), speed_ups, (speed_up / n for speed_up in speed_ups)
        times = (median(getattr(m, name) for m in repeats) for name in Summary._fields[6:])
        rows.append(Summary(mode, n, repeats[0].batch_size, *map(spread, spreads), *times))
    return rows


def amdahl(speed_ups: dict[int, float]) -> float:
    """The serial fraction s, 0 to 1, for which 1 / speed_up = s + (1 - s) / processes fits best (least squares).

    speed_ups: of strong scaling, for each number of processes, at least one number of processes above 1
    Source: Amdahl 1967, doi:10.1145/1465482.1465560. Raises InputError when there is nothing to fit.
    """
    require(any(n > 1 for n in speed_ups), "Amdahl's law cannot be fitted to one process: measure at least two.")
    parallel = {n: 1 - 1 / n for n in speed_ups}
    s = sum(parallel[n] * (1 / speed_ups[n] - 1 / n) for n in speed_ups) / sum(x * x for x in parallel.values())
    return min(max(s, 0.0), 1.0)


def serial_fraction(measurements: list[Measurement]) -> Spread:
    """Amdahl's serial fraction, fitted to the strong scaling of each repeat."""
    repeats = defaultdict(dict)  # repeat -> processes -> images a second
    for m in measurements:
        if m.mode == "strong":
            repeats[m.repeat][m.processes] = m.rate
    return spread(amdahl({n: rate / rates[1] for n, rate in rates.items()}) for rates in repeats.values())


def table(measurements: list[Measurement], accuracy: float = 0.95) -> str:
    """All of it as text, 80 columns wide: rates, times of a step, Amdahl's law, and what was measured on what."""
    steps, s = steps_to(accuracy), serial_fraction(measurements)
    rows, n_repeats = summarise(measurements), len({m.repeat for m in measurements})
    lines = [
        "                 images            images/s          speed-up        efficiency",
        "mode  processes    each      median (range)    median (range)    median (range)",
    ]
    for row in rows:
        spreads = f"{row.throughput.text(0):>20}{row.speed_up.text(2):>18}{row.efficiency.text(2):>18}"
        lines.append(f"{row.mode:6} {row.processes:8} {row.batch_size:7}{spreads}")
    lines += ["", "mode  processes  compute  communication    data, ms/step  device-hours"]
    for row in rows:
        images = row.processes * row.batch_size
        cost = f"{steps[images] * row.seconds / 3600 * row.processes:.4f}" if images in steps else "-"
        times = f"{1e3 * row.compute:9.1f} {1e3 * row.communication:14.1f} {1e3 * row.data:15.1f}"
        lines.append(f"{row.mode:6} {row.processes:8}{times} {cost:>13}")
    limit = f"so at most {1 / s.median:.0f} times as fast, by any number of them." if s.median else "no limit yet."
    if s.high - s.low > TOO_WIDE:
        limit = "a range too wide for a conclusion. If the machine is busy, measure again later."
    lines += ["", f"Amdahl's law: a serial fraction of {s.text(3)},", limit]
    lines += [f"Device-hours: until a training reaches a validation accuracy of {accuracy:g}."]
    lines += ["How many steps that takes was recorded earlier, for the course's network."]
    lines += [f"Measured on: {measurements[0].device}. {n_repeats} repeats in turn."]
    return "\n".join(lines)


def write(path: Path, measurements: list[Measurement]) -> None:
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([Measurement._fields, *measurements])


def read(path: Path | str) -> list[Measurement]:
    """What `write`, and so `python -m helpers.cluster.scaling`, has written."""
    return read_rows(path, Measurement)
