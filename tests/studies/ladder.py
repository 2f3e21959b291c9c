"""The ladder of chapter 3 on this device: all rungs that it has, in turn. Not a test; the chapter shows what it writes.

    python -m tests.studies.ladder                    a minute; writes helpers/assets/measured/ladder.csv
    python -m tests.studies.ladder --out FOLDER       writes FOLDER/ladder.csv

The chapter shows every ladder.csv below helpers/assets/measured, each device in a column.
"""

import argparse
import csv
import time
from pathlib import Path

import torch

from helpers.cluster.scaling import describe
from helpers.data import DigitsDataModule
from helpers.model import SpikingConvNet, encode
from helpers.notebook.recorded import LADDER_CSV, MEASURED
from helpers.setup import environment
from helpers.speed.ladder import climb, rungs
from helpers.speed.measure import Speed
from tests.studies.progress import say


def write_ladder(path: Path, device: str, speeds: dict[str, Speed]) -> None:
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["device", "rung", *Speed._fields])
        table.writerows(
            [device, name, *(f"{value:.3f}" for value in speed)] for name, speed in speeds.items()
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=MEASURED)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    environment.setup()
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(0)
    digits, seq_length, batch_size = (
        DigitsDataModule(source="embedded"),
        16,
        32 if options.device == "cpu" else 256,
    )
    digits.setup()
    images, labels = (x.to(options.device) for x in digits.train[:batch_size])
    net = SpikingConvNet(seq_length).to(options.device)
    spikes = encode(images, "poisson", seq_length)
    say("all rungs in turn; the first round compiles some of them")
    speeds = climb(rungs(net, spikes, labels), spikes, labels, announce=say)
    device = describe(torch.device(options.device), torch.get_num_threads())
    write_ladder(
        options.out / LADDER_CSV, f"{device}, batch {batch_size}, {time.strftime('%B %Y')}", speeds
    )


if __name__ == "__main__":
    main()
