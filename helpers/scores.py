"""Loss and accuracy: the one place that names them. Who logs, who chooses a checkpoint and who draws, asks here."""

from typing import Literal

import torch
import torch.nn.functional as F

from helpers import InputError

Stage = Literal["train", "val", "test"]
LOSS, ACCURACY = "loss", "acc"


def score_name(stage: Stage, quantity: str) -> str:
    """The name under which LOSS or ACCURACY of a stage is logged."""
    return f"{stage}_{quantity}"


VAL_ACC, TEST_ACC = score_name("val", ACCURACY), score_name("test", ACCURACY)


def log_scores(
    module, stage: Stage, logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float = 0.0
) -> torch.Tensor:
    """Log the loss and the accuracy of a batch, as averages over all batches and processes. Returns the loss.

    The batch counts by a float: with whole numbers, Lightning 2.6 rounds the images of a process down where shards are
    unequal, and every average comes out too large (github.com/Lightning-AI/pytorch-lightning/issues/21859).

    Args:
        module: the LightningModule that logs
        logits: (batch, n_classes)
        labels: (batch,), int64
        label_smoothing: of the cross-entropy, from 0 to 1
    """
    loss = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
    accuracy = (logits.argmax(dim=1) == labels).float().mean()
    options = {"batch_size": float(len(labels)), "prog_bar": True, "sync_dist": stage != "train"}
    module.log_dict({score_name(stage, LOSS): loss, score_name(stage, ACCURACY): accuracy}, **options)
    return loss


class Scores(dict):
    """What was logged, by name: the last value, or steps and values. A name that is not there is an InputError."""

    def __missing__(self, name: str):
        raise InputError(f"there is no {name} among what was logged: {', '.join(sorted(self)) or 'nothing'}.")
