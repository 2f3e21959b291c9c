"""What tests/studies recorded for chapter 7."""

import math
from collections.abc import Callable
from statistics import mean
from typing import NamedTuple

import numpy as np

from helpers.assets.study_results import MEASURED, read_rows
from helpers.sweep.intervals import seed_interval, share_interval

DELAYS_CSV = MEASURED / "delays.csv"
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


class DelayTrial(NamedTuple):
    """A row of DELAYS_CSV: a network of chapter 5, 256 neurons, whose spikes arrive later."""

    delay: str  # in steps of 8 ms; "1 to 16": each neuron sends with one of these
    seed: int
    leave_out: str  # the speaker who tests; "": the split is by take
    n_right: int  # of the test recordings
    n_test: int


class DelaySummary(NamedTuple):
    """What the seeds of one delay reached on the test takes."""

    share: float  # of the test recordings that were right, mean over seeds
    seeds: tuple[float, float]  # 95 % interval: other seeds, the same recordings
    recordings: tuple[float, float]  # other recordings, one network
    n_seeds: int


def read_delays() -> list[DelayTrial]:
    """All trainings with delays, in the order in which they were made."""
    return read_rows(DELAYS_CSV, DelayTrial)


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


def by_delay(trials: list[DelayTrial]) -> dict[str, DelaySummary]:
    """What each delay reached, for those with two seeds or more."""
    found = {}
    delays = {trial.delay for trial in trials}
    for delay in sorted(delays, key=lambda name: (len(name), name)):  # "1 to 16" comes last
        runs = [run for run in trials if run.delay == delay and not run.leave_out]
        shares = [run.n_right / run.n_test for run in runs]
        if len(shares) > 1:
            share = mean(shares)
            n_test = runs[0].n_test
            recordings = share_interval(round(share * n_test), n_test)
            found[delay] = DelaySummary(share, seed_interval(shares), recordings, len(shares))
    return found
