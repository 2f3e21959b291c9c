"""A task of Norse's in which a bit has to be remembered, as sequences with labels."""

import torch
from norse.dataset.memory import MemoryStoreRecallDataset

from helpers.loader import Sequences


def store_recall(n: int) -> Sequences:
    """Draw random sequences of the store-recall task: a bit is stored, and recalled later.

    Five neurons each stand for "the bit is 0", "the bit is 1", "store" and "recall". The spikes are
    (60, n, 20): six periods of ten time steps. The label is the bit to be recalled.
    """
    task = MemoryStoreRecallDataset(
        n, seq_length=10, seq_periods=6, seq_repetitions=1, population_size=5, poisson_rate=500
    )
    spikes, labels = zip(*(task[k] for k in range(n)))
    # labels: for each period a 1 at the bit, or 0 where nothing is asked
    bits = torch.stack(labels).sum(1).argmax(1)
    return Sequences(torch.stack(spikes, dim=1).float(), bits)
