"""What more devices do to learning: batch and learning rate, run by run. Not a test; chapters 3 and 4 show what it writes.

    python -m tests.studies.batches                   all settings, three seeds
    python -m tests.studies.batches --only "1 x 64"   settings whose name contains this

Each run is the training command, two epochs on the embedded digits, one thread a process; a row of
helpers/assets/measured/batch.csv for each 16th of an epoch, 512 images: the images so far, and the validation accuracy.
One and two devices are that many processes. Four and eight are one process with all of their images in its batch,
which has the same gradients (tests/run/test_two_processes.py).
The last voltage is read, as the highest has no gradient for a class whose voltage only falls: in large batches, some
runs never learn such a class.

Runs that have rows already are skipped, so the study goes on where it was stopped; delete rows to have them anew.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from itertools import product

from helpers.assets.study_results import BATCH_CSV, Validation, read_rows
from tests import ROOT
from tests.studies.accuracy import read_curve
from tests.studies.progress import say
from tests.studies.record import append, count_down

LEARNING_RATE = 1e-2  # the default, for 64 images
RULES = {  # the factor on it for so many devices; always with Adam
    "": lambda devices: 1.0,
    "linear": lambda devices: float(devices),  # Goyal et al. 2017, for SGD
    "square root": lambda devices: devices**0.5,  # Malladi et al. 2022, for Adam; its betas stay
}
SETTINGS = (  # devices x images in the batch of each, and the learning rate or the rule by which it grows
    "1 x 64",
    "1 x 64, 0.005",
    "1 x 64, 0.02",
    "1 x 64, 0.04",
    "2 x 32",
    "2 x 64",
    "2 x 64, square root",
    "2 x 64, linear",
    "2 x 64, 0.04",
    "4 x 64",
    "4 x 64, square root",
    "4 x 64, linear",
    "4 x 64, 0.08",
    "8 x 64",
    "8 x 64, 0.005",
    "8 x 64, square root",
    "8 x 64, linear",
)


def train(name: str, seed: int) -> list[Validation]:
    """The rows of one run of the training command."""
    shape, _, rate = name.partition(", ")
    devices, images = map(int, shape.split(" x "))
    processes = devices if devices <= 2 else 1
    batch = devices * images
    learning_rate = LEARNING_RATE * RULES[rate](devices) if rate in RULES else float(rate)
    options = [
        "--data.source=embedded",
        f"--data.batch_size={batch // processes}",
        f"--seed_everything={seed}",
        f"--model.learning_rate={learning_rate}",
        "--trainer.accelerator=cpu",
        f"--trainer.devices={processes}",
        "--trainer.val_check_interval=0.0625",
        "--trainer.num_sanity_val_steps=0",
        "--trainer.max_epochs=2",
        "--trainer.enable_progress_bar=false",
        "--trainer.enable_model_summary=false",
    ]
    if processes > 1:
        options += ["--trainer.strategy=ddp"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "helpers.train", "fit", *options]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        curve = read_curve(folder)
    return [Validation(name, batch, seed, step * batch, round(acc, 4)) for step, acc in curve]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="settings whose name contains this")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    recorded = set()
    if BATCH_CSV.exists():
        recorded = {(row.setting, row.seed) for row in read_rows(BATCH_CSV, Validation)}
    settings = [name for name in SETTINGS if options.only in name]
    left = [
        run for seed in options.seeds for run in product(settings, [seed]) if run not in recorded
    ]
    for n_left, (name, seed) in count_down(left):
        say(f"training {name}, seed {seed}; runs left: {n_left}")
        for row in train(name, seed):
            append(BATCH_CSV, row)


if __name__ == "__main__":
    main()
