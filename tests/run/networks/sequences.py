"""Spikes in 80 channels over 80 ms: those of the lower half come first, or last.

A sequence of one class, played backwards, is one of the other: counts over time tell nothing. The
network is made of Norse's cells, step by step.
"""

import norse.torch as norse
import torch

from helpers.classifier import SpikingClassifier
from helpers.loader import LoaderDataModule, Sequences

SEQ_LENGTH = 80
N_CHANNELS = 80


def sequences(n: int, generator: torch.Generator) -> Sequences:
    is_backwards = torch.randint(2, (n,), generator=generator)
    rate = torch.full((SEQ_LENGTH, n, N_CHANNELS), 0.02)
    rate[: SEQ_LENGTH // 2, :, : N_CHANNELS // 2] = 0.2
    rate[SEQ_LENGTH // 2 :, :, N_CHANNELS // 2 :] = 0.2
    spikes = torch.bernoulli(rate, generator=generator)
    spikes[:, is_backwards == 1] = spikes[:, is_backwards == 1].flip(0)
    return Sequences(spikes, is_backwards)


class Data(LoaderDataModule):
    def setup(self, stage: str | None = None) -> None:
        generator = torch.Generator().manual_seed(self.seed)
        self.train = sequences(384, generator)
        self.val = sequences(64, generator)
        self.test = sequences(200, generator)


class Net(torch.nn.Module):
    def __init__(self, n_hidden: int):
        super().__init__()
        self.cells = norse.SequentialState(
            torch.nn.Linear(N_CHANNELS, n_hidden),
            norse.LIFCell(),
            torch.nn.Linear(n_hidden, 2),
            norse.LICell(),
        )

    def forward(self, x):
        state = None
        voltages = []
        for x_t in x:
            v, state = self.cells(x_t, state)
            voltages.append(v)
        return torch.stack(voltages)


class Model(SpikingClassifier):
    """Trains Net.

    Args:
        n_hidden: neurons of the hidden layer
    """

    def __init__(self, n_hidden: int = 40, **options):
        super().__init__(Net(n_hidden), **options)
