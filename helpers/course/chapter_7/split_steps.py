"""The recorded times of training steps of a split network."""

from typing import NamedTuple

import torch

from helpers.assets.study_results import MEASURED, read_lines, read_rows

SPLIT_CSV = MEASURED / "split.csv"
THREADS_CSV = MEASURED / "threads.csv"
SIZES = (1024, 2048, 4096)  # neurons
DELAYS = (1, 2, 5, 10, 20, 40)
LOCAL = "this machine"  # a link that is not slowed


class SplitStep(NamedTuple):
    """A row of SPLIT_CSV: a step of training, 100 time steps of one stream, neurons split."""

    link: str
    neurons: int
    processes: int
    delay: int
    ms: float  # median of the steps
    least_ms: float
    own_ms: float  # of the product of a block with one's own spikes


def read_split() -> list[SplitStep]:
    """All cases, each link after the other."""
    return read_rows(SPLIT_CSV, SplitStep)


def read_threads() -> torch.Tensor:
    """The fastest step of each run in ms, (n_runs, 3, sizes, delays).

    The three are one process with one thread, one with two, and two processes.
    """
    ms = [float(line["least_ms"]) for line in read_lines(THREADS_CSV)]
    return torch.tensor(ms).view(-1, 3, len(SIZES), len(DELAYS))
