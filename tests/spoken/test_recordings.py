"""The recordings: what they are, and which of them train, validate and test."""

import numpy as np
import pytest
import torch

from helpers.spoken.recordings import SPEAKERS, SPOKEN_DIGITS, split


def test_each_speaker_says_each_digit_in_each_take_once(recordings):
    assert len(recordings.samples) == 2700
    assert sum(len(sound) for sound in recordings.samples) == 9_450_470
    said = torch.stack([recordings.speaker, recordings.digit, recordings.take], dim=1)
    assert said.tolist() == [[s, d, t] for s in range(6) for d in range(10) for t in range(45)]
    with np.load(SPOKEN_DIGITS / "recordings.npz") as table:
        assert tuple(table["speakers"]) == SPEAKERS


def test_takes_are_kept_apart(recordings):
    parts = split(recordings)
    takes = [recordings.take[part].unique().tolist() for part in parts]
    assert takes == [list(range(10, 45)), [5, 6, 7, 8, 9], [0, 1, 2, 3, 4]]
    assert torch.cat(parts).sort().values.tolist() == list(range(2700))


@pytest.mark.parametrize("name", SPEAKERS)
def test_speakers_are_kept_apart(recordings, name):
    parts = split(recordings, name)
    speakers = [recordings.speaker[part].unique().tolist() for part in parts]
    assert sorted(sum(speakers, [])) == list(range(6))
    assert [SPEAKERS[n] for n in speakers[2]] == [name]
    assert torch.cat(parts).sort().values.tolist() == list(range(2700))
