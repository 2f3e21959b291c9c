"""Spoken digits, learned with and without time, recurrence and spikes. Not a test.

    python -m tests.studies.listen                     all trainings: an hour on one quiet core
    python -m tests.studies.listen --only "bins"       settings whose name contains this
    python -m tests.studies.listen --epochs 1 --out trial.csv      whether it runs

A row of helpers/assets/measured/listen.csv for each training, written when it ends. Trainings that
have a row already are skipped, so the study goes on where it was stopped; delete rows to have them
anew. All train with one thread, on the validation examples as well, for 12 epochs. Networks of 256
neurons are those of `python -m helpers.train fit --own spoken`, in batches of 32. The others have
128 neurons, if the name does not say more, and batches of 64, as in chapter 5. The GRUs train for
24 epochs, so that they do not fall behind for being stopped early. Those that count events in bins
of time last 30 epochs. They hear recordings that are not distorted, unless their name says so, and
so do those with shuffled steps. What the columns are is told in helpers/course/notebook/trials.py,
which reads them for chapter 5. No seconds are recorded, so other work may run beside it. Another
CPU or version rounds differently, and may get some recordings more or less: see "made_by".

The learning rates of the recurrent network and of both GRUs are chosen in the same way: all epochs
with each of four rates, one seed, the best on the validation examples, without training on them and
without the test. Other spiking networks take the rate of the recurrent one. Nothing else was
searched here. The gains, `alpha` and the distortions of the spiking network are older than this
study: they were found by trial, of which there is no record.
"""

import argparse
import math
import sys
from collections.abc import Callable
from functools import cache, partial
from math import nan
from pathlib import Path
from typing import NamedTuple

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from helpers.assets.study_results import read_rows
from helpers.classifier import SpikingClassifier
from helpers.course.notebook.trials import LISTEN_CSV, Trial
from helpers.loader import Sequences
from helpers.network import record_spikes
from helpers.setup import environment
from helpers.spoken.augmentation import augment
from helpers.spoken.data import Data, SpokenDigits
from helpers.spoken.ear import N_CHANNELS, hear
from helpers.spoken.model import Model, SpokenNet
from helpers.spoken.recordings import SPEAKERS, read_recordings
from tests.studies.accuracy import QUIET
from tests.studies.record import append, count_down

EPOCHS = 12
GRU_EPOCHS = 24
BINNED_EPOCHS = 30  # what they need
BINNED_RATE = 1e-2
N_HIDDEN = 128
N_SEEDS = 3
N_BINS = (1, 2, 4, 5, 10)
LINEAR = "counted, linear"
DISTORTED = "10 bins, distorted"
# as many weights as the recurrent network of 128
WIDE = "feed-forward, 305 neurons"
GRU = "GRU, 63 neurons"
# about as many as the recurrent network of 256
LARGE_GRU = "GRU, 128 neurons"
# by the training command
LARGE = "recurrent, 256 neurons"
LARGE_FORWARD = "feed-forward, 256 neurons"
SHUFFLED = f"shuffled steps, {LARGE}"
RATES = (2e-3, 7e-3, 2e-2, 6e-2)


class Binned(nn.Module):
    """Logits (batch, 10) from the numbers of events of each channel in equal bins of time.

    Each count is scaled to mean 0 and standard deviation 1, which they need. With one bin, time is
    forgotten.
    """

    def __init__(self, n_bins: int, n_hidden: int = 128):
        super().__init__()
        self.n_bins = n_bins
        n_counts = n_bins * N_CHANNELS
        self.scale = nn.BatchNorm1d(n_counts, affine=False)
        if n_hidden:
            hidden = nn.Linear(n_counts, n_hidden)
            self.layers = nn.Sequential(hidden, nn.ReLU(), nn.Linear(n_hidden, 10))
        else:
            self.layers = nn.Sequential(nn.Linear(n_counts, 10))

    def forward(self, x: Tensor) -> Tensor:
        counts = cut_into_bins(x, self.n_bins)
        return self.layers(self.scale(counts.transpose(0, 1).flatten(1)))

    def macs(self, seq_length: int) -> int:
        return sum(layer.weight.numel() for layer in self.layers if hasattr(layer, "weight"))


def cut_into_bins(x: Tensor, n_bins: int) -> Tensor:
    """Numbers of events in each bin, (n_bins, ...), from those in each step, (seq_length, ...)."""
    return x.unflatten(0, (n_bins, -1)).sum(1)


class WithoutSpikes(nn.Module):
    """Logits (batch, 10) from the mean over time of what PyTorch's GRU sends."""

    def __init__(self, n_hidden: int = 63):
        super().__init__()
        self.layer = nn.GRU(N_CHANNELS, n_hidden)
        self.dropout = nn.Dropout(0.2)
        self.out = nn.Linear(n_hidden, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.dropout(self.layer(x)[0].mean(0)))

    def macs(self, seq_length: int) -> int:
        each_step = self.layer.weight_ih_l0.numel() + self.layer.weight_hh_l0.numel()
        return seq_length * each_step + self.out.weight.numel()


class Other(SpikingClassifier):
    """Trains another network as Model trains its own."""

    def __init__(
        self,
        make: Callable[[], nn.Module],
        learning_rate: float = 2e-2,
        distort: bool = True,
    ):
        super().__init__(make(), decode="mean", learning_rate=learning_rate, label_smoothing=0.05)
        self.distort = distort

    def augment(self, x: Tensor) -> Tensor:
        return augment(x) if self.distort else x


class Shuffled(Model):
    """Trains a network on recordings whose time steps come in another order each time."""

    def augment(self, x: Tensor) -> Tensor:
        return shuffle_steps(super().augment(x))


def shuffle_steps(x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Put the time steps of each recording into a random order; x: (batch, seq_length, ...)."""
    order = torch.rand(x.shape[:2], generator=generator).argsort(dim=1)
    return x.gather(1, order[:, :, None].expand_as(x))


class Equal(Model):
    """Trains a network whose neurons all have the same time constants, which stay."""

    def __init__(self, recurrent: bool = True, **options):
        super().__init__(recurrent=recurrent, learn_time=False, **options)
        lif = self.net.lif
        # what raw_a and raw_b of SpokenNet are spread around
        lif.raw_a.fill_(logit(lif.dt / 0.067))
        lif.raw_b.fill_(-logit(lif.dt / 0.021))


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def bins(n: int) -> str:
    """The name of a setting."""
    return "counted, hidden layer" if n == 1 else f"{n} bins"


sized = {"n_hidden": N_HIDDEN}
SPIKING: dict[str, Callable[..., SpikingClassifier]] = {
    "recurrent, learned": partial(Model, **sized),
    "recurrent, fixed": partial(Model, **sized, learn_time=False),
    "recurrent, equal": partial(Equal, **sized),
    "feed-forward, learned": partial(Model, **sized, recurrent=False),
    "feed-forward, fixed": partial(Model, **sized, recurrent=False, learn_time=False),
    "feed-forward, equal": partial(Equal, **sized, recurrent=False),
    WIDE: partial(Model, n_hidden=305, recurrent=False),
    LARGE: partial(Model, n_hidden=256),
    LARGE_FORWARD: partial(Model, n_hidden=256, recurrent=False),
    SHUFFLED: partial(Shuffled, n_hidden=256, distort=False),
}
BINNED = {bins(n): partial(Binned, n) for n in N_BINS}
BINNED |= {DISTORTED: partial(Binned, 10), LINEAR: partial(Binned, 1, n_hidden=0)}
GATED = {GRU: WithoutSpikes, LARGE_GRU: partial(WithoutSpikes, N_HIDDEN)}


class Training(NamedTuple):
    """What is to be trained."""

    setting: str
    seed: int = 0
    leave_out: str = ""
    epochs: int = EPOCHS
    is_choice: bool = False  # only judged on the validation examples

    @property
    def key(self) -> tuple:
        return self.setting, self.seed, self.leave_out


def choices(kind: str, epochs: int = EPOCHS) -> list[Training]:
    """One training for each rate that is tried."""
    return [Training(f"{kind}, rate {rate:g}", 0, "", epochs, True) for rate in RATES]


def plan() -> list[Training]:
    """All trainings, what matters most first."""
    trainings = choices("recurrent")
    for name in GATED:
        trainings += choices(name, GRU_EPOCHS)
    for seed in range(N_SEEDS):
        trainings += [Training(name, seed) for name in SPIKING]
        for name in BINNED:
            trainings.append(Training(name, seed, epochs=BINNED_EPOCHS))
        for who in SPEAKERS:
            trainings.append(Training(LARGE, seed, who))
            trainings.append(Training(bins(10), seed, who, BINNED_EPOCHS))
            trainings.append(Training(DISTORTED, seed, who, BINNED_EPOCHS))
        trainings += [Training(name, seed, epochs=GRU_EPOCHS) for name in GATED]
    return trainings


def make(setting: str, trials: list[Trial]) -> SpikingClassifier:
    """The model of a setting; trials: those so far, by which the rates were chosen."""
    if setting in BINNED:
        return Other(BINNED[setting], BINNED_RATE, distort=setting == DISTORTED)
    kind, _, rate = setting.partition(", rate ")
    if kind in GATED:
        return Other(GATED[kind], float(rate or best_rate(kind, trials)))
    if rate:
        return Model(**sized, learning_rate=float(rate))
    return SPIKING[kind](learning_rate=best_rate("recurrent", trials))


def best_rate(kind: str, trials: list[Trial]) -> float:
    """The rate with which a kind of network did best on the validation examples."""
    right = {trial.setting: trial.val_right for trial in trials}
    return max(RATES, key=lambda rate: right[f"{kind}, rate {rate:g}"])


@cache
def all_events() -> Tensor:
    """What the ear sends for all recordings."""
    return hear(read_recordings().samples)


def read(training: Training) -> Data:
    """The data of a training."""
    data = Data(
        batch_size=32 if "256" in training.setting else 64,
        leave_out=training.leave_out,
        train_on_validation=not training.is_choice,
    )
    data.events = all_events()
    if training.setting in BINNED and training.setting != DISTORTED:  # summed only once
        n_bins = BINNED[training.setting]().n_bins
        data.events = cut_into_bins(data.events.short(), n_bins)
    return data


def train(training: Training, make: Callable[[], SpikingClassifier], data: SpokenDigits) -> Trial:
    """Train, then count right answers and operations."""
    pl.seed_everything(training.seed, verbose=False)
    model = make()
    trainer = pl.Trainer(max_epochs=training.epochs, logger=False, limit_val_batches=0, **QUIET)
    trainer.fit(model, data)
    model.eval()
    is_shuffled = training.setting.startswith(SHUFFLED)
    tested = data.val if training.is_choice else data.test
    operations, spikes = count_work(model.net, model.to_sequence(events_of(tested, is_shuffled)))
    right = ""
    if not training.is_choice:
        right = find_right(model, data.test, is_shuffled)
    return Trial(
        setting=training.setting,
        seed=training.seed,
        leave_out=training.leave_out,
        epochs=training.epochs,
        n_right=right.count("1"),
        n_test=len(right),
        val_right=find_right(model, data.val, is_shuffled).count("1"),
        n_val=len(data.val),
        operations=round(operations, 1),
        spikes=round(spikes, 1),
        right=pack(right),
    )


def events_of(part: Sequences, is_shuffled: bool) -> Tensor:
    """All events, (n, seq_length, 80), float32; shuffled in the same way each time."""
    x, _ = part[list(range(len(part)))]
    if is_shuffled:
        return shuffle_steps(x, torch.Generator().manual_seed(0))
    return x


def find_right(model: SpikingClassifier, part: Sequences, is_shuffled: bool) -> str:
    """A 1 for each recording that gets the right answer, and a 0 for each other."""
    x = events_of(part, is_shuffled)
    with torch.no_grad():
        answers = torch.cat([model(some).argmax(1) for some in x.split(100)])
    return "".join(str(int(is_right)) for is_right in answers == part.labels)


def pack(right: str) -> str:
    """The same in hexadecimal."""
    return f"{int(right, 2):x}" if right else ""


def count_work(net: nn.Module, x: Tensor) -> tuple[float, float]:
    """Operations and spikes per recording, as Trial says; x: (seq_length, n, 80)."""
    seq_length, n = x.shape[:2]
    if not isinstance(net, SpokenNet):
        return float(net.macs(seq_length)), nan
    spikes_of_neurons = torch.zeros(net.lif.n_hidden)
    for some in x.split(100, dim=1):
        _, spikes = record_spikes(net, some, ["lif"])
        spikes_of_neurons += spikes["lif"].sum((0, 1))
    events_of_channels = x.sum((0, 1))
    operations = events_of_channels @ synapses(net.lif.input_weights)
    operations += spikes_of_neurons @ synapses(net.lif.recurrent_weights)
    operations += spikes_of_neurons @ synapses(net.out.weight)
    return operations.item() / n, spikes_of_neurons.sum().item() / n


def synapses(weights: Tensor) -> Tensor:
    """How many synapses leave each input; a weight of 0 is none. weights: (n_outputs, n_inputs)."""
    return (weights != 0).sum(0).float()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="settings whose name contains this")
    parser.add_argument("--epochs", type=int, help="of every training, to see whether it runs")
    parser.add_argument("--out", type=Path, default=LISTEN_CSV)
    options = parser.parse_args()
    environment.setup()
    torch.set_num_threads(1)
    trials = read_rows(options.out, Trial) if options.out.exists() else []
    recorded = {trial[:3] for trial in trials}
    wanted = [training for training in plan() if options.only in training.setting]
    wanted = [training for training in wanted if training.key not in recorded]
    for n_left, training in count_down(wanted):
        name = f"{training.setting}, seed {training.seed}"
        if training.leave_out:
            name += f", without {training.leave_out}"
        print(f"{name}: {n_left} left", file=sys.stderr, flush=True)
        if options.epochs:
            training = training._replace(epochs=options.epochs)
        trial = train(training, partial(make, training.setting, trials), read(training))
        append(options.out, trial)
        trials.append(trial)


if __name__ == "__main__":
    main()
