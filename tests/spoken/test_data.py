"""The data module of the spoken digits: parts, batches, shards, options."""

from copy import copy
from types import SimpleNamespace

import pytest
import torch

from helpers import InputError
from helpers.spoken.data import SpokenDigits
from helpers.spoken.recordings import SPEAKERS, split


@pytest.fixture
def data(spoken_digits) -> SpokenDigits:
    """A data module of its own, with the parts of the common one."""
    return copy(spoken_digits)


def test_the_parts_hold_what_the_split_says(data, events, recordings):
    for part, chosen in zip((data.train, data.val, data.test), split(recordings)):
        assert torch.equal(part.spikes, events[:, chosen])
        assert torch.equal(part.labels, recordings.digit[chosen])


def test_batches_have_the_example_first_and_are_float(data):
    events, labels = next(iter(data.train_dataloader()))
    assert events.shape == (64, 100, 80) and events.dtype == torch.float32
    assert labels.shape == (64,) and labels.dtype == torch.int64
    one, digit = data.train[5]
    assert one.shape == (100, 80) and torch.equal(one, data.train[[5]][0][0])
    assert digit == data.train.labels[5]


def test_a_speaker_is_left_out(events, recordings):
    data = SpokenDigits(leave_out="yweweler", events=events)
    data.setup()
    assert torch.equal(data.test.spikes, events[:, recordings.speaker == 5])
    assert torch.equal(data.val.spikes, events[:, recordings.speaker == 0])
    assert len(data.train) == 1800


def test_the_last_run_trains_on_validation_examples_but_never_on_the_test(data, events):
    last = SpokenDigits(train_on_validation=True, events=events)
    last.setup()
    assert torch.equal(last.train.spikes, torch.cat([data.train.spikes, data.val.spikes], dim=1))
    assert torch.equal(last.val.spikes, data.val.spikes)
    assert torch.equal(last.test.spikes, data.test.spikes)


def test_processes_share_the_recordings(data):
    """Each is trained on at most once, in batches of one size."""
    trained = []
    for rank in range(7):
        data.trainer = SimpleNamespace(world_size=7, global_rank=rank)
        loader = data.train_dataloader()
        assert all(len(labels) == 64 for _, labels in loader)
        trained += list(loader.sampler)
    assert len(set(trained)) == len(trained) > 2100 - 7


def test_a_wrong_speaker_gets_a_sentence():
    names = ", ".join(SPEAKERS)
    with pytest.raises(InputError, match=f"^leave_out is 'Lucas': it must be one of {names}.$"):
        SpokenDigits(leave_out="Lucas")
