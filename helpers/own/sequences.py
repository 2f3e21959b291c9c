"""Spikes and labels in memory, for your own data module; and a task of Norse's in this form."""

import torch
from norse.dataset.memory import MemoryStoreRecallDataset
from torch.utils.data import Dataset

from helpers import require


class Sequences(Dataset):
    """Spikes and labels in memory. A loader reads them with the batch first, and the network puts time first again.

    Args:
        spikes: (seq_length, n, ...), a float or a small integer type
        labels: (n,), int64
    """

    def __init__(self, spikes: torch.Tensor, labels: torch.Tensor):
        require(spikes.dim() >= 3, f"spikes are shaped {tuple(spikes.shape)}: they should be (seq_length, n, ...).")
        n = spikes.shape[1]
        require(len(labels) == n, f"there are {n} sequences (the second axis of spikes), but {len(labels)} labels.")
        self.spikes, self.labels = spikes, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        """For a list of indices: a batch (batch, seq_length, ...), float32, and its labels (batch,)."""
        spikes = self.spikes[:, index]
        return (spikes if isinstance(index, int) else spikes.transpose(0, 1)).float(), self.labels[index]

    __getitems__ = __getitem__  # the DataLoader asks for whole batches by this name


def store_recall(n: int) -> Sequences:
    """Random sequences of Norse's store-recall task: a bit has to be remembered from one command to another.

    Five neurons each stand for "the bit is 0", "the bit is 1", "store" and "recall". Spikes (60, n, 20), six periods of
    ten time steps; the label is the bit to be recalled.
    """
    periods = {"seq_length": 10, "seq_periods": 6, "seq_repetitions": 1}
    task = MemoryStoreRecallDataset(n, **periods, population_size=5, poisson_rate=500)
    spikes, labels = zip(*(task[k] for k in range(n)))
    bit = torch.stack(labels).sum(1).argmax(1)  # labels: for each period a 1 at the bit, or 0 where nothing is asked
    return Sequences(torch.stack(spikes, dim=1).float(), bit)
