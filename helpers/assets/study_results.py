"""What tests/studies recorded into assets/measured, for chapters to show.

Names each file, and reads it.
"""

import csv
from collections import defaultdict
from collections.abc import Callable
from math import inf
from pathlib import Path
from statistics import median
from typing import NamedTuple

from helpers import ASSETS

MEASURED = ASSETS / "measured"
ACCURACY_CSV = MEASURED / "accuracy.csv"
BATCH_CSV = MEASURED / "batch.csv"
LINKS_CSV = MEASURED / "links.csv"
SPARSE_CSV = MEASURED / "sparse.csv"
BENCHMARK_MD = MEASURED / "benchmark.md"
SLURM_LOGS = MEASURED / "slurm"
LADDER_CSV = "ladder.csv"  # one for each device, in folders of their own


def read_rows(path: Path | str, row: type) -> list:
    """Read the rows of a CSV file; row: the NamedTuple that each is."""
    kinds = row.__annotations__.items()
    return [row(*(kind(line[name]) for name, kind in kinds)) for line in read_lines(path)]


def read_lines(path: Path | str) -> list[dict[str, str]]:
    """Read the rows of a CSV file, each a dict of texts."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class Validation(NamedTuple):
    """A row of BATCH_CSV: a training in batches of one size, validated after so many images."""

    setting: str  # devices x images of each, and a learning rate, if not 0.01, or a rule for it
    global_batch: int  # images of all devices
    seed: int
    images: int  # seen so far
    val_acc: float


def images_to(accuracy: float, over_seeds: Callable = max) -> dict[int, float]:
    """Return the training images to a validation accuracy, for each global batch.

    They are those of the setting that gets there first. A batch is left out if none does.

    over_seeds: what makes one number of those of all seeds; here the slowest counts
    """
    reached = defaultdict(dict)  # for each batch and setting the images of each seed
    for row in read_rows(BATCH_CSV, Validation):
        images = row.images if row.val_acc >= accuracy else inf
        seeds = reached[row.global_batch, row.setting]
        seeds[row.seed] = min(seeds.get(row.seed, inf), images)
    found = {}
    for (batch, _), seeds in reached.items():
        images = min(over_seeds(seeds.values()), found.get(batch, inf))
        if images < inf:
            found[batch] = images
    return found


def steps_to(accuracy: float) -> dict[int, float]:
    """Return the training steps to a validation accuracy, of the median seed: see `images_to`."""
    return {batch: images / batch for batch, images in images_to(accuracy, median).items()}


class Run(NamedTuple):
    """A training, validated now and then."""

    seconds: list[float]  # of training, up to each validation
    accuracy: list[float]  # of each validation
    test_accuracy: float  # at the end

    def time_to(self, accuracy: float) -> float:
        """Return the seconds until the validation accuracy was this high, or infinity."""
        for seconds, reached in zip(self.seconds, self.accuracy):
            if reached >= accuracy:
                return seconds
        return inf


def read_study() -> dict[str, list[Run]]:
    """Return the trainings of each setting of ACCURACY_CSV, one for each seed."""
    study = defaultdict(dict)
    for row in read_lines(ACCURACY_CSV):
        runs = study[row["setting"]]
        run = runs.setdefault(row["seed"], Run([], [], float(row["test_acc"])))
        run.seconds.append(float(row["seconds"]))
        run.accuracy.append(float(row["val_acc"]))
    return {setting: list(runs.values()) for setting, runs in study.items()}


class Case(NamedTuple):
    """A row of LINKS_CSV: a step over a slowed-down link, medians of the repeats, in s."""

    processes: int
    mbit: float  # Mbit/s of the link
    batch_size: int  # images of one process
    compute: float  # without averaging
    seconds: float  # with it


def read_sparse() -> dict[int, list[tuple[float, float]]]:
    """Return spikes per synapse and test accuracy for each seed, by growing strength."""
    curves = defaultdict(list)
    for row in read_lines(SPARSE_CSV):
        point = (float(row["spikes_per_synapse"]), float(row["test_acc"]))
        curves[int(row["seed"])].append(point)
    return curves


def read_log(name: str) -> str:
    """Return a log of chapter 4, or of chapter 7.

    name: "job"; "A" to "E" for a failure; "sentences" for what our command says about those;
        "split" for chapter 7
    """
    return (SLURM_LOGS / f"{name}.log").read_text()
