"""Spikes and labels in memory, for your own data module."""

import torch
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
