"""What every network gets from the classifier: seeds that are independent, and sentences."""

import random

import numpy as np
import pytest
import torch

from helpers import InputError
from helpers.classifier import SpikingClassifier
from helpers.network import record_spikes
from helpers.neuron import LIF
from helpers.run.exact import TEST, TRAIN, VAL, seed


def drawn(run: int, stage: int, number: int, rank: int, monkeypatch) -> tuple:
    """The first random numbers of a batch."""
    monkeypatch.setenv("PL_GLOBAL_SEED", str(run))
    with torch.random.fork_rng(devices=[]):
        seed(stage, number, rank)
        return tuple([*torch.rand(2).tolist(), np.random.rand(), random.random()])


def test_no_two_batches_draw_the_same_random_numbers(monkeypatch):
    """Of several seeds, stages, batches and processes."""
    places = [
        (run, stage, number, rank)
        for run in range(3)
        for stage in (TRAIN, VAL, TEST)
        for number in range(5)
        for rank in range(4)
    ]
    for numbers in zip(*(drawn(*place, monkeypatch) for place in places), strict=True):
        assert len({*numbers}) == len(places)
    one_by_one = [drawn(1, TRAIN, number, 0, monkeypatch) for number in range(5)]
    moved = [drawn(0, TRAIN, number + 1, 0, monkeypatch) for number in range(5)]
    assert not set(one_by_one) & set(moved)


def test_one_layer_of_neurons_may_serve_in_places_of_different_sizes():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lif = LIF()

        def forward(self, x):
            z, _ = self.lif(x)
            return self.lif(z[..., :2])[0]

    result, spikes = record_spikes(Net(), 5 * torch.ones(6, 3, 4))
    assert result.shape == (6, 3, 2) and spikes["lif"].shape == (6 * 3 * (4 + 2),)


def test_a_checkpoint_is_loaded_by_the_class_that_trained_it(tmp_path):
    with pytest.raises(InputError, match="load this by the class that trained it"):
        SpikingClassifier.load_from_checkpoint(tmp_path / "best.ckpt")
