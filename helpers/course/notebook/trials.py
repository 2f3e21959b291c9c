"""What tests/studies/listen.py and delays.py recorded: spoken digits, learned by many networks.

Chapter 5 shows the first, chapter 7 the second.
"""

from statistics import mean
from typing import NamedTuple

import torch

from helpers.assets.study_results import MEASURED, read_rows
from helpers.spoken.recordings import SPEAKERS
from helpers.sweep.intervals import seed_interval, share_interval, t_quantile

LISTEN_CSV = MEASURED / "listen.csv"


class Trial(NamedTuple):
    """A row of LISTEN_CSV, or of chapter 7's DELAYS_CSV: one training.

    Operations are per test recording. Spiking networks: synaptic operations, that is one addition
    for each synapse that an event or a spike reaches. An event reaches all neurons of the layer, a
    spike all others of it if the network is recurrent, and the readout. Three events of one
    channel in one time step count as three. (In chapter_8/energy.py an input is one number, for one
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
    operations: float  # per test recording
    spikes: float  # per test recording; nan if no neuron spikes
    right: str  # hexadecimal, a bit for each test recording, 1 where it is right; "": not recorded

    def each(self) -> torch.Tensor:
        """Return 1 for each test recording with the right answer, and 0 for the others."""
        return torch.tensor([float(bit) for bit in f"{int(self.right, 16):0{self.n_test}b}"])


class Summary(NamedTuple):
    """What the trainings of one setting reached."""

    share: float  # of the test recordings that were right, mean over seeds
    seeds: tuple[float, float]  # 95 % interval of other seeds
    recordings: tuple[float, float]  # 95 % interval of other recordings and one such network


def read_trials() -> list[Trial]:
    """All trainings of the study, in the order in which they were made."""
    return read_rows(LISTEN_CSV, Trial)


def runs_of(setting: str, trials: list[Trial], leave_out: str = "") -> list[Trial]:
    """The trainings of a setting that were tested on these recordings, one for each seed."""
    return [trial for trial in trials if trial.setting == setting and trial.leave_out == leave_out]


def summary(setting: str, trials: list[Trial]) -> Summary:
    """What a setting reached on the test takes, in two seeds or more: the study has three."""
    runs = runs_of(setting, trials)
    shares = [run.n_right / run.n_test for run in runs]
    share = mean(shares)
    n_test = runs[0].n_test
    return Summary(share, seed_interval(shares), share_interval(share * n_test, n_test))


def difference(setting: str, other: str, trials: list[Trial]) -> tuple[float, float, float]:
    """How much more of the test a setting gets right than another: the share, and its interval.

    Both have heard the same recordings, so they are compared recording by recording. The 95 %
    interval is that of other recordings and other seeds: variances add up, and t has the degrees
    of freedom of Welch and Satterthwaite. What a seed changes in single recordings counts twice,
    so the interval is rather too wide than too narrow.
    """
    each, of_other = (
        torch.stack([run.each() for run in runs_of(name, trials)]) for name in (setting, other)
    )
    differences = each.mean(0) - of_other.mean(0)
    samples = differences, each.mean(1), of_other.mean(1)
    variances = [sample.var() / len(sample) for sample in samples]  # of their means
    variance = sum(variances)
    weights = [part**2 / (len(sample) - 1) for part, sample in zip(variances, samples)]
    half = t_quantile(int(variance**2 / sum(weights))) * variance.item() ** 0.5
    centre = differences.mean().item()
    return centre, centre - half, centre + half


def shares_by_voice(setting: str, trials: list[Trial]) -> torch.Tensor:
    """What a setting got right of each speaker who was left out, (n_speakers, n_seeds)."""
    return torch.tensor(
        [[run.n_right / run.n_test for run in runs_of(setting, trials, who)] for who in SPEAKERS]
    )
