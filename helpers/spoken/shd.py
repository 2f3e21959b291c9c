"""The Spiking Heidelberg Digits, for whoever has them: 10,420 spoken digits, English and German.

They were recorded from twelve speakers, and turned into spikes by a model of the inner ear (Cramer,
Stradmann, Schemmel and Zenke 2022, doi:10.1109/TNNLS.2020.3044364). The files are at
https://zenkelab.org/datasets: shd_train.h5.gz and shd_test.h5.gz, which have to be unpacked.
"""

import random
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset, Subset

from helpers import InputError, require
from helpers.loader import Sequences

N_CHANNELS = 700
N_CLASSES = 20  # 0 to 9 in English, then in German
DURATION = 1.4  # s of each recording are counted, as is common for this data set
LONGEST = 10  # s: what comes later was not measured in seconds
SEQ_LENGTH = 100  # time steps in which they are counted
STEP_SECONDS = DURATION / SEQ_LENGTH  # 14 ms
MOST = 127  # spikes of one channel in one time step: they are kept as int8


def read_parts(folder: Path, seed: int) -> tuple[Dataset, ...]:
    """Read into memory, 730 MB, what trains, validates and tests.

    Examples are numbers of spikes (seq_length, 700), float32, and a label. One speaker of
    shd_train.h5 validates, the others train, and shd_test.h5 tests: two of its speakers are in no
    other part. (Untried with the real files.)

    Args:
        folder: of shd_train.h5 and shd_test.h5
        seed: of the choice of the speaker who validates

    Raises:
        InputError: when a file is missing, or holds something else
    """
    path = folder / "shd_train.h5"
    *data, speakers = read_shd(path)
    voices = speakers.unique().tolist()
    require(len(voices) > 1, f"{path} has one speaker: one has to validate, and others train.")
    validates = speakers == random.Random(seed).choice(voices)
    train, validation = (
        Subset(Sequences(*data), part.nonzero().flatten().tolist())
        for part in (~validates, validates)
    )
    *data, _ = read_shd(folder / "shd_test.h5")
    return train, validation, Sequences(*data)


def read_shd(path: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What a file holds: numbers of spikes, (SEQ_LENGTH, n, 700), int8; labels and speakers, (n,).

    Spikes after 1.4 s are left out.

    Raises:
        InputError: when the file is missing, or holds something else
    """
    lists_of_times, lists_of_units, labels, speakers = _read_lists(path)
    counts = torch.zeros(SEQ_LENGTH, len(labels), N_CHANNELS, dtype=torch.int8)
    for example, (times, units) in enumerate(zip(lists_of_times, lists_of_units)):
        where = f"recording {example} of {path}"
        require(
            len(times) == len(units),
            f"{where} has {len(times)} times, but {len(units)} units.",
        )
        is_time = (times >= 0) & (times < LONGEST)
        require(is_time.all(), f"{where} has times that are not seconds, 0 to {LONGEST}.")
        _require_whole(units, N_CHANNELS, f"{where} has units")
        step = (times.astype(np.float64) * (SEQ_LENGTH / DURATION)).astype(np.int64)
        place = (step * N_CHANNELS + units.astype(np.int64))[step < SEQ_LENGTH]
        count = np.bincount(place, minlength=SEQ_LENGTH * N_CHANNELS).clip(max=MOST)
        counts[:, example] = torch.from_numpy(count).view(SEQ_LENGTH, N_CHANNELS)
    return counts, torch.from_numpy(labels), torch.from_numpy(speakers)


def _read_lists(path: Path) -> tuple:
    """For each recording the times of its spikes, in s, their channels, its label and speaker."""
    try:
        import h5py
    except ImportError:
        raise InputError("SHD takes h5py: install it with pip install h5py.") from None
    require(
        path.is_file(),
        f"{path} is missing: unpack {path.name}.gz of https://zenkelab.org/datasets there.",
    )
    try:
        with h5py.File(path) as file:
            times = list(file["spikes/times"])
            units = list(file["spikes/units"])
            labels = np.ravel(file["labels"]).astype(np.float64)
            speakers = np.ravel(file["extra/speaker"]).astype(np.int64)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} cannot be read as SHD ({error}).") from None
    require(
        len(times) == len(units) == labels.size == speakers.size > 0,
        f"{path} holds {len(times)} lists of times, {len(units)} of units, {labels.size} labels "
        f"and {speakers.size} speakers: it must hold as many of each.",
    )
    _require_whole(labels, N_CLASSES, f"{path} has labels")
    return times, units, labels.astype(np.int64), speakers


def _require_whole(values, n, found):
    is_allowed = (values >= 0) & (values < n) & (values == np.floor(values))
    require(is_allowed.all(), f"{found} that are not whole numbers, 0 to {n - 1}.")
