"""Training by CUDA graphs, as `--model.graph true` asks for: one launch instead of hundreds."""

from collections.abc import Callable

import torch
from pytorch_lightning import LightningModule

from helpers import require


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
