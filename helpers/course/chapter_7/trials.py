"""What tests/studies/listen.py recorded: spoken digits, learned by networks with and without time.

Chapter 7 shows it.
"""

from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from helpers.assets.recorded import MEASURED, read_rows
from helpers.sweep.intervals import seed_interval, share_interval

LISTEN_CSV = MEASURED / "listen.csv"


class Trial(NamedTuple):
    """A row of LISTEN_CSV: one training.

    Operations are per test recording. Spiking networks: synaptic operations, that is one addition
    for each synapse that an event or a spike reaches. An event reaches all neurons of the layer, a
    spike all others of it if the network is recurrent, and the readout. Three events of one
    channel in one time step count as three. (In chapter_6/energy.py an input is one number, for one
    MAC.) Other networks: the MACs of their layers, as often as a layer is used for a recording,
    whatever its inputs. What the neurons do apart from that is not counted: their decays and
    thresholds, the gates of a GRU, the counting of events.

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
    spikes: float  # per test recording; nan if no neuron spikes


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


def summary(trials: list[Trial]) -> dict[str, Summary]:
    """What each setting reached on the test takes, in the order of the trials.

    The interval is that of the mean over seeds: other seeds, the same test recordings. With a
    single seed it is that of other test recordings: see `share_interval`. Trainings that leave a
    speaker out, or that did not read the test, are not in it.
    """
    seeds = {}
    for trial in trials:
        if trial.n_test and not trial.leave_out:
            seeds.setdefault(trial.setting, []).append(trial)
    found = {}
    for setting, runs in seeds.items():
        shares = [run.n_right / run.n_test for run in runs]
        if len(runs) == 1:
            interval = share_interval(runs[0].n_right, runs[0].n_test)
        else:
            interval = seed_interval(shares)
        seconds = median(run.seconds for run in runs)
        operations = mean(run.operations for run in runs)
        found[setting] = Summary(mean(shares), *interval, seconds, operations, len(runs))
    return found
