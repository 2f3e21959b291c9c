"""The recorded trainings of networks whose spikes arrive later, and what each delay reached."""

from statistics import mean
from typing import NamedTuple

from helpers.assets.study_results import MEASURED, read_rows
from helpers.sweep.intervals import seed_interval, share_interval

DELAYS_CSV = MEASURED / "delays.csv"


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


def by_delay(trials: list[DelayTrial]) -> dict[str, DelaySummary]:
    """What each delay reached, in the two seeds or more that each has."""
    found = {}
    delays = {trial.delay for trial in trials}
    for delay in sorted(sorted(delays), key=len):  # "1 to 16" comes last
        runs = [run for run in trials if run.delay == delay and not run.leave_out]
        shares = [run.n_right / run.n_test for run in runs]
        share = mean(shares)
        n_test = runs[0].n_test
        recordings = share_interval(round(share * n_test), n_test)
        found[delay] = DelaySummary(share, seed_interval(shares), recordings, len(shares))
    return found
