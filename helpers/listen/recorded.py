"""What tests/studies/listen.py recorded: spoken digits, learned by networks with and without time.

Chapter 7 shows it.
"""

from math import sqrt
from pathlib import Path
from statistics import mean, median, stdev
from typing import NamedTuple

from helpers import require
from helpers.notebook.recorded import MEASURED, read_rows

LISTEN_CSV = MEASURED / "listen.csv"
# 97.5 % of a normal distribution, and of t distributions of 1 to 9 degrees of freedom, lie below
NORMAL = 1.960
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


class Trial(NamedTuple):
    """A row of LISTEN_CSV: one training.

    Operations are per test recording. Spiking networks: synaptic operations, that is one addition
    for each synapse that an event or a spike reaches. An event reaches all neurons of the layer, a
    spike all others of it where the network is recurrent, and the readout. Three events of one
    channel in one time step count as three. (In deploy/energy.py an input is one number, for one
    MAC.) Other networks: the MACs of their layers, as often as
    a layer is used for a recording, whatever its inputs. What the neurons do apart from that is
    not counted: their decays and thresholds, the gates of a GRU, the counting of events.

    Trainings that only choose a setting train without the validation examples, and leave the test
    unread: n_test is 0.
    """

    setting: str
    seed: int
    leave_out: str  # the speaker who tests; "": the split is by take
    epochs: int
    n_right: int  # of the test recordings
    n_test: int
    val_right: int  # of the validation recordings: trained on as well, unless n_test is 0
    n_val: int
    seconds: float  # of one processor, spent on the training
    operations: float  # per test recording
    spikes: float  # per test recording; nan where no neuron spikes


class Summary(NamedTuple):
    """What the trainings of one setting reached, and what they cost."""

    share: float  # of the test recordings that were right, mean over seeds
    low: float  # of a 95 % interval around it
    high: float
    seconds: float  # of one processor, median over seeds
    operations: float  # per test recording, mean over seeds
    n_seeds: int


def read_trials(path: Path = LISTEN_CSV) -> list[Trial]:
    """All trainings of the study, in the order in which they were made."""
    return read_rows(path, Trial)


def interval(n_right: int, n_test: int) -> tuple[float, float]:
    """The 95 % interval of a share of which n_right of n_test examples were seen.

    Wilson 1927, doi:10.1080/01621459.1927.10502953: it stays within 0 and 1.
    """
    require(n_test >= 1, f"n_test is {n_test}: a share needs at least one example.")
    share = n_right / n_test
    weight = NORMAL**2 / n_test
    centre = (share + weight / 2) / (1 + weight)
    half = NORMAL * sqrt(share * (1 - share) / n_test + weight / n_test / 4) / (1 + weight)
    return centre - half, centre + half


def seed_interval(shares: list[float]) -> tuple[float, float]:
    """The 95 % interval of the mean of two to ten seeds, by the t distribution, cut at 0 and 1."""
    n = len(shares)
    wanted = range(2, len(T) + 2)
    require(n in wanted, f"there are {n} seeds: the interval needs two to {wanted[-1]}.")
    half = T[n - 2] * stdev(shares) / sqrt(n)
    return max(mean(shares) - half, 0.0), min(mean(shares) + half, 1.0)


def summary(trials: list[Trial]) -> dict[str, Summary]:
    """What each setting reached on the test takes, in the order of the trials.

    The interval is that of the mean over seeds: other seeds, the same test recordings. Where there
    is one seed, it is that of other test recordings: see `interval`. Speakers who are left out are
    not in it, nor trainings that did not read the test.
    """
    seeds = {}
    for trial in trials:
        if trial.n_test and not trial.leave_out:
            seeds.setdefault(trial.setting, []).append(trial)
    return {setting: _summarise(runs) for setting, runs in seeds.items()}


def _summarise(runs: list[Trial]) -> Summary:
    """The summary of one setting; runs: one for each seed."""
    shares = [run.n_right / run.n_test for run in runs]
    if len(runs) == 1:
        low, high = interval(runs[0].n_right, runs[0].n_test)
    else:
        low, high = seed_interval(shares)
    return Summary(
        share=mean(shares),
        low=low,
        high=high,
        seconds=median(run.seconds for run in runs),
        operations=mean(run.operations for run in runs),
        n_seeds=len(runs),
    )


def left_out(trials: list[Trial], setting: str) -> dict[str, float]:
    """The share of right answers for each speaker who was left out of a setting's training."""
    runs = [trial for trial in trials if trial.setting == setting and trial.leave_out]
    return {run.leave_out: run.n_right / run.n_test for run in runs}
