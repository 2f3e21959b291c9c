"""A bar that moves right or left, as an event camera of 34 x 34 pixels sees it, in 20 ms.

A recording of one class, played backwards, is one of the other: counts over time tell nothing.
"""

import torch

from helpers.classifier import SpikingClassifier
from helpers.loader import LoaderDataModule, Sequences
from helpers.network import over_time
from helpers.neuron import LI, LIF

SEQ_LENGTH = 20
SIZE = 34


def recordings(n: int, generator: torch.Generator) -> Sequences:
    moves_left = torch.randint(2, (n,), generator=generator)
    rows = torch.randint(6, SIZE - 6, (n,), generator=generator)
    events = torch.zeros(SEQ_LENGTH, n, 2, SIZE, SIZE, dtype=torch.uint8)
    for example in range(n):
        for t in range(SEQ_LENGTH):
            place = t if moves_left[example] == 0 else SEQ_LENGTH - 1 - t
            top = rows[example] - 3
            for polarity in (0, 1):
                events[t, example, polarity, top : top + 6, 7 + place] = 1
    return Sequences(events, moves_left)


class Data(LoaderDataModule):
    def setup(self, stage: str | None = None) -> None:
        generator = torch.Generator().manual_seed(self.seed)
        self.train = recordings(256, generator)
        self.val = recordings(64, generator)
        self.test = recordings(200, generator)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 8, 5, stride=3)
        self.seeing = LIF(alpha=5.0)
        self.hidden = torch.nn.Linear(8 * 10 * 10, 40)
        self.thinking = LIF(alpha=5.0)
        self.out = torch.nn.Linear(40, 2)
        self.readout = LI()
        with torch.no_grad():
            self.conv.weight *= 4
            self.hidden.weight *= 8

    def forward(self, x):
        z, _ = self.seeing(over_time(self.conv, x))
        z, _ = self.thinking(self.hidden(z.flatten(2)))
        v, _ = self.readout(self.out(z))
        return v


class Model(SpikingClassifier):
    def __init__(self, learning_rate: float = 1e-2, **options):
        super().__init__(Net(), learning_rate=learning_rate, **options)
