"""Spoken digits for the training command: `python -m helpers.train fit --own spoken`."""

from pathlib import Path
from typing import Literal

from torch import Tensor, nn

from helpers import choose, require
from helpers.classifier import SpikingClassifier
from helpers.network import Decoding
from helpers.spoken import ear, shd
from helpers.spoken.augmentation import augment, move_at_random
from helpers.spoken.spoken import LeaveOut, SpokenDigits
from helpers.spoken.spoken_net import SpokenNet

SOUNDS = {  # for each data set its channels, its classes and its time step, s
    "spoken": (ear.N_CHANNELS, 10, ear.STEP_SECONDS),
    "SHD": (shd.N_CHANNELS, shd.N_CLASSES, shd.STEP_SECONDS),
}
SoundName = Literal[tuple(SOUNDS)]


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


class Listener(SpikingClassifier):
    """Trains a network on sounds. Each recording is stretched, moved and partly silenced.

    How it trains, what it logs and what it keeps is SpikingClassifier's.

    Args:
        net: takes events (seq_length, batch, n_channels)
        learning_rate: the highest one; it rises over the first tenth of the steps, then falls along
            a cosine to 0
        decode: how the readout voltage becomes one logit a class
        label_smoothing: how much of the probability training asks for goes to all classes alike
        distort: change the training recordings
        options: the others of SpikingClassifier
    """

    def __init__(
        self,
        net: nn.Module,
        learning_rate: float = 2e-2,
        decode: Decoding = "mean",
        label_smoothing: float = 0.05,
        distort: bool = True,
        **options,
    ):
        super().__init__(net, decode, learning_rate, label_smoothing=label_smoothing, **options)
        self.distort = distort

    def augment(self, x: Tensor) -> Tensor:
        """Change a batch of events (batch, seq_length, n_channels), each example in another way."""
        if not self.distort:
            return x
        if x.shape[2] == shd.N_CHANNELS:  # they are not pairs of up and down
            return move_at_random(x)
        return augment(x)


class Model(Listener):
    """Trains a SpokenNet on sounds.

    Args:
        n_hidden: recurrent neurons
        recurrent: whether the neurons hear each other
        learn_time: whether their time constants are learned, one pair for each neuron
        alpha: steepness of the surrogate gradient
        dropout: share of the neurons that the readout does not hear in training
        delay: time steps until a spike reaches the other neurons; at 10, it takes 80 ms (SHD: 140)
        data: the data set, which has its numbers of channels and of classes, and its time step
        options: the others of Listener
    """

    def __init__(
        self,
        n_hidden: int = 256,
        recurrent: bool = True,
        learn_time: bool = True,
        alpha: float = 5.0,
        dropout: float = 0.2,
        delay: int = 1,
        data: SoundName = "spoken",
        **options,
    ):
        n_inputs, n_classes, dt = choose(SOUNDS, data, "data")
        net = SpokenNet(
            n_inputs, n_hidden, n_classes, recurrent, learn_time, alpha, dropout, delay, dt
        )
        super().__init__(net, **options)
