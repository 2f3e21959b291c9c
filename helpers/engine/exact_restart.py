"""What a stopped run needs to go on exactly: the next batch, the same random numbers and sums."""

import os
from typing import get_args

import numpy as np
import torch
from pytorch_lightning import Trainer
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from helpers.engine import private_names
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
        self.skip = position["given"]


def count_in_other_batches(trainer: Trainer, before: int, now: int) -> None:
    """Have an epoch go on after the examples it has seen, in batches of another size.

    Without this, it would go on after as many batches: then, with larger ones, most of the epoch is
    left out, and its validation too. At least one batch is still to come.

    Args:
        trainer: which is about to go on
        before: examples in a batch of the run so far
        now: examples in a batch from here on
    """
    if not trainer.fit_loop.restarted_mid_epoch:
        return
    progress = trainer.fit_loop.epoch_loop.batch_progress.current
    seen = progress.ready
    n_batches = min(seen * before // now, trainer.num_training_batches - 1)
    n_batches = max(n_batches, 1)
    for name in ("ready", "started", "processed", "completed"):
        setattr(progress, name, getattr(progress, name) + n_batches - seen)
    loader = trainer.train_dataloader
    if isinstance(loader, ResumableLoader):
        loader.position = {"epoch": loader.epoch, "given": n_batches}


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


def sort_gradients(net: torch.nn.Module) -> None:
    """Have DDP sort the gradients into their final buckets now, not in the first training step.

    DDP begins each start with one bucket for all gradients, and sorts them anew after the first
    backward pass, by the order in which they were ready. The processes' gradients are added up in
    an order that depends on the place in the bucket. So from three processes on (with two, a + b is
    b + a) the first step of a resumed run would be rounded otherwise than the same step of a run
    that was never stopped.
    """
    if not isinstance(net, DistributedDataParallel):
        return
    if net.find_unused_parameters or net.static_graph:
        return
    private_names.prepare_buckets(net)
    trained = [weight for weight in net.parameters() if weight.requires_grad]
    torch.autograd.backward([weight.sum() for weight in trained])
    net.zero_grad()
