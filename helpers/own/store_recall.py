"""The store-recall task: a bit has to be remembered from one command to another."""

import torch
from norse.dataset.memory import MemoryStoreRecallDataset

from helpers.own.sequences import Sequences

PERIODS, STEPS, POPULATION = 6, 10, 5  # periods of a sequence, time steps of a period, neurons for each line of input


def store_recall(n: int) -> Sequences:
    """Random sequences of Norse's task: spikes (60, n, 20) and the bit to be recalled (n,).

    Five neurons each stand for "the bit is 0", "the bit is 1", "store" and "recall".
    """
    periods = {"seq_length": STEPS, "seq_periods": PERIODS, "seq_repetitions": 1}
    task = MemoryStoreRecallDataset(n, **periods, population_size=POPULATION, poisson_rate=500)
    spikes, labels = zip(*(task[k] for k in range(n)))
    bit = torch.stack(labels).sum(1).argmax(1)  # labels: for each period a 1 at the bit, or 0 where nothing is asked
    return Sequences(torch.stack(spikes, dim=1).float(), bit)
