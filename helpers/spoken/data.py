"""Spoken digits as spikes: the data modules."""

from pathlib import Path
from typing import Literal

import torch

from helpers import choose, require
from helpers.loader import LoaderDataModule, Sequences
from helpers.spoken import ear, shd
from helpers.spoken.recordings import SPEAKERS, read_recordings, split

LeaveOut = Literal[("", *SPEAKERS)]
SOUNDS = {  # for each data set its channels, its classes and its time step, s
    "spoken": (ear.N_CHANNELS, 10, ear.STEP_SECONDS),
    "SHD": (shd.N_CHANNELS, shd.N_CLASSES, shd.STEP_SECONDS),
}
SoundName = Literal[tuple(SOUNDS)]


class SpokenDigits(LoaderDataModule):
    """Train, validation and test loaders for spoken digits, the same in one process and in many.

    Batches are numbers of events (batch, 100, 80), float32, 0 to 3, and digits (batch,), int64. A
    time step is 8 ms. `helpers.spoken.ear` says what the channels are.

    Takes 0 to 4 of each speaker and digit test, takes 5 to 9 validate, and the others train. If a
    speaker is left out, all takes of this speaker test. All takes of the next speaker validate, and
    those of the other four train.

    Args:
        batch_size: recordings in a batch of one process
        leave_out: the speaker who tests; "" splits by take
        train_on_validation: train on the validation examples as well. That is for the last run,
            after all settings are chosen: its validation scores say nothing about new recordings
        seed: of the order of the recordings, which differs in each epoch
        events: what an ear of your own sends for all recordings, (seq_length, n, n_channels), int8
        parts: indices of the recordings to train on, to validate and to test, in place of a split
            by take or speaker

    Raises:
        InputError: when an argument is not allowed
    """

    def __init__(
        self,
        batch_size: int = 64,
        leave_out: LeaveOut = "",
        train_on_validation: bool = False,
        seed: int = 0,
        events: torch.Tensor | None = None,
        parts: tuple[torch.Tensor, ...] | None = None,
    ):
        super().__init__(batch_size, seed=seed)
        if leave_out:
            choose(dict.fromkeys(SPEAKERS), leave_out, "leave_out")
        self.events = events
        self.parts = parts
        self.leave_out = leave_out
        self.train_on_validation = train_on_validation

    def setup(self, stage: str | None = None) -> None:
        """Hear all recordings, in about a second: self.train, self.val, self.test are Sequences."""
        recordings = read_recordings()
        train, validation, test = self.parts or split(recordings, self.leave_out)
        require(
            not torch.isin(train, test).any(),
            "parts: some recordings train, and test as well.",
        )
        if self.train_on_validation:
            train = torch.cat([train, validation])
        if self.events is None:
            self.events = ear.hear(recordings.samples)
        n = self.events.shape[1]
        require(
            n == len(recordings.digit),
            f"events are of {n} recordings: they must be of all {len(recordings.digit)}.",
        )
        self.train, self.val, self.test = (
            Sequences(self.events[:, part], recordings.digit[part])
            for part in (train, validation, test)
        )


class Data(SpokenDigits):
    """Spoken digits as spikes: 2,700 recordings of the course, or the Heidelberg digits.

    Args:
        name: "spoken" for the recordings that come with the course; "SHD" for the Spiking
            Heidelberg Digits, if you have their files: batches are then numbers of spikes
            (batch, 100, 700), in time steps of 14 ms
        root: folder of shd_train.h5 and shd_test.h5
        batch_size: recordings in a batch of one process
        leave_out: of the spoken digits, the speaker who tests; "" splits by take
        train_on_validation: of the spoken digits, train on the validation examples as well, once
            all settings are chosen
        seed: of the order of the recordings, which differs in each epoch, and of the choice of the
            Heidelberg digits that validate

    Raises:
        InputError: when an argument is not allowed or the data cannot be had
    """

    def __init__(
        self,
        name: SoundName = "spoken",
        root: str = "data/SHD",
        batch_size: int = 32,
        leave_out: LeaveOut = "",
        train_on_validation: bool = False,
        seed: int = 0,
    ):
        super().__init__(batch_size, leave_out, train_on_validation, seed)
        choose(SOUNDS, name, "data name")
        require(
            name == "spoken" or not (leave_out or train_on_validation),
            "leave_out and train_on_validation are for the spoken digits, not for SHD.",
        )
        self.name = name
        self.folder = Path(root).expanduser()

    def setup(self, stage: str | None = None) -> None:
        """Read all into memory: self.train, self.val and self.test."""
        if self.name == "SHD":
            self.train, self.val, self.test = shd.read_parts(self.folder, self.seed)
        else:
            super().setup(stage)
