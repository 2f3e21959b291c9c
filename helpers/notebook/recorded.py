"""What tests/studies recorded into assets/measured, for chapters to show: the name of each file, and who reads it."""

import csv
from collections import defaultdict
from math import inf
from pathlib import Path
from statistics import median
from typing import NamedTuple, get_type_hints

from helpers import ASSETS
from helpers.speed.measure import Speed

MEASURED = ASSETS / "measured"
ACCURACY_CSV, BATCH_CSV = MEASURED / "accuracy.csv", MEASURED / "batch.csv"
LINKS_CSV, SPARSE_CSV = MEASURED / "links.csv", MEASURED / "sparse.csv"
BENCHMARK_MD, SLURM_LOGS = MEASURED / "benchmark.md", MEASURED / "slurm"
LADDER_CSV = "ladder.csv"  # there may be one for each device, in folders of their own


def read_rows(path: Path | str, row: type) -> list:
    """The rows of a CSV file; row: the NamedTuple that each is."""
    kinds = get_type_hints(row)
    return [row(*(kinds[name](line[name]) for name in kinds)) for line in _lines(path)]


def _lines(path: Path | str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class Validation(NamedTuple):
    """What a training in batches of one size had reached after a step: one row of BATCH_CSV."""

    setting: str  # devices x images of each, ", scaled" where the learning rate was
    processes: int
    global_batch: int  # images of all devices
    seed: int
    step: int
    images: int  # seen so far
    val_acc: float


def steps_to(accuracy: float) -> dict[int, float]:
    """Training steps to a validation accuracy for each global batch.

    The median of its seeds, with the setting that gets there first; no batch of which half of the seeds never do.
    """
    best = {batch: min(median(seeds.values()) for seeds in of.values()) for batch, of in _reached(accuracy).items()}
    return {batch: steps for batch, steps in best.items() if steps < inf}


def images_to(accuracy: float) -> dict[int, int]:
    """For each global batch, the training images after which this validation accuracy is seen: the slowest seed's.

    With one learning rate for all; no batch of which a seed never gets there.
    """
    steps = {
        batch: max(max(seeds.values()) for setting, seeds in of.items() if "scaled" not in setting)
        for batch, of in _reached(accuracy).items()
    }
    return {batch: batch * most for batch, most in steps.items() if most < inf}


def _reached(accuracy: float) -> dict[int, dict[str, dict[int, float]]]:
    """The steps to this accuracy for each global batch, setting and seed; infinite where it was never seen."""
    reached = defaultdict(lambda: defaultdict(dict))
    for row in read_rows(BATCH_CSV, Validation):
        seeds = reached[row.global_batch][row.setting]
        seeds[row.seed] = min(seeds.get(row.seed, inf), row.step if row.val_acc >= accuracy else inf)
    return reached


class Run(NamedTuple):
    """A training: seconds of training and validation accuracy, as they grew; and the final test accuracy."""

    seconds: list[float]
    accuracy: list[float]
    test_accuracy: float

    def time_to(self, accuracy: float) -> float:
        """Seconds of training until this validation accuracy was seen; infinite if it never was."""
        return next((s for s, reached in zip(self.seconds, self.accuracy) if reached >= accuracy), inf)


def read_study() -> dict[str, list[Run]]:
    """The trainings of each setting of ACCURACY_CSV, one for each seed."""
    study = {}
    for row in _lines(ACCURACY_CSV):
        runs = study.setdefault(row["setting"], {})
        run = runs.setdefault(row["seed"], Run([], [], float(row["test_acc"])))
        run.seconds.append(float(row["seconds"]))
        run.accuracy.append(float(row["val_acc"]))
    return {setting: list(runs.values()) for setting, runs in study.items()}


def read_ladders() -> dict[str, dict[str, Speed]]:
    """The speeds of the rungs of chapter 3, device by device."""
    ladders = {}
    for path in sorted(MEASURED.rglob(LADDER_CSV)):
        for row in _lines(path):
            speed = Speed(*(float(row[name]) for name in Speed._fields))
            ladders.setdefault(row["device"], {})[row["rung"]] = speed
    return ladders


class Case(NamedTuple):
    """A step over a slowed link, a row of LINKS_CSV: medians of the repeats, in s."""

    processes: int
    mbit: float  # Mbit/s of the link
    batch_size: int  # images of one process
    compute: float  # without averaging
    seconds: float  # with it


def read_sparse() -> dict[int, list[tuple[float, float]]]:
    """For each seed, spikes per synapse and test accuracy, by growing strength of the penalty."""
    curves = {}
    for row in _lines(SPARSE_CSV):
        curves.setdefault(int(row["seed"]), []).append((float(row["spikes_per_synapse"]), float(row["test_acc"])))
    return curves


def read_log(name: str) -> str:
    """A log of chapter 4: that of a "job", of a failure, "A" to "E", or the "sentences" of our command about those."""
    return (SLURM_LOGS / f"{name}.log").read_text()
