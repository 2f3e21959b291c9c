"""What every network gets from the classifier: seeds that are independent, and sentences."""

from types import SimpleNamespace

import pytest
import torch

from helpers import InputError
from helpers.classifier import SpikingClassifier
from helpers.engine.exact_restart import batch_seed, seed_batch
from helpers.network import record_spikes
from helpers.neuron import LIF


def drawn(seed: int, stage: str, number: int, rank: int, world_size: int, monkeypatch) -> tuple:
    """The first random numbers of a batch."""
    monkeypatch.setenv("PL_GLOBAL_SEED", str(seed))
    trainer = SimpleNamespace(global_rank=rank, world_size=world_size)
    with torch.random.fork_rng(devices=[]):
        seed_batch(trainer, stage, number)
        return tuple(torch.rand(2).tolist())


def test_no_two_batches_draw_the_same_random_numbers(monkeypatch):
    """Of several seeds, stages, batches, processes and numbers of processes."""
    places = [
        (seed, stage, number, rank)
        for seed in range(3)
        for stage in ("train", "val", "test")
        for number in range(20)
        for rank in range(4)
    ]
    assert len({drawn(*place, 4, monkeypatch) for place in places}) == len(places)
    one_by_one = [drawn(1, "train", number, 0, 1, monkeypatch) for number in range(20)]
    moved = [drawn(0, "train", number + 1, 0, 1, monkeypatch) for number in range(20)]
    assert not set(one_by_one) & set(moved)


def test_a_batch_draws_the_same_random_numbers_each_time(monkeypatch):
    place = (7, "train", 1234, 2)
    assert drawn(*place, 4, monkeypatch) == drawn(*place, 4, monkeypatch)
    assert batch_seed(*place) == batch_seed(*place) < 2**64


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
