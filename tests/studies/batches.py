"""What more devices do to learning: batch and learning rate, run by run. Not a test; chapter 4 draws what it writes.

    python tests/studies/batches.py              all settings, two seeds: about 12 minutes on two cores

Each run is the training command, two epochs on the embedded digits, one thread a process; a row of
helpers/assets/measured/batch.csv for each quarter of an epoch: steps and images so far, and the validation accuracy.
One and two devices are that many processes. Four and eight are one process with all of their images in its batch,
which has the same gradients (tests/cluster/test_two_processes.py).
"""

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytorch_lightning as pl

from helpers.cluster.scaling_report import STUDY
from helpers.scores import VAL_ACC
from tests import ROOT

LEARNING_RATE = 1e-2  # the default, for 64 images
SETTINGS = {  # devices, images for each, scaled learning rate, processes
    "1 x 64": (1, 64, False, 1),
    "2 x 32": (2, 32, False, 2),
    "2 x 64": (2, 64, False, 2),
    "2 x 64, scaled": (2, 64, True, 2),
    "4 x 64": (4, 64, False, 1),
    "4 x 64, scaled": (4, 64, True, 1),
    "8 x 64": (8, 64, False, 1),
    "8 x 64, scaled": (8, 64, True, 1),
}


class Record(pl.Callback):
    """Writes steps and validation accuracies to record.csv, in the first process."""

    def __init__(self):
        self.curve = []

    def on_validation_end(self, trainer, module):
        self.curve.append((trainer.global_step, f"{trainer.callback_metrics[VAL_ACC].item():.4f}"))

    def on_train_end(self, trainer, module):
        if trainer.is_global_zero:
            with open("record.csv", "w", newline="") as file:
                csv.writer(file).writerows(self.curve)


def train(devices: int, images: int, scaled: bool, processes: int, seed: int) -> list[list[str]]:
    """Rows of step and validation accuracy of one run of the training command."""
    options = [
        *("--data.source=embedded", f"--data.batch_size={devices * images // processes}", f"--seed_everything={seed}"),
        *("--trainer.accelerator=cpu", f"--trainer.devices={processes}", "--trainer.val_check_interval=0.25"),
        *("--trainer.num_sanity_val_steps=0", "--trainer.callbacks=study_batch.Record", "--trainer.max_epochs=2"),
        *("--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"),
    ]
    if processes > 1:
        options += ["--trainer.strategy=ddp", f"--model.scale_lr={str(scaled).lower()}"]
    elif scaled:
        options += [f"--model.learning_rate={devices * LEARNING_RATE}"]
    path = f"{Path(__file__).parent}:{ROOT}"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "helpers.train", "fit", *options]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        with open(Path(folder) / "record.csv") as file:
            return list(csv.reader(file))


def main() -> None:
    STUDY.parent.mkdir(exist_ok=True)
    with open(STUDY, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["setting", "processes", "global_batch", "seed", "step", "images", "val_acc"])
        for seed in range(2):
            for name, (devices, images, scaled, processes) in SETTINGS.items():
                batch = devices * images
                rows = train(devices, images, scaled, processes, seed)
                for step, val_acc in rows:
                    table.writerow([name, processes, batch, seed, step, int(step) * batch, val_acc])
                file.flush()
                print(f"{name:15} seed {seed}: val_acc {rows[-1][1]}", flush=True)


if __name__ == "__main__":
    main()
