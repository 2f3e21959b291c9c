"""The recorded times of training steps of a split network, and a law for them."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from helpers.assets.study_results import MEASURED, read_rows

SPLIT_CSV = MEASURED / "split.csv"
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
    left_ms: float  # of all exchanges, computed: what the link takes beyond these products


def read_split() -> list[SplitStep]:
    """All cases, each link after the other."""
    return read_rows(SPLIT_CSV, SplitStep)


def fit_law(rows: list[SplitStep]) -> Callable[[SplitStep], float]:
    """A law of four numbers for the ms of a step. They are fitted to these rows.

    A step takes a time of its own; one for each exchange; and for each weight of a process, one to
    read it in each block and one to compute with it. What a slow link leaves is added.
    """

    def parts(row: SplitStep) -> np.ndarray:
        blocks = math.ceil(100 / row.delay) - 1  # the first one hears nothing
        weights = row.neurons**2 / row.processes
        exchanges = blocks * (row.processes > 1)
        return np.array([1, exchanges, blocks * weights, weights])

    shares = np.array([parts(row) / row.ms for row in rows])  # small errors relative to the ms
    sizes = np.linalg.lstsq(shares, np.ones(len(rows)), rcond=None)[0]
    return lambda row: parts(row) @ sizes + row.left_ms
