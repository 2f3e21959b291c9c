"""What fewer spikes cost in accuracy: networks trained on with a penalty. Not a test; chapter 8 draws what it writes.

    python -m tests.studies.sparse             two seeds: about 5 minutes on one quiet core
    python -m tests.studies.sparse 1           only seed 1

Seeds that have rows already are skipped, so the study goes on where it was stopped; delete rows to have them anew.

For each seed, a DigitsClassifier is trained on the embedded digits for two epochs, then, from there, for one more with
each strength of the penalty. A row of helpers/assets/measured/sparse.csv for each: the spikes per synapse and
image, and the accuracy, both on the 1,000 test digits. The chapter does the same live, for one strength.
"""

import sys
from typing import NamedTuple

import pytorch_lightning as pl
import torch

from helpers.assets.study_results import SPARSE_CSV, read_sparse
from helpers.course.chapter_8.energy import evaluate
from helpers.course.chapter_8.networks import SparseClassifier
from helpers.data import DigitsDataModule
from helpers.setup import environment
from tests.studies.accuracy import QUIET
from tests.studies.progress import say
from tests.studies.record import append

STRENGTHS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)


class Row(NamedTuple):
    """A row of SPARSE_CSV."""

    seed: int
    strength: float  # of the penalty
    spikes_per_synapse: float  # of an image
    test_acc: float


def train(model: pl.LightningModule, digits: DigitsDataModule, epochs: int) -> None:
    pl.Trainer(max_epochs=epochs, logger=False, limit_val_batches=0, **QUIET).fit(model, digits)


def rows_of(seed: int) -> list[Row]:
    """The row of each strength."""
    digits = DigitsDataModule(source="embedded")
    digits.setup()
    pl.seed_everything(seed, verbose=False)
    trained = SparseClassifier()
    say(f"seed {seed}: training without a penalty")
    train(trained, digits, epochs=2)
    rows = []
    for strength in STRENGTHS:
        say(f"seed {seed}: training on with strength {strength}, of {STRENGTHS}")
        pl.seed_everything(seed, verbose=False)
        model = SparseClassifier(strength)
        model.load_state_dict(trained.state_dict())
        train(model, digits, epochs=1)
        accuracy, operations = evaluate(model.net, *digits.test[:1000])
        spikes = sum(operations.values()) / model.synapses
        rows.append(Row(seed, strength, round(spikes, 4), round(accuracy, 4)))
        print(*rows[-1], flush=True)
    return rows


def main(seeds: list[int]) -> None:
    environment.setup()
    torch.set_num_threads(1)
    recorded = read_sparse() if SPARSE_CSV.exists() else {}
    for seed in seeds:
        if seed not in recorded:
            for row in rows_of(seed):
                append(SPARSE_CSV, row)


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [0, 1])
