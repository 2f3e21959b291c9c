"""A problem of your own, for the training command. Replace `spikes_of`, `Net` and `Data`.

    python -m helpers.train fit --own my_problem               here, in the folder of this file
    python -m helpers.train fit --own my_problem --resume      goes on with the newest run
    python -m helpers.train fit --own my_problem --help        your options among those of fit
    sbatch .../helpers/cluster/train.sbatch --own=my_problem   on a cluster: ... is the course

This one is XOR in time: two spike trains go in, one decision comes out.
"""

import torch

from helpers.classifier import SpikingClassifier
from helpers.loader import LoaderDataModule, Sequences
from helpers.network import Decoding
from helpers.neuron import LI, LIF

SEQ_LENGTH = 40  # time steps of 1 ms
N_CLASSES = 2


def spikes_of(bits: torch.Tensor, jitter: torch.Tensor) -> torch.Tensor:
    """Return spike trains of 40 ms, (seq_length, batch, 2): three spikes each, 5 ms apart.

    They come early for 0 and late for 1.

    bits: (batch, 2), 0 or 1
    jitter: (batch, 2), whole ms from 0 to 4; the first spike comes in step jitter + 20 * bit
    """
    steps = jitter + 20 * bits + torch.tensor([0, 5, 10])[:, None, None]
    return torch.zeros(SEQ_LENGTH, *bits.shape).scatter_(0, steps, 1.0)


class Net(torch.nn.Module):
    """LIF neurons and a leaky readout.

    Spikes (seq_length, batch, 2) go in, voltages (seq_length, batch, 2) come out.
    """

    def __init__(self, n_hidden: int = 30):
        super().__init__()
        self.hidden = torch.nn.Linear(2, n_hidden)
        self.lif = LIF(alpha=5.0)
        self.out = torch.nn.Linear(n_hidden, N_CLASSES)
        self.readout = LI()

    def forward(self, x):
        z, _ = self.lif(self.hidden(x))
        v, _ = self.readout(self.out(z))
        return v


class Data(LoaderDataModule):
    """Sequences with labels, for training, validation and test.

    Args:
        batch_size: sequences in a batch of one process
        n_train: training sequences
        seed: of the random numbers in the data
    """

    def __init__(self, batch_size: int = 64, n_train: int = 4096, seed: int = 0):
        super().__init__(batch_size=batch_size, seed=seed)
        self.n_train = n_train

    def setup(self, stage: str | None = None) -> None:
        generator = torch.Generator().manual_seed(self.seed)
        self.train = self.draw(self.n_train, generator)
        self.val = self.draw(1000, generator)
        self.test = self.draw(1000, generator)

    def draw(self, n: int, generator: torch.Generator) -> Sequences:
        bits = torch.randint(2, (n, 2), generator=generator)
        jitter = torch.randint(5, (n, 2), generator=generator)
        labels = bits[:, 0] ^ bits[:, 1]
        return Sequences(spikes_of(bits, jitter), labels)


class Model(SpikingClassifier):
    """Trains Net. Loss, spike rates, schedule and averaged weights are SpikingClassifier's.

    Args:
        n_hidden: neurons of the hidden layer
        decode: how the readout's voltage becomes one logit a class
        learning_rate: the highest one of the schedule
        options: the others of SpikingClassifier
    """

    def __init__(
        self,
        n_hidden: int = 30,
        decode: Decoding = "mean",
        learning_rate: float = 3e-2,
        **options,
    ):
        super().__init__(Net(n_hidden), decode, learning_rate, **options)
