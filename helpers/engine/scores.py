"""The names of all metrics: loss, accuracy and spike rates.

Logging, checkpointing and plotting take metric names from here.
"""

import csv
from collections import defaultdict
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F

from helpers import InputError, require

Stage = Literal["train", "val", "test"]
LOSS = "loss"
ACCURACY = "acc"
LOWEST_RATE = 0.001  # of a layer of neurons: with fewer spikes, it passes on too little
HIGHEST_RATE = 0.9  # with more, it spikes at nearly every step


def score_name(stage: Stage, quantity: str) -> str:
    """Return the name under which LOSS or ACCURACY of a stage is logged."""
    return f"{stage}_{quantity}"


def rate_name(layer: str) -> str:
    """Return the name under which the spike rate of a layer is logged."""
    return f"rate_{layer}"


VAL_ACC = score_name("val", ACCURACY)
TEST_ACC = score_name("test", ACCURACY)


def log_scores(module, stage: Stage, logits: torch.Tensor, labels: torch.Tensor) -> None:
    """Log the loss and the accuracy of a batch.

    In validation and test, both become averages over all batches and processes; in training they
    are those of one batch of one process. The size of the batch is given as a float:
    with whole numbers, Lightning 2.6 rounds the images of a process down where shards are unequal,
    and every average comes out too large (github.com/Lightning-AI/pytorch-lightning/issues/21859).

    Args:
        module: a LightningModule
        stage: what the batch is for
        logits: (batch, n_classes)
        labels: (batch,), int64

    Raises:
        InputError: when the loss of a validation or a test is no number
    """
    loss = F.cross_entropy(logits, labels)
    require(
        stage == "train" or loss.isfinite(),  # a GPU would wait for this in each step
        f"{stage}_loss is {loss:g}: the weights are no numbers any more. Begin anew, with a lower "
        "learning rate; or is there a division by 0?",
    )
    module.log_dict(
        {
            score_name(stage, LOSS): loss,
            score_name(stage, ACCURACY): (logits.argmax(dim=1) == labels).float().mean(),
        },
        batch_size=float(len(labels)),
        prog_bar=True,
        sync_dist=stage != "train",
    )


class Scores(dict):
    """Logged metrics by name: the last value of each, or its steps and values.

    A name that was not logged raises InputError.
    """

    def __missing__(self, name):
        names = ", ".join(sorted(self)) or "nothing"
        raise InputError(f"there is no {name} among what was logged: {names}.")


def read_scores(folder: Path | str) -> Scores:
    """Read what CSVLogger wrote below a folder, over all resumes of a run.

    Each name gives two arrays, steps and values.

    Raises:
        InputError: when there are several runs below the folder
    """
    points = defaultdict(dict)
    paths = sorted(Path(folder).rglob("metrics.csv"), key=lambda path: path.stat().st_mtime)
    runs = {path.parents[1] for path in paths}
    require(len(runs) < 2, f"{folder} holds several runs: name one of them.")
    for path in paths:
        for row in csv.DictReader(path.read_text().splitlines()):
            for name, value in row.items():
                if value and name not in ("step", "epoch"):
                    points[name][int(row["step"])] = float(value)
    return Scores(
        {name: tuple(np.array(sorted(values.items())).T) for name, values in points.items()}
    )
