"""Accuracy for the time spent, setting by setting: what the defaults were chosen by. Not a test: `make study`.

    python tests/study.py                   all settings, two seeds each: about 20 minutes on two cores
    python tests/study.py --only default    settings whose name contains this

Each run trains on the embedded digits for two epochs (the seed's network for one) and writes to
helpers/measured/accuracy.csv, a row for each quarter of an epoch, what chapter 3 draws: seconds of training so far,
without validation, and the validation accuracy. A step counts with the median time of the steps of its run.
"""

import argparse
import csv
import statistics
import time
from pathlib import Path

import norse.torch as norse
import pytorch_lightning as pl

import helpers
from helpers.data import DigitsDataModule
from helpers.model import SpikingClassifier

OUT = Path(helpers.__file__).parent / "measured" / "accuracy.csv"
SETTINGS = {
    "default": {},
    "learning rate 1e-3": {"learning_rate": 1e-3},
    "learning rate 3e-3": {"learning_rate": 3e-3},
    "learning rate 1.5e-2": {"learning_rate": 1.5e-2},
    "alpha 5": {"alpha": 5.0},
    "mean": {"decode": "mean"},
    "last": {"decode": "last"},
    "4 steps": {"seq_length": 4},
    "16 steps": {"seq_length": 16},
    "poisson": {"encoding": "poisson"},
    "lif, 32 steps": {"encoding": "lif", "seq_length": 32},
    "the seed's": {"encoding": "lif", "seq_length": 32, "learning_rate": 1e-3},
}


class SeedNet(norse.ConvNet):
    """The network of the notebook that the course grew from, behind its encoder."""

    def __init__(self):
        super().__init__()
        self.encoder = norse.ConstantCurrentLIFEncoder(32)

    def forward(self, images):
        return super().forward(self.encoder(images))


class Seed(SpikingClassifier):
    def __init__(self, **setting):
        super().__init__(**setting)
        self.net = SeedNet()


class Record(pl.Callback):
    """Validation accuracies at their steps, and how long each training step took."""

    def __init__(self):
        self.curve, self.seconds = [], []

    def on_train_batch_start(self, *_):
        self.start = time.perf_counter()

    def on_train_batch_end(self, *_):
        self.seconds.append(time.perf_counter() - self.start)

    def on_validation_end(self, trainer, module):
        self.curve.append((trainer.global_step, trainer.callback_metrics["val_acc"].item()))


def train(name: str, seed: int) -> tuple[list, float]:
    """The validation accuracies of a run, each with its step and seconds so far, and the test accuracy."""
    pl.seed_everything(seed, verbose=False)
    model = (Seed if name == "the seed's" else SpikingClassifier)(**SETTINGS[name])
    record, digits = Record(), DigitsDataModule(source="embedded")
    off = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    epochs = 1 if name == "the seed's" else 2
    trainer = pl.Trainer(
        accelerator="cpu", max_epochs=epochs, val_check_interval=0.25, num_sanity_val_steps=0, callbacks=[record], **off
    )
    trainer.fit(model, digits)
    step_time = statistics.median(record.seconds)
    curve = [(step, step * step_time, val_acc) for step, val_acc in record.curve]
    return curve, trainer.test(model, digits, verbose=False)[0]["test_acc"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    helpers.quiet()
    helpers.keep_freed_memory()
    OUT.parent.mkdir(exist_ok=True)
    with open(OUT, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["setting", "seed", "step", "seconds", "val_acc", "test_acc"])
        for seed in range(options.seeds):
            for name in (name for name in SETTINGS if options.only in name):
                curve, test_acc = train(name, seed)
                for step, seconds, val_acc in curve:
                    rows.writerow([name, seed, step, f"{seconds:.1f}", f"{val_acc:.4f}", f"{test_acc:.4f}"])
                file.flush()
                print(
                    f"{name:22} seed {seed}  {curve[-1][1]:5.0f} s  val {curve[-1][2]:.3f}  test {test_acc:.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
