"""Loss, accuracy, spike rates: the one place that names them. Who logs, chooses a checkpoint or draws, asks here."""

import csv
from collections import defaultdict
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F

from helpers import InputError

Stage = Literal["train", "val", "test"]
LOSS, ACCURACY = "loss", "acc"


def score_name(stage: Stage, quantity: str) -> str:
    """The name under which LOSS or ACCURACY of a stage is logged."""
    return f"{stage}_{quantity}"


def rate_name(layer: str) -> str:
    """The name under which the spike rate of a layer is logged."""
    return f"rate_{layer}"


VAL_ACC, TEST_ACC = score_name("val", ACCURACY), score_name("test", ACCURACY)


def log_scores(module, stage: Stage, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Log the loss and the accuracy of a batch, as averages over all batches and processes. Returns the loss.

    The batch counts by a float: with whole numbers, Lightning 2.6 rounds the images of a process down where shards are
    unequal, and every average comes out too large (github.com/Lightning-AI/pytorch-lightning/issues/21859).

    module: a LightningModule; logits: (batch, n_classes); labels: (batch,), int64
    """
    loss = F.cross_entropy(logits, labels)
    accuracy = (logits.argmax(dim=1) == labels).float().mean()
    options = {"batch_size": float(len(labels)), "prog_bar": True, "sync_dist": stage != "train"}
    module.log_dict({score_name(stage, LOSS): loss, score_name(stage, ACCURACY): accuracy}, **options)
    return loss


class Scores(dict):
    """What was logged, by name: the last value, or steps and values. A name that is not there is an InputError."""

    def __missing__(self, name: str):
        raise InputError(f"there is no {name} among what was logged: {', '.join(sorted(self)) or 'nothing'}.")


def read_scores(folder: Path | str) -> Scores:
    """What CSVLogger wrote below a folder, over all resumes of a run: for each name its steps and values, arrays."""
    points = defaultdict(dict)
    for path in sorted(Path(folder).rglob("metrics.csv"), key=lambda path: path.stat().st_mtime):
        for row in csv.DictReader(path.read_text().splitlines()):
            for name, value in row.items():
                if value and name not in ("step", "epoch"):
                    points[name][int(row["step"])] = float(value)
    return Scores({name: tuple(np.array(sorted(steps.items())).T) for name, steps in points.items()})
