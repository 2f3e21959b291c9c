"""The ladder of chapter 3 on this device: all rungs that it has, in turn. Not a test; the chapter shows what it writes.

    python -m tests.studies.ladder                    five minutes; writes helpers/assets/measured/ladder.csv
    python -m tests.studies.ladder --runs 1           a minute, with one run in place of five
    python -m tests.studies.ladder --out FOLDER       writes FOLDER/ladder.csv

Each run is a process of its own, as two processes differ more than two measurements in one. The chapter shows every
ladder.csv below helpers/assets/measured, each device in a column, and from the lowest of its runs to the highest.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from helpers.assets.study_results import LADDER_CSV, MEASURED
from helpers.cluster.scaling import name_device
from helpers.course.chapter_3.ladder import climb, rungs
from helpers.course.notebook.measure import Speed
from helpers.data import DigitsDataModule
from helpers.encoders import encode
from helpers.model import SpikingConvNet
from helpers.setup import environment
from helpers.tools.write_whole import write_csv
from tests.studies.progress import announced, say


def write_ladder(path: Path, device: str, runs: list[dict[str, Speed]]) -> None:
    """A row for each rung and run."""
    rows = [["device", "run", "rung", *Speed._fields]]
    for number, speeds in enumerate(runs):
        for name, speed in speeds.items():
            rows.append([device, number, name, *(f"{value:.3f}" for value in speed)])
    write_csv(path, rows)


def run(device: str, out: Path) -> None:
    """Measure in this process."""
    environment.setup()
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(0)
    seq_length = 16
    batch_size = 32 if device == "cpu" else 256
    digits = DigitsDataModule(source="embedded")
    digits.setup()
    images, labels = (x.to(device) for x in digits.train[:batch_size])
    net = SpikingConvNet(seq_length).to(device)
    spikes = encode(images, "poisson", seq_length)
    say("all rungs in turn; the first round compiles some of them")
    speeds = climb(announced(rungs(net, spikes, labels)), spikes, labels)
    name = name_device(torch.device(device), torch.get_num_threads())
    write_ladder(
        out / LADDER_CSV, f"{name}, batch {batch_size}, {time.strftime('%B %Y')}", [speeds]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=MEASURED)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if options.runs == 1:
        return run(options.device, options.out)
    lines = []
    for number in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "tests.studies.ladder", "--runs", "1"]
            command += ["--device", options.device, "--out", folder]
            subprocess.run(command, check=True)
            with open(Path(folder, LADDER_CSV), newline="") as file:
                head, *rows = csv.reader(file)
        lines += [[device, number, *rest] for device, _, *rest in rows]
    write_csv(options.out / LADDER_CSV, [head, *lines])


if __name__ == "__main__":
    main()
