"""What more devices do to learning: batch and learning rate, run by run. Not a test; chapter 4 draws what it writes.

    python -m tests.studies.batches                          all settings, two seeds: about 16 minutes on two cores
    python -m tests.studies.batches --only "square root"     those alone; the others' rows stay as they are

Each run is the training command, two epochs on the embedded digits, one thread a process; a row of
helpers/assets/measured/batch.csv for each quarter of an epoch: steps and images so far, and the validation accuracy.
One and two devices are that many processes. Four and eight are one process with all of their images in its batch,
which has the same gradients (tests/run/test_two_processes.py).
The last voltage is read, as the highest has no gradient for a class whose voltage only falls: in large batches, some
runs never learn such a class.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile

from helpers.assets.study_results import BATCH_CSV, Validation, read_rows
from tests import ROOT
from tests.studies.accuracy import read_curve
from tests.studies.progress import say

LEARNING_RATE = 1e-2  # the default, for 64 images
RULES = {  # the factor on it for so many devices; always with Adam
    "": lambda devices: 1.0,
    ", linear": lambda devices: float(devices),  # Goyal et al. 2017, for SGD
    ", square root": lambda devices: devices**0.5,  # Malladi et al. 2022, for Adam; its betas stay
}
SETTINGS = (  # devices, images in the batch of each, and the rule by which the learning rate grows
    "1 x 64",
    "2 x 32",
    *(f"{devices} x 64{rule}" for devices in (2, 4, 8) for rule in RULES),
)


def train(name: str, seed: int) -> tuple[int, int, list[tuple[int, float]]]:
    """Of one run of the training command: processes, images in a step, and validation accuracies with their steps."""
    shape, comma, rule = name.partition(",")
    devices, images = map(int, shape.split(" x "))
    processes = devices if devices <= 2 else 1
    learning_rate = LEARNING_RATE * RULES[comma + rule](devices)
    options = [
        "--data.source=embedded",
        f"--data.batch_size={devices * images // processes}",
        f"--seed_everything={seed}",
        f"--model.learning_rate={learning_rate}",
        "--trainer.accelerator=cpu",
        f"--trainer.devices={processes}",
        "--trainer.val_check_interval=0.25",
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
        return processes, devices * images, read_curve(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="settings with this in their names; others stay")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options = parser.parse_args()
    settings = [name for name in SETTINGS if options.only in name]
    recorded = read_rows(BATCH_CSV, Validation)
    kept = [row for row in recorded if row.setting not in settings or row.seed not in options.seeds]
    with open(BATCH_CSV, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(Validation._fields)
        table.writerows([*row[:-1], f"{row.val_acc:.4f}"] for row in kept)
        left = len(options.seeds) * len(settings)
        for seed in options.seeds:
            for name in settings:
                say(f"training {name}, seed {seed}; runs left: {left}")
                processes, batch, curve = train(name, seed)
                left -= 1
                for step, val_acc in curve:
                    table.writerow(
                        [name, processes, batch, seed, step, step * batch, f"{val_acc:.4f}"]
                    )
                file.flush()
                print(f"{name:20} seed {seed}: val_acc {val_acc:.4f}", flush=True)


if __name__ == "__main__":
    main()
