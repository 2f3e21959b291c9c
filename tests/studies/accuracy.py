"""Accuracy for the time spent, setting by setting: what the defaults were chosen by. Not a test: `make study`.

    python -m tests.studies.accuracy                 all settings, two or three seeds each: 95 minutes on two cores
    python -m tests.studies.accuracy --only poisson  settings whose name contains this

Trainings that have rows already are skipped, so the study goes on where it was stopped; delete rows to have them anew.
Each setting trains on the embedded digits, and helpers/assets/measured/accuracy.csv keeps what chapter 3 shows: the
steps so far, the validation accuracy after them, and the test accuracy in the end. Then the time of a training step is
measured, all settings in turn on a machine that should be quiet, and gives the seconds of all rows, without validation.
"made_by" is what trained, "timed_by" what measured the steps.

"in folds" is cross-validation: all 10,000 digits are dealt into five folds, and each is the test of a network that
learned from the other four. There, the seed is the number of the fold. "bf16": `--trainer.precision bf16-mixed`.
"""

import argparse
import tempfile

import norse.torch as norse
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger

from helpers.assets.digits import PIXELS, Digits
from helpers.assets.study_results import ACCURACY_CSV, read_lines
from helpers.course.notebook.measure import measure_throughput, training_step
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.encoders import encode
from helpers.engine.scores import TEST_ACC, VAL_ACC, read_scores
from helpers.setup import environment
from helpers.tools.write_whole import write_csv
from tests.studies.progress import announced, say
from tests.studies.record import count_down, made_by

LONG = {"label_smoothing": 0.05}
MAKE_TRAIN = {"epochs": 4, "batch_size": 32, "label_smoothing": 0.05}
SETTINGS = {  # the options of the model; "epochs", where it is not two, and "batch_size", where it is not 64
    "default": {},
    "learning rate 1e-3": {"learning_rate": 1e-3},
    "learning rate 3e-3": {"learning_rate": 3e-3},
    "learning rate 3e-2": {"learning_rate": 3e-2},
    "alpha 1": {"alpha": 1.0},
    "alpha 25": {"alpha": 25.0},
    "not distorted": {"distort": 0.0},
    "mean": {"decode": "mean"},
    "max": {"decode": "max"},
    "4 steps": {"seq_length": 4},
    "16 steps": {"seq_length": 16},
    "poisson": {"encoding": "poisson"},
    "lif, 32 steps": {"encoding": "lif", "seq_length": 32},
    "Norse ConvNet, 1e-3": {"encoding": "lif", "seq_length": 32, "learning_rate": 1e-3},
    "Norse ConvNet, 3e-3": {"encoding": "lif", "seq_length": 32, "learning_rate": 3e-3},
    "Norse ConvNet, 1e-2": {"encoding": "lif", "seq_length": 32, "learning_rate": 1e-2},
    "Norse ConvNet, 3e-2": {"encoding": "lif", "seq_length": 32, "learning_rate": 3e-2},
    "5 epochs": {"epochs": 5, **LONG},
    "5 epochs, not distorted": {"epochs": 5, "distort": 0.0, **LONG},
    "5 epochs, not averaged": {"epochs": 5, **LONG},
    "5 epochs, in folds": {"epochs": 5, **LONG},
    "4 epochs (make train), in folds": MAKE_TRAIN,
    "4 epochs (make train), bf16, in folds": MAKE_TRAIN,
    "12 epochs": {"epochs": 12, **LONG},
    "12 epochs, in folds": {"epochs": 12, **LONG},
    "12 epochs, bf16, in folds": {"epochs": 12, **LONG},
    "30 epochs, distort 1.3": {"epochs": 30, "distort": 1.3, **LONG},
    "30 epochs, distort 1.3, in folds": {"epochs": 30, "distort": 1.3, **LONG},
    "30 epochs, distort 1.3, bf16, in folds": {"epochs": 30, "distort": 1.3, **LONG},
}
FOLDS = 5
QUIET = {
    "accelerator": "cpu",
    "devices": 1,
    "num_sanity_val_steps": 0,
    "enable_checkpointing": False,
}
QUIET |= {"enable_progress_bar": False, "enable_model_summary": False}


class FoldedDigits(DigitsDataModule):
    """All embedded digits, of which one fold is held out to be tested."""

    def __init__(self, fold: int, **options):
        super().__init__(**options)
        self.fold = fold

    def setup(self, stage=None):
        super().setup(stage)
        parts = [self.train, self.val, self.test]
        images, labels = (
            torch.cat([part.images for part in parts]),
            torch.cat([part.labels for part in parts]),
        )
        out = torch.arange(len(images)) % FOLDS == self.fold
        self.train, self.test = Digits(images[~out], labels[~out]), Digits(images[out], labels[out])
        self.val = self.test


class NorseConvNet(torch.nn.Module):
    """Norse's own network for 32 time steps, behind the encoder of one LIF neuron for each pixel."""

    pixels = PIXELS["MNIST"]

    def __init__(self):
        super().__init__()
        self.net = norse.ConvNet()

    def to_sequence(self, x):
        return encode(x, "lif", 32) if x.dim() == 4 else x

    def forward(self, x):
        return self.net(self.to_sequence(x))


def make(name: str) -> DigitsClassifier:
    options = {
        name: value
        for name, value in SETTINGS[name].items()
        if name not in ("epochs", "batch_size")
    }
    model = DigitsClassifier(**options)
    if "Norse ConvNet" in name:
        # the network of the notebook that the course grew from, behind its encoder
        model.net = NorseConvNet()
    if "not averaged" in name:
        model.configure_callbacks = list
    return model


def step_times(names: list[str], digits: DigitsDataModule) -> dict[str, float]:
    """Seconds of a training step of each setting."""
    batches = {name: digits.train[: SETTINGS[name].get("batch_size", 64)] for name in names}
    models = {name: make(name) for name in names}
    forward = {
        name: lambda x, model=model: model.net(model.augment(x)) for name, model in models.items()
    }
    half = {name: torch.bfloat16 for name in names if "bf16" in name}
    steps = {
        name: training_step(models[name].net, *batches[name], half.get(name), forward[name])
        for name in names
    }
    say(f"{len(steps)} networks")
    speeds = measure_throughput(announced(steps), items=1, rounds=9)
    return {name: 1 / speed.median for name, speed in speeds.items()}


def read_curve(folder: str) -> list[tuple[int, float]]:
    """Validation accuracies of a run, each after how many steps, from what was logged below its folder."""
    return [
        (int(step) + 1, value) for step, value in zip(*read_scores(folder)[VAL_ACC])
    ]  # the first step is step 0


def train(name: str, seed: int) -> list[list]:
    """The rows of a run: one for each validation."""
    pl.seed_everything(seed, verbose=False)
    model, epochs = make(name), SETTINGS[name].get("epochs", 2)
    data = {"source": "embedded", "batch_size": SETTINGS[name].get("batch_size", 64)}
    digits = FoldedDigits(seed, **data) if "in folds" in name else DigitsDataModule(**data)
    with tempfile.TemporaryDirectory() as folder:
        options = {"val_check_interval": 0.25} if epochs == 2 else {}
        options |= {"precision": "bf16-mixed"} if "bf16" in name else {}
        trainer = pl.Trainer(max_epochs=epochs, logger=CSVLogger(folder), **options, **QUIET)
        trainer.fit(model, digits)
        test_acc = trainer.test(model, digits, verbose=False)[0][TEST_ACC]
        print(f"{name:40} seed {seed}  test {test_acc:.4f}", flush=True)
        trained_by = made_by(torch.get_num_threads())
        return [
            [name, str(seed), step, 0, f"{val_acc:.4f}", f"{test_acc:.4f}", trained_by, ""]
            for step, val_acc in read_curve(folder)
        ]


def seeds_of(name: str) -> range:
    """The seeds that a setting is trained with; "in folds", the numbers of the folds."""
    if "in folds" in name:
        return range(FOLDS)
    if "epochs" in SETTINGS[name]:
        return range(3)
    return range(2)


def stored_rows() -> list[list[str]]:
    return [list(row.values()) for row in read_lines(ACCURACY_CSV)]


def write_rows(rows: list[list[str]]) -> None:
    ordered = sorted(rows, key=lambda row: list(SETTINGS).index(row[0]))
    header = ["setting", "seed", "step", "seconds", "val_acc", "test_acc", "made_by", "timed_by"]
    write_csv(ACCURACY_CSV, [header, *ordered])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="settings whose name contains this")
    only = parser.parse_args().only
    environment.setup()
    rows = stored_rows()
    recorded = {(name, seed) for name, seed, *_ in rows}
    runs = [(name, seed) for name in SETTINGS if only in name for seed in seeds_of(name)]
    left = [(name, seed) for name, seed in runs if (name, str(seed)) not in recorded]
    for n_left, (name, seed) in count_down(left):
        say(f"training {name}, seed or fold {seed}; runs left: {n_left}")
        rows += train(name, seed)
        write_rows(rows)
    digits = DigitsDataModule(source="embedded")
    digits.setup()
    there = [name for name in SETTINGS if any(row[0] == name for row in rows)]
    seconds = step_times(there, digits)
    print({name: f"{1e3 * time:.0f} ms" for name, time in seconds.items()})
    timed_by = made_by(torch.get_num_threads())
    write_rows(
        [[*row[:3], f"{int(row[2]) * seconds[row[0]]:.1f}", *row[4:7], timed_by] for row in rows]
    )


if __name__ == "__main__":
    main()
