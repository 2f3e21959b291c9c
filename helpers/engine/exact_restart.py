"""What a stopped run needs to go on exactly: the next batch, and the same random numbers."""

import os
from typing import get_args

import numpy as np
import torch
from pytorch_lightning import Trainer
from torch.utils.data import DataLoader

from helpers.engine.scores import Stage


class ResumableLoader(DataLoader):
    """A DataLoader that knows how many batches of the epoch it has given, and can go on there."""

    epoch = 0
    given = 0  # batches of this epoch
    skip = 0  # batches that were given before the run was stopped

    def __iter__(self):
        # A generator starts at the first next(), when Lightning has told the sampler its epoch. A
        # checkpoint written at the end of an epoch must not make the next one shorter.
        epoch = getattr(self.sampler, "epoch", 0)
        skip = self.skip if epoch == self.epoch else 0
        self.epoch = epoch
        self.skip = 0
        for self.given, batch in enumerate(super().__iter__(), start=1):
            if self.given > skip:
                yield batch

    @property
    def position(self) -> dict[str, int]:
        return {"epoch": self.epoch, "given": self.given % len(self)}

    @position.setter
    def position(self, position: dict[str, int]) -> None:
        self.epoch = position["epoch"]
        self.given = position["given"]
        self.skip = self.given


def seed_batch(trainer: Trainer, stage: Stage, number: int) -> None:
    """Draw the same random numbers for the same batch, so that a resumed run is exact.

    Args:
        trainer: knows which of the processes this is
        stage: in which the batch is used
        number: of the batch in that stage
    """
    seed = int(os.environ.get("PL_GLOBAL_SEED", 0))  # of seed_everything
    torch.manual_seed(batch_seed(seed, stage, number, trainer.global_rank))


def batch_seed(seed: int, stage: Stage, number: int, rank: int) -> int:
    """The seed of one batch in one process, independent of that of every other batch.

    A sum of these four numbers would give batch 1 of seed 0 the random numbers of batch 0 of
    seed 1, so they are hashed: numpy.org/doc/stable/reference/random/parallel.html
    """
    entropy = [seed, get_args(Stage).index(stage), number, rank]
    return int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0])
