"""2,700 recordings of spoken digits: six speakers say each of ten digits 45 times."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch

from helpers import ASSETS, require

SPOKEN_DIGITS = ASSETS / "spoken-digits"
SAMPLE_RATE = 8000  # samples per second
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
TEST_TAKES = range(0, 5)  # the custom of the data set
VALIDATION_TAKES = range(5, 10)


@dataclass(frozen=True)
class Recordings:
    """Recordings, and who said what in each of them.

    Args:
        samples: the sound of each recording, n tensors (length,), float32, -1 to 1, SAMPLE_RATE
        digit: the digit that was said, (n,), int64
        speaker: who said it, (n,), int64, an index into SPEAKERS
        take: which of the speaker's takes of this digit it is, (n,), int64
    """

    samples: list[torch.Tensor]
    digit: torch.Tensor
    speaker: torch.Tensor
    take: torch.Tensor

    def __len__(self) -> int:
        return len(self.samples)

    def find(self, digit: int, speaker: str = "jackson", take: int = 0) -> int:
        """The index of a recording."""
        is_it = self.digit == digit
        is_it &= self.speaker == SPEAKERS.index(speaker)
        is_it &= self.take == take
        return int(is_it.nonzero())


class Split(NamedTuple):
    """Indices of the recordings in each part, (n,), int64."""

    train: torch.Tensor
    validation: torch.Tensor
    test: torch.Tensor


def read_recordings(folder: Path = SPOKEN_DIGITS) -> Recordings:
    """All recordings, in the order of speaker, digit and take.

    Raises:
        InputError: when the sound and the table of the recordings do not belong together
    """
    sound, _ = soundfile.read(folder / "recordings.ogg", dtype="float32")
    with np.load(folder / "recordings.npz") as table:
        lengths = table["length"].tolist()
        digit = torch.from_numpy(table["digit"]).long()
        speaker = torch.from_numpy(table["speaker"]).long()
        take = torch.from_numpy(table["take"]).long()
    n_samples = sum(lengths)
    wrong = f"{folder} holds {len(sound)} samples, but its table counts {n_samples}."
    require(len(sound) == n_samples, wrong)
    samples = torch.from_numpy(sound).split(lengths)
    return Recordings(list(samples), digit, speaker, take)


def split_by_take(recordings: Recordings) -> Split:
    """Takes 0 to 4 of each speaker and digit test, takes 5 to 9 validate, and the others train."""
    is_test = torch.isin(recordings.take, torch.tensor(TEST_TAKES))
    is_validation = torch.isin(recordings.take, torch.tensor(VALIDATION_TAKES))
    return _split(is_validation, is_test)


def split_by_speaker(recordings: Recordings, leave_out: str) -> Split:
    """The speaker `leave_out` tests, the next one in SPEAKERS validates, and the other four train.

    Raises:
        InputError: when `leave_out` is none of the speakers
    """
    check_speaker(leave_out)
    test_speaker = SPEAKERS.index(leave_out)
    validation_speaker = (test_speaker + 1) % len(SPEAKERS)
    is_test = recordings.speaker == test_speaker
    is_validation = recordings.speaker == validation_speaker
    return _split(is_validation, is_test)


def check_speaker(name: str) -> None:
    """Raise InputError, with the names of all speakers, unless it is one of them."""
    require(name in SPEAKERS, f"leave_out is {name!r}: it must be one of {', '.join(SPEAKERS)}.")


def _split(is_validation: torch.Tensor, is_test: torch.Tensor) -> Split:
    is_train = ~(is_validation | is_test)
    return Split(
        train=is_train.nonzero().flatten(),
        validation=is_validation.nonzero().flatten(),
        test=is_test.nonzero().flatten(),
    )
