"""Spoken digits, learned with and without time, recurrence and spikes. Not a test.

    python -m tests.studies.listen                     all trainings: 45 minutes on one quiet core
    python -m tests.studies.listen --only "counted"    settings whose name contains this
    python -m tests.studies.listen --epochs 1 --out trial.csv      whether it runs

A row of helpers/assets/measured/listen.csv for each training, written when it ends. Trainings that
have a row already are skipped, so the study goes on where it was stopped; delete rows to have them
anew. Each training is that of `python -m helpers.train fit --own spoken`: 12 epochs, on validation
examples as well, batches of 32, with one thread. Those that only count events last 30 epochs, on
recordings that are not distorted. What the columns are is told in helpers/course/chapter_7/trials.py, which
reads them for chapter 7.

The learning rate of the GRU is chosen first, with one seed: the best on the validation examples,
without training on them and without the test. Its number of epochs is what fits into the time of
the recurrent network's 12.
"""

import argparse
import csv
import sys
import time
from collections.abc import Callable
from functools import partial
from math import nan
from pathlib import Path
from typing import NamedTuple

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from helpers.classifier import SpikingClassifier
from helpers.course.chapter_7.trials import LISTEN_CSV, Trial, read_trials
from helpers.loader import Sequences
from helpers.network import record_spikes
from helpers.setup import environment
from helpers.spoken.augmentation import augment
from helpers.spoken.ear import N_CHANNELS
from helpers.spoken.problem import Data, Model
from helpers.spoken.recordings import SPEAKERS
from helpers.spoken.spoken_net import SpokenNet
from tests.studies.accuracy import QUIET

EPOCHS = 12
LONG = 36
COUNTED_EPOCHS = 30  # what they need; distorted recordings, which help the others, hurt them
GRU_EPOCHS = 5
GRU_RATES = (1e-3, 3e-3, 1e-2)
N_HIDDEN = 256
SHUFFLED = "shuffled steps"
PLAIN = ", not distorted"


class Counted(nn.Module):
    """Logits (batch, 10) from the numbers of events of each channel, all time steps together.

    Each channel's counts are scaled to mean 0 and standard deviation 1, which they need.
    """

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.scale = nn.BatchNorm1d(N_CHANNELS, affine=False)
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(self.scale(x.sum(0)))

    def macs(self, seq_length: int) -> int:
        return sum(layer.weight.numel() for layer in self.layers if hasattr(layer, "weight"))


class GRU(nn.Module):
    """Logits (batch, 10) from the mean over time of what a GRU sends."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(N_CHANNELS, N_HIDDEN)
        self.dropout = nn.Dropout(0.2)
        self.out = nn.Linear(N_HIDDEN, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.dropout(self.gru(x)[0].mean(0)))

    def macs(self, seq_length: int) -> int:
        each_step = self.gru.weight_ih_l0.numel() + self.gru.weight_hh_l0.numel()
        return seq_length * each_step + self.out.weight.numel()


class WithoutSpikes(SpikingClassifier):
    """Trains another network as Model trains its own."""

    def __init__(
        self,
        make: Callable[[], nn.Module],
        learning_rate: float = 2e-2,
        distort: bool = True,
    ):
        super().__init__(make(), learning_rate=learning_rate, label_smoothing=0.05)
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


def linear() -> Counted:
    return Counted(nn.Linear(N_CHANNELS, 10))


def hidden_layer() -> Counted:
    return Counted(nn.Linear(N_CHANNELS, 128), nn.ReLU(), nn.Linear(128, 10))


def gru_name(learning_rate: float) -> str:
    return f"GRU, learning rate {learning_rate:g}"


MODELS: dict[str, Callable[[], SpikingClassifier]] = {  # the GRU: see make
    "recurrent, learned": Model,
    "recurrent, fixed": partial(Model, learn_time=False),
    "feed-forward, learned": partial(Model, recurrent=False),
    "feed-forward, fixed": partial(Model, recurrent=False, learn_time=False),
    "counted, linear": partial(WithoutSpikes, linear, 1e-2, distort=False),
    "counted, hidden layer": partial(WithoutSpikes, hidden_layer, 1e-2, distort=False),
    SHUFFLED: Shuffled,
    f"{SHUFFLED}{PLAIN}": partial(Shuffled, distort=False),
    "recurrent, learned, 36 epochs": Model,
}
MODELS |= {gru_name(rate): partial(WithoutSpikes, GRU, rate) for rate in GRU_RATES}


class Stopwatch(pl.Callback):
    """Takes the time of one processor that a training takes, without the reading of the data."""

    seconds = 0.0

    def on_train_start(self, trainer, module):
        self.seconds = -time.process_time()

    def on_train_end(self, trainer, module):
        self.seconds += time.process_time()


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


def plan() -> list[Training]:
    """All trainings, what matters most first."""
    trainings = []
    for recurrence in ("recurrent", "feed-forward"):
        for constants in ("learned", "fixed"):
            name = f"{recurrence}, {constants}"
            trainings += [Training(name, seed) for seed in range(5)]
    trainings += [Training("recurrent, learned", 0, speaker) for speaker in SPEAKERS]
    for name in ("counted, linear", "counted, hidden layer"):
        trainings += [Training(name, seed, epochs=COUNTED_EPOCHS) for seed in range(3)]
        trainings += [Training(name, 0, speaker, COUNTED_EPOCHS) for speaker in SPEAKERS]
    trainings += [Training(SHUFFLED, seed) for seed in range(3)]
    for rate in GRU_RATES:
        trainings.append(Training(gru_name(rate), epochs=GRU_EPOCHS, is_choice=True))
    trainings += [Training("GRU", seed, epochs=GRU_EPOCHS) for seed in range(5)]
    name = "recurrent, learned, 36 epochs"
    trainings += [Training(name, seed, epochs=LONG) for seed in range(3)]
    trainings += [Training(f"{SHUFFLED}{PLAIN}", seed) for seed in range(3)]
    trainings += [Training("GRU, 12 epochs", seed) for seed in range(3)]
    return trainings


def make(setting: str, trials: list[Trial]) -> SpikingClassifier:
    """The model of a setting; trials: those so far, by which the GRU was chosen."""
    if setting in MODELS:
        return MODELS[setting]()
    right = {trial.setting: trial.val_right for trial in trials}
    best = max(GRU_RATES, key=lambda rate: right[gru_name(rate)])
    return MODELS[gru_name(best)]()


def train(training: Training, trials: list[Trial]) -> Trial:
    """Train, then count right answers and operations."""
    pl.seed_everything(training.seed, verbose=False)
    model = make(training.setting, trials)
    data = Data(leave_out=training.leave_out, train_on_validation=not training.is_choice)
    stopwatch = Stopwatch()
    trainer = pl.Trainer(
        max_epochs=training.epochs,
        callbacks=[stopwatch],
        logger=False,
        limit_val_batches=0,
        **QUIET,
    )
    trainer.fit(model, data)
    model.eval()
    is_shuffled = training.setting.startswith(SHUFFLED)
    tested = data.val if training.is_choice else data.test
    operations, spikes = count_work(model.net, events_of(tested, is_shuffled).transpose(0, 1))
    n_right = 0
    n_test = 0
    if not training.is_choice:
        n_right = count_right(model, data.test, is_shuffled)
        n_test = len(data.test)
    return Trial(
        setting=training.setting,
        seed=training.seed,
        leave_out=training.leave_out,
        epochs=training.epochs,
        n_right=n_right,
        n_test=n_test,
        val_right=count_right(model, data.val, is_shuffled),
        n_val=len(data.val),
        seconds=round(stopwatch.seconds, 1),
        operations=round(operations, 1),
        spikes=round(spikes, 1),
    )


def events_of(part: Sequences, is_shuffled: bool) -> Tensor:
    """All events, (n, seq_length, 80), float32; shuffled in the same way each time."""
    x, _ = part[list(range(len(part)))]
    if is_shuffled:
        return shuffle_steps(x, torch.Generator().manual_seed(0))
    return x


def count_right(model: SpikingClassifier, part: Sequences, is_shuffled: bool) -> int:
    """How many recordings get the right answer."""
    x = events_of(part, is_shuffled)
    with torch.no_grad():
        answers = torch.cat([model(some).argmax(1) for some in x.split(100)])
    return (answers == part.labels).sum().item()


def count_work(net: nn.Module, x: Tensor) -> tuple[float, float]:
    """Operations and spikes per recording, as Trial says; x: (seq_length, n, 80)."""
    seq_length, n = x.shape[:2]
    if not isinstance(net, SpokenNet):
        return float(net.macs(seq_length)), nan
    spikes_of_neurons = torch.zeros(N_HIDDEN)
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


def append(path: Path, trial: Trial) -> None:
    """Add a row to the file, and first the names of the columns to one that is not there yet."""
    is_new = not path.exists()
    with open(path, "a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(Trial._fields)
        writer.writerow(trial)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="settings whose name contains this")
    parser.add_argument("--epochs", type=int, help="of every training, to see whether it runs")
    parser.add_argument("--out", type=Path, default=LISTEN_CSV)
    options = parser.parse_args()
    environment.setup()
    torch.set_num_threads(1)
    trials = read_trials(options.out) if options.out.exists() else []
    recorded = {trial[:3] for trial in trials}
    wanted = [training for training in plan() if options.only in training.setting]
    wanted = [training for training in wanted if training.key not in recorded]
    for n_left, training in zip(range(len(wanted), 0, -1), wanted):
        name = f"{training.setting}, seed {training.seed}"
        if training.leave_out:
            name += f", without {training.leave_out}"
        print(f"{name}: {n_left} left", file=sys.stderr, flush=True)
        if options.epochs:
            training = training._replace(epochs=options.epochs)
        trial = train(training, trials)
        append(options.out, trial)
        trials.append(trial)


if __name__ == "__main__":
    main()
