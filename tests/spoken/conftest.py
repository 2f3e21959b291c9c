"""The recordings, which several test files read."""

import pytest
import torch

from helpers.spoken.ear import hear
from helpers.spoken.recordings import Recordings, read_recordings
from helpers.spoken.spoken import SpokenDigits


@pytest.fixture(scope="session")
def recordings() -> Recordings:
    """All 2,700 recordings."""
    return read_recordings()


@pytest.fixture(scope="session")
def events(recordings) -> torch.Tensor:
    """What the ear sends for all recordings, (100, 2700, 80)."""
    return hear(recordings.samples)


@pytest.fixture(scope="session")
def spoken_digits() -> SpokenDigits:
    """The data module, read into memory."""
    data = SpokenDigits()
    data.setup()
    return data
