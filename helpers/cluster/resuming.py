"""What a run that was stopped takes to go on exactly: the very next batch, the same random numbers, the same sums."""

import os

import torch
from pytorch_lightning import Trainer
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader


class ResumableLoader(DataLoader):
    """A DataLoader that knows how many batches of the epoch it has given, and can go on from there."""

    epoch = given = skip = 0

    def __iter__(self):
        # A generator starts at the first next(), when Lightning has told the sampler its epoch. A checkpoint written at
        # the end of an epoch must not make the next one shorter.
        epoch = getattr(self.sampler, "epoch", 0)
        first = self.skip if epoch == self.epoch else 0
        self.epoch, self.skip = epoch, 0
        for self.given, batch in enumerate(super().__iter__(), start=1):
            if self.given > first:
                yield batch

    @property
    def position(self) -> dict[str, int]:
        return {"epoch": self.epoch, "given": self.given % len(self)}

    @position.setter
    def position(self, position: dict[str, int]) -> None:
        self.epoch = position["epoch"]
        self.skip = self.given = position["given"]


def seed_batch(trainer: Trainer, number: int) -> None:
    """Draw the same random numbers for the same batch, so that a resumed run equals one that was never stopped."""
    seed = int(os.environ.get("PL_GLOBAL_SEED", 0))  # of seed_everything
    torch.manual_seed(seed + number * trainer.world_size + trainer.global_rank)


def sort_gradients(net: torch.nn.Module) -> None:
    """Have DDP sort the gradients into their final buckets now, and not in the first training step.

    DDP begins each start with one bucket for all gradients, and sorts them anew after the first backward pass, by the
    order in which they were ready. The processes' gradients are added up in an order that depends on the place in the
    bucket. So from three processes on (with two, a + b is b + a) the first step of a resumed run would be rounded
    otherwise than the same step of a run that was never stopped.
    """
    if isinstance(net, DistributedDataParallel) and not net.find_unused_parameters and not net.static_graph:
        net.reducer.prepare_for_backward([])
        torch.autograd.backward([weight.sum() for weight in net.parameters() if weight.requires_grad])
        net.zero_grad()
