"""Training by CUDA graphs, as `--model.graph true` asks for: one launch in the place of hundreds."""

from collections.abc import Callable

import torch
from pytorch_lightning import LightningModule

from helpers import require


def by_graph(module: LightningModule) -> Callable:
    """What computes the logits of a SpikingClassifier in training, from images or spikes.

    Forward and backward pass of the network are two CUDA graphs, recorded for the first batch. A graph replays all
    launches of a pass in one. It computes the same, at the same addresses: the next call overwrites what this one gave.
    What is drawn at random stays outside. Raises InputError where that cannot be done.
    """
    net, trainer = module.net, module.trainer
    plain = trainer.world_size == trainer.accumulate_grad_batches == 1
    needs = "it takes an NVIDIA GPU, one process, and an update of the weights in each step: leave it out."
    require(plain and module.device.type == "cuda", f"--model.graph is true: {needs}")
    replay = None

    def logits(x: torch.Tensor) -> torch.Tensor:
        nonlocal replay
        if x.dim() == 4 and module.hparams.encoding != "current":
            x = net.encoder(x, net.seq_length, net.pixels)
        if replay is None:  # a wrapper, as net is to stay as it is; of it the function alone, which has no weights
            replay = torch.cuda.make_graphed_callables(torch.nn.Sequential(net), (x,)).forward
        return module.decoder(replay(x))

    return logits
