"""Accuracy for the time spent, setting by setting: what the defaults were chosen by. Not a test: `make study`.

    python tests/studies/accuracy.py                   all settings, two seeds each: about 20 minutes on two cores
    python tests/studies/accuracy.py --only default    settings whose name contains this

First the time of a training step is measured, all settings in turn. Then each setting trains on the embedded digits
for two epochs and writes to helpers/assets/measured/accuracy.csv what chapter 3 draws: for each quarter of an epoch
the steps so far, their seconds, without validation, and the validation accuracy.
"""

import argparse
import csv

import norse.torch as norse
import pytorch_lightning as pl
import torch

from helpers import ASSETS
from helpers.classifier import SpikingClassifier
from helpers.data import DigitsDataModule
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
    "mean": {"decode": "mean"},
    "last": {"decode": "last"},
    "4 steps": {"seq_length": 4},
    "16 steps": {"seq_length": 16},
    "poisson": {"encoding": "poisson"},
    "lif, 32 steps": {"encoding": "lif", "seq_length": 32},
    "Norse ConvNet": {"encoding": "lif", "seq_length": 32, "learning_rate": 1e-3},
}


class Record(pl.Callback):
    """Validation accuracies at their steps."""

    def __init__(self):
        self.curve = []

    def on_validation_end(self, trainer, module):
        self.curve.append((trainer.global_step, trainer.callback_metrics[VAL_ACC].item()))


def make(name: str) -> SpikingClassifier:
    model = SpikingClassifier(**SETTINGS[name])
    if name == "Norse ConvNet":  # the network of the notebook that the course grew from, behind its encoder
        encoder, net = norse.ConstantCurrentLIFEncoder(32), norse.ConvNet()
        model.net = torch.nn.Sequential(encoder, net)
    return model


def step_times(names: list[str], digits: DigitsDataModule) -> dict[str, float]:
    """Seconds of a training step of each setting."""
    images, labels = digits.train[: digits.batch_size]
    steps = {name: training_step(make(name).net, images, labels) for name in names}
    return {name: 1 / speed.median for name, speed in measure_throughput(steps, items=1, rounds=9).items()}


def train(name: str, seed: int, digits: DigitsDataModule) -> tuple[list, float]:
    """The validation accuracies of a run, each with its step, and the test accuracy."""
    pl.seed_everything(seed, verbose=False)
    model, record = make(name), Record()
    off = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = pl.Trainer(
        accelerator="cpu", max_epochs=2, val_check_interval=0.25, num_sanity_val_steps=0, callbacks=[record], **off
    )
    trainer.fit(model, digits)
    return record.curve, trainer.test(model, digits, verbose=False)[0][TEST_ACC]


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
