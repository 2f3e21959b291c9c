"""2,700 recordings of spoken digits: six speakers say each of ten digits 45 times."""

from typing import NamedTuple

import numpy as np
import soundfile
import torch
from torch import Tensor

from helpers import ASSETS, require

SPOKEN_DIGITS = ASSETS / "spoken-digits"
SAMPLE_RATE = 8000  # samples per second
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")


class Recordings(NamedTuple):
    """Recordings, and who said what in each of them.

    Args:
        samples: the sound of each recording, n tensors (length,), float32, -1 to 1, SAMPLE_RATE
        digit: the digit that was said, (n,), int64
        speaker: who said it, (n,), int64, an index into SPEAKERS
        take: which of the speaker's takes of this digit it is, (n,), int64
    """

    samples: list[Tensor]
    digit: Tensor
    speaker: Tensor
    take: Tensor

    def find(self, digit: int) -> int:
        """The index of the recording that shows a digit: the first take of jackson."""
        is_speaker = self.speaker == SPEAKERS.index("jackson")
        return int((is_speaker & (self.digit == digit) & (self.take == 0)).nonzero())


def read_recordings() -> Recordings:
    """All recordings, in the order of speaker, digit and take.

    Raises:
        InputError: when the sound and the table of the recordings do not belong together
    """
    sound, _ = soundfile.read(SPOKEN_DIGITS / "recordings.ogg", dtype="float32")
    with np.load(SPOKEN_DIGITS / "recordings.npz") as table:
        lengths = table["length"].tolist()
        columns = {
            name: torch.from_numpy(table[name]).long() for name in ("digit", "speaker", "take")
        }
    require(
        len(sound) == sum(lengths),
        f"{SPOKEN_DIGITS} holds {len(sound)} samples, but its table counts {sum(lengths)}.",
    )
    return Recordings(list(torch.from_numpy(sound).split(lengths)), **columns)


def split(recordings: Recordings, leave_out: str = "") -> tuple[Tensor, ...]:
    """Takes 0 to 4 of each speaker and digit test, takes 5 to 9 validate, and the others train.

    If a speaker is left out, this one tests, the next one in SPEAKERS validates, and the other four
    train. Returns indices of the recordings to train on, to validate and to test, each (n,), int64.
    """
    if leave_out:
        place = (recordings.speaker - SPEAKERS.index(leave_out)) % len(SPEAKERS)
    else:
        place = recordings.take // 5  # the custom of the data set
    # 0 tests, 1 validates, the others train
    return tuple(part.nonzero().flatten() for part in (place > 1, place == 1, place == 0))
