"""How studies keep what they find: each row when it is there, with what made it."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from helpers.run.usage import name_device


def made_by(n_threads: int = 1) -> str:
    """The processor, its threads, PyTorch, and the month."""
    device = name_device(torch.device("cpu"), n_threads)
    return f"{device}, PyTorch {torch.__version__}, {time.strftime('%B %Y')}"


def append(path: Path, row: tuple) -> None:
    """Add a row of one thread to the file, and first the names of the columns to a new one.

    row: a NamedTuple
    """
    is_new = not path.exists()
    with open(path, "a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow([*row._fields, "made_by"])
        writer.writerow([*row, made_by()])


def count_down(left: list) -> Iterator[tuple]:
    """Each of what is left to do, after the number of those left."""
    return zip(range(len(left), 0, -1), left)
