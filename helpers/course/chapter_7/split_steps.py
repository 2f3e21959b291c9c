"""The recorded times of training steps of a split network."""

from typing import NamedTuple

import torch

from helpers.assets.study_results import MEASURED, read_rows

SPLIT_CSV = MEASURED / "split.csv"
SIZES = (1024, 2048, 4096)  # neurons
DELAYS = (1, 2, 5, 10, 20, 40)
LATENCY = 200e-6  # s, of the slow link
BANDWIDTH = 125e6  # bytes/s, or 1000 Mbit/s
LOCAL = "this machine"
SLOW = "slow"
CASES = {  # processes, threads of each, and the link
    "one process": (1, 1, LOCAL),
    "one process, two threads": (1, 2, LOCAL),
    "two processes": (2, 1, LOCAL),
    "two processes, slow link": (2, 1, SLOW),
}


class SplitStep(NamedTuple):
    """A row of SPLIT_CSV: a step of training, 100 time steps of one stream, neurons split."""

    run: int
    processes: int
    threads: int  # of each process
    link: str
    neurons: int
    delay: int
    ms: float  # median of the steps
    own_ms: float  # of the product of a block with one's own spikes


def read_split(case: str, number: str = "ms") -> torch.Tensor:
    """What was recorded of one of CASES in each run, (n_runs, sizes, delays).

    number: ms or own_ms of `SplitStep`
    """
    rows = [row for row in read_rows(SPLIT_CSV, SplitStep) if row[1:4] == CASES[case]]
    numbers = torch.tensor([getattr(row, number) for row in rows])
    return numbers.view(-1, len(SIZES), len(DELAYS))
