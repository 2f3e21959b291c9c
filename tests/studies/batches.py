"""What more devices do to learning: batch and learning rate, run by run. Not a test; chapter 4 draws what it writes.

    python -m tests.studies.batches              all settings, two seeds: about 12 minutes on two cores

Each run is the training command, two epochs on the embedded digits, one thread a process; a row of
helpers/assets/measured/batch.csv for each quarter of an epoch: steps and images so far, and the validation accuracy.
One and two devices are that many processes. Four and eight are one process with all of their images in its batch,
which has the same gradients (tests/run/test_two_processes.py).
The last voltage is read, as the highest has no gradient for a class whose voltage only falls: in large batches, some
runs never learn such a class.
"""

import csv
import os
import subprocess
import sys
import tempfile

from helpers.notebook.recorded import BATCH_CSV, Validation
from tests import ROOT
from tests.studies.accuracy import read_curve
from tests.studies.progress import say

LEARNING_RATE = 1e-2  # the default, for 64 images
SETTINGS = (  # devices, images in the batch of each, and whether the learning rate grows with the devices
    *("1 x 64", "2 x 32", "2 x 64", "2 x 64, scaled"),
    *("4 x 64", "4 x 64, scaled", "8 x 64", "8 x 64, scaled"),
)


def train(name: str, seed: int) -> tuple[int, int, list[tuple[int, float]]]:
    """Of one run of the training command: processes, images in a step, and validation accuracies with their steps."""
    devices, images = map(int, name.removesuffix(", scaled").split(" x "))
    scaled, processes = "scaled" in name, devices if devices <= 2 else 1
    options = [
        *(
            "--data.source=embedded",
            f"--data.batch_size={devices * images // processes}",
            f"--seed_everything={seed}",
        ),
        *(
            "--trainer.accelerator=cpu",
            f"--trainer.devices={processes}",
            "--trainer.val_check_interval=0.25",
        ),
        *("--trainer.num_sanity_val_steps=0", "--trainer.max_epochs=2"),
        *("--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"),
    ]
    if processes > 1:
        options += ["--trainer.strategy=ddp", f"--model.scale_lr={str(scaled).lower()}"]
    elif scaled:
        options += [f"--model.learning_rate={devices * LEARNING_RATE}"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "helpers.train", "fit", *options]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        return processes, devices * images, read_curve(folder)


def main() -> None:
    with open(BATCH_CSV, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(Validation._fields)
        left = 2 * len(SETTINGS)
        for seed in range(2):
            for name in SETTINGS:
                say(f"training {name}, seed {seed}; runs left: {left}")
                processes, batch, curve = train(name, seed)
                left -= 1
                for step, val_acc in curve:
                    table.writerow(
                        [name, processes, batch, seed, step, step * batch, f"{val_acc:.4f}"]
                    )
                file.flush()
                print(f"{name:15} seed {seed}: val_acc {val_acc:.4f}", flush=True)


if __name__ == "__main__":
    main()
