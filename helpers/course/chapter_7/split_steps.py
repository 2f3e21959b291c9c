"""The recorded times of training steps of a split network."""

from typing import NamedTuple

from helpers.assets.study_results import MEASURED, read_rows

SPLIT_CSV = MEASURED / "split.csv"
THREADS_CSV = MEASURED / "threads.csv"
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


class TimedRun(NamedTuple):
    """A row of THREADS_CSV: such a step of processes that were started anew in each run."""

    run: int
    processes: int
    threads: int  # of each process
    neurons: int
    delay: int
    ms: float  # median of the steps


def read_runs() -> list[TimedRun]:
    """All cases, run by run."""
    return read_rows(THREADS_CSV, TimedRun)
