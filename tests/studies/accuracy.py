"""Accuracy for the time spent, setting by setting: what the defaults were chosen by. Not a test: `make study`.

    python -m tests.studies.accuracy                   all settings, two seeds each: about 20 minutes on two cores
    python -m tests.studies.accuracy --only default    settings whose name contains this

First the time of a training step is measured, all settings in turn. Then each setting trains on the embedded digits
for two epochs and writes to helpers/assets/measured/accuracy.csv what chapter 3 draws: for each quarter of an epoch
the steps so far, their seconds, without validation, and the validation accuracy.
"""

import argparse
import csv
import tempfile

import norse.torch as norse
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger

from helpers import ASSETS
from helpers.classifier import SpikingClassifier
from helpers.data import DigitsDataModule
from helpers.figures.chapter_2 import read_scores
from helpers.scores import TEST_ACC, VAL_ACC
from helpers.setup import process
from helpers.speed.measure import measure_throughput, training_step

SETTINGS = {
    "default": {},
    "learning rate 1e-3": {"learning_rate": 1e-3},
    "learning rate 3e-3": {"learning_rate": 3e-3},
    "learning rate 3e-2": {"learning_rate": 3e-2},
    "alpha 1": {"alpha": 1.0},
    "alpha 25": {"alpha": 25.0},
    "not distorted": {"distort": 0.0},
    "mean": {"decode": "mean"},
    "last": {"decode": "last"},
    "4 steps": {"seq_length": 4},
    "16 steps": {"seq_length": 16},
    "poisson": {"encoding": "poisson"},
    "lif, 32 steps": {"encoding": "lif", "seq_length": 32},
    "Norse ConvNet": {"encoding": "lif", "seq_length": 32, "learning_rate": 1e-3},
}
QUIET = {"accelerator": "cpu", "devices": 1, "num_sanity_val_steps": 0, "enable_checkpointing": False}
QUIET |= {"enable_progress_bar": False, "enable_model_summary": False}


def make(name: str) -> SpikingClassifier:
    model = SpikingClassifier(**SETTINGS[name])
    if name == "Norse ConvNet":  # the network of the notebook that the course grew from, behind its encoder
        model.net = torch.nn.Sequential(norse.ConstantCurrentLIFEncoder(32), norse.ConvNet())
    return model


def step_times(names: list[str], digits: DigitsDataModule) -> dict[str, float]:
    """Seconds of a training step of each setting."""
    images, labels = digits.train[: digits.batch_size]
    steps = {name: training_step(make(name).net, images, labels) for name in names}
    return {name: 1 / speed.median for name, speed in measure_throughput(steps, items=1, rounds=9).items()}


def read_curve(folder: str) -> list[tuple[int, float]]:
    """Validation accuracies of a run, each after how many steps, from what was logged below its folder."""
    return [(int(step) + 1, value) for step, value in zip(*read_scores(folder)[VAL_ACC])]  # the first step is step 0


def train(name: str, seed: int, digits: DigitsDataModule) -> tuple[list[tuple[int, float]], float]:
    """The validation accuracies of a run, each with its step, and the test accuracy."""
    pl.seed_everything(seed, verbose=False)
    model = make(name)
    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(max_epochs=2, val_check_interval=0.25, logger=CSVLogger(folder), **QUIET)
        trainer.fit(model, digits)
        test_acc = trainer.test(model, digits, verbose=False)[0][TEST_ACC]
        return read_curve(folder), test_acc


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="settings whose name contains this")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    process.setup()
    names = [name for name in SETTINGS if options.only in name]
    digits = DigitsDataModule(source="embedded")
    digits.setup()
    seconds = step_times(names, digits)
    print({name: f"{1e3 * time:.0f} ms" for name, time in seconds.items()})
    with open(ASSETS / "measured" / "accuracy.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["setting", "seed", "step", "seconds", "val_acc", "test_acc"])
        for seed in range(options.seeds):
            for name in names:
                curve, test_acc = train(name, seed, digits)
                for step, val_acc in curve:
                    time = f"{step * seconds[name]:.1f}"
                    rows.writerow([name, seed, step, time, f"{val_acc:.4f}", f"{test_acc:.4f}"])
                file.flush()
                print(f"{name:22} seed {seed}  validation {val_acc:.3f}  test {test_acc:.3f}", flush=True)


if __name__ == "__main__":
    main()
