"""Spoken digits, learned by recurrent neurons whose spikes arrive late. Not a test.

    python -m tests.studies.delays                 all trainings: 45 minutes on one quiet core
    python -m tests.studies.delays --epochs 1 --out trial.csv      whether it runs

A row of helpers/assets/measured/delays.csv for each training, written when it ends. Trainings that have a row already
are skipped, so the study goes on where it was stopped; delete rows to have them anew.

Each training is that of `python -m helpers.train fit --own spoken`: 256 neurons, 12 epochs, on validation examples as
well, batches of 32, with one thread. All settings are those of chapter 5, where they were chosen with a delay of one
step: nothing is chosen here, and the test is read once by each training. First come all delays with seed 0, then with
seed 1, and so on, then one seed for each speaker who is left out.
"""

import argparse
from pathlib import Path

import pytorch_lightning as pl
import torch

from helpers.assets.study_results import read_rows
from helpers.course.chapter_7.delay_trials import DELAYS_CSV, DelayTrial
from helpers.setup import environment
from helpers.spoken.data import Data
from helpers.spoken.model import Model
from helpers.spoken.recordings import SPEAKERS
from tests.studies.accuracy import QUIET
from tests.studies.listen import EPOCHS, append, find_right
from tests.studies.progress import say

ONE_DELAY = (1, 16, 4, 2, 8)  # steps of 8 ms
LONGEST = 16
DIFFERENT = f"1 to {LONGEST}"  # each sending neuron has its own, drawn evenly
SEEDS = 5


def plan() -> list[tuple[str, int, str]]:
    """Delay, seed and who is left out of each training, what matters most first."""
    delays = [str(ONE_DELAY[0]), str(ONE_DELAY[1]), DIFFERENT, *map(str, ONE_DELAY[2:])]
    trainings = [(delay, seed, "") for seed in range(SEEDS) for delay in delays]
    return trainings + [(delay, 0, speaker) for speaker in SPEAKERS for delay in delays[:3]]


def delay_of(name: str, seed: int, n_hidden: int) -> int | torch.Tensor:
    if name != DIFFERENT:
        return int(name)
    return torch.randint(1, LONGEST + 1, (n_hidden,), generator=torch.Generator().manual_seed(seed))


def train(name: str, seed: int, leave_out: str, epochs: int) -> DelayTrial:
    pl.seed_everything(seed, verbose=False)
    model = Model()
    assert model.net.lif.delay == 1
    model.net.lif.delay = delay_of(name, seed, model.net.lif.n_hidden)
    data = Data(leave_out=leave_out, train_on_validation=True)
    trainer = pl.Trainer(max_epochs=epochs, logger=False, limit_val_batches=0, **QUIET)
    trainer.fit(model, data)
    right = find_right(model.eval(), data.test, is_shuffled=False)
    return DelayTrial(name, seed, leave_out, right.count("1"), len(right))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, default=DELAYS_CSV)
    options = parser.parse_args()
    environment.setup()
    torch.set_num_threads(1)
    recorded = set()
    if options.out.exists():
        recorded = {row[:3] for row in read_rows(options.out, DelayTrial)}
    left = [training for training in plan() if training not in recorded]
    for n_left, training in zip(range(len(left), 0, -1), left):
        say(f"{training}: {n_left} left")
        append(options.out, train(*training, options.epochs))


if __name__ == "__main__":
    main()
