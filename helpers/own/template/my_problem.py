"""A problem of your own, for the training command. Replace `spikes_of`, `Net` and `Data`, and keep the rest.

    python -m helpers.train fit --own my_problem                 here, in the folder of this file
    python -m helpers.train fit --own my_problem --resume        goes on with the newest run
    sbatch .../helpers/cluster/train.sbatch --own=my_problem     on a cluster: ... is the folder of the course

This one is XOR in time: two spike trains go in, one decision comes out.
"""

import pytorch_lightning as pl
import torch

from helpers.cluster.resuming import seed_batch
from helpers.data import LoaderDataModule
from helpers.neuron import LI, LIF
from helpers.own.sequences import Sequences
from helpers.scores import log_scores

SEQ_LENGTH, N_CLASSES = 40, 2


def spikes_of(bits: torch.Tensor, jitter: torch.Tensor) -> torch.Tensor:
    """Spike trains of 40 ms, (seq_length, batch, 2). Each has three spikes, 5 ms apart, early for 0 and late for 1.

    bits: (batch, 2), 0 or 1
    jitter: (batch, 2), whole ms from 0 to 4; the first spike comes in step jitter + 20 * bit
    """
    steps = jitter + 20 * bits + torch.tensor([0, 5, 10])[:, None, None]
    return torch.zeros(SEQ_LENGTH, *bits.shape).scatter_(0, steps, 1.0)


class Net(torch.nn.Module):
    """LIF neurons and a leaky readout. Spikes (seq_length, batch, 2) go in, logits (batch, 2) come out."""

    def __init__(self, n_hidden: int = 30):
        super().__init__()
        self.hidden, self.lif = torch.nn.Linear(2, n_hidden), LIF(alpha=5.0)
        self.out, self.readout = torch.nn.Linear(n_hidden, N_CLASSES), LI()

    def forward(self, x):
        z, _ = self.lif(self.hidden(x))
        v, _ = self.readout(self.out(z))
        return v.mean(0)


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
        chance = torch.Generator().manual_seed(self.seed)
        self.train, self.val, self.test = [self.draw(n, chance) for n in (self.n_train, 1000, 1000)]

    def draw(self, n: int, chance: torch.Generator) -> Sequences:
        bits = torch.randint(2, (n, 2), generator=chance)
        jitter = torch.randint(5, (n, 2), generator=chance)
        return Sequences(spikes_of(bits, jitter), bits[:, 0] ^ bits[:, 1])


class Model(pl.LightningModule):
    """Trains Net.

    Args:
        n_hidden: neurons of the hidden layer
        learning_rate: of Adam
    """

    def __init__(self, n_hidden: int = 30, learning_rate: float = 3e-2):
        super().__init__()
        self.save_hyperparameters()
        self.net = Net(n_hidden)

    def forward(self, x):
        return self.net(x.transpose(0, 1))  # a loader returns (batch, seq_length, ...), the network takes time first

    def on_train_batch_start(self, batch, batch_idx):
        seed_batch(self.trainer, self.trainer.fit_loop.total_batch_idx)  # makes --resume exact, with dropout too

    def training_step(self, batch, batch_idx):
        x, labels = batch
        return log_scores(self, "train", self(x), labels)

    def validation_step(self, batch, batch_idx):
        x, labels = batch
        log_scores(self, "val", self(x), labels)

    def test_step(self, batch, batch_idx):
        x, labels = batch
        log_scores(self, "test", self(x), labels)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.learning_rate)
