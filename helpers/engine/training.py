"""What a training needs to go on exactly, to end well and to be fast.

Exactly: the next batch, and the same random numbers. Well: averages of the weights. Fast: CUDA
graphs, as `--model.graph true` asks for.
"""

import os
from collections.abc import Callable
from typing import get_args

import numpy as np
import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import WeightAveraging
from torch.optim.swa_utils import get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from helpers import require
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


class AverageWeights(WeightAveraging):
    """Validates, tests and keeps an average in which each step counts less with every later one.

    At step n, the average so far counts (n + 1) / (n + 10), and at most 0.998. The optimiser has
    weights of its own.
    """

    def __init__(self):
        super().__init__(multi_avg_fn=_average)

    def setup(self, trainer, module, stage):
        private_names.average_on(self, trainer.strategy.root_device)
        super().setup(trainer, module, stage)
        if stage == "fit":
            private_names.count_averages_on_cpu(self)

    def on_load_checkpoint(self, trainer, module, checkpoint):
        if trainer.state.fn == "fit":  # else the average is what is asked for
            super().on_load_checkpoint(trainer, module, checkpoint)


def _average(averages, weights, n):
    decay = min(0.998, (n.item() + 1) / (n.item() + 10))
    get_ema_multi_avg_fn(decay)(averages, weights, n)


def by_graph(module: LightningModule) -> Callable:
    """Return what computes the logits of a SpikingClassifier in training.

    Forward and backward pass of the network are two CUDA graphs, recorded for the first batch. A
    graph replays all launches of a pass in one. It computes the same, at the same addresses: the
    next call overwrites the results of this one. What is drawn at random stays outside.

    Raises:
        InputError: where that cannot be done
    """
    trainer = module.trainer
    require(
        trainer.world_size == trainer.accumulate_grad_batches == 1 and module.device.type == "cuda",
        "--model.graph is true: it takes an NVIDIA GPU, one process, and an update of the weights "
        "in each step: leave it out.",
    )
    replay = None

    def logits(x: torch.Tensor) -> torch.Tensor:
        nonlocal replay
        x = module.to_sequence(x)
        if replay is None:
            # make_graphed_callables changes its argument: so it gets a wrapper of the net. Only the
            # function is kept, or its weights would be registered a second time.
            wrapper = torch.nn.Sequential(module.net)
            replay = torch.cuda.make_graphed_callables(wrapper, (x,)).forward
        return module.to_logits(replay(x))

    return logits
