"""The Heidelberg digits: small generated files of the published layout, whole and broken."""

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from helpers import InputError
from helpers.spoken.data import Data
from helpers.spoken.shd import read_shd

N_SPEAKERS = 4


def write(path: Path, times: list, units: list, labels: list) -> Path:
    """An HDF5 file laid out as shd_train.h5: lists of different lengths, times in float16."""
    with h5py.File(path, "w") as file:
        spikes = file.create_group("spikes")
        for name, lists, kind in (("times", times, np.float16), ("units", units, np.uint16)):
            column = spikes.create_dataset(name, len(lists), h5py.vlen_dtype(kind))
            for n, values in enumerate(lists):
                column[n] = np.array(values, kind)
        file["labels"] = np.array(labels, np.uint16)
        file["extra/speaker"] = np.arange(len(times)) % N_SPEAKERS
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    """Both files, with 48 and 30 recordings of two spikes each."""
    for name, n in (("shd_train.h5", 48), ("shd_test.h5", 30)):
        write(tmp_path / name, [[0.1, 0.5]] * n, [[3, 699]] * n, [19] * n)
    return tmp_path


def test_spikes_are_counted_in_their_step_and_channel(tmp_path):
    times = [[0.0, 0.0139, 0.0141, 0.7, 0.7, 1.39, 1.4], [], [0.5]]
    units = [[0, 0, 0, 699, 699, 5, 5], [], [350]]
    spikes, labels, speakers = read_shd(write(tmp_path / "few.h5", times, units, [3, 19, 0]))
    assert spikes.shape == (100, 3, 700) and spikes.dtype == torch.int8
    assert labels.tolist() == [3, 19, 0] and labels.dtype == torch.int64
    assert speakers.tolist() == [0, 1, 2]
    counted = {tuple(place): int(spikes[tuple(place)]) for place in spikes.nonzero().tolist()}
    expected = {(0, 0, 0): 2, (1, 0, 0): 1, (50, 0, 699): 2, (99, 0, 5): 1, (35, 2, 350): 1}
    assert counted == expected  # the spike after 1.4 s is left out: 1.4 in float16 is 1.4004


def test_a_speaker_validates_and_batches_are_float(folder):
    data, again = (Data("SHD", str(folder), batch_size=8) for _ in range(2))
    data.setup()
    again.setup()
    assert [len(part) for part in (data.train, data.val, data.test)] == [36, 12, 30]
    spikes, labels = next(iter(data.train_dataloader()))
    assert spikes.shape == (8, 100, 700) and spikes.dtype == torch.float32
    assert labels.shape == (8,) and labels.dtype == torch.int64
    assert sorted([*data.train.indices, *data.val.indices]) == list(range(48))
    assert again.val.indices == data.val.indices
    assert len({index % N_SPEAKERS for index in data.val.indices}) == 1


def test_a_single_speaker_cannot_train_and_validate(folder):
    with h5py.File(folder / "shd_train.h5", "a") as file:
        file["extra/speaker"][:] = 7
    with pytest.raises(InputError, match="shd_train.h5 has one speaker"):
        Data("SHD", str(folder)).setup()


def sentence_of(path: Path) -> str:
    with pytest.raises(InputError) as error:
        read_shd(path)
    message = str(error.value)
    assert "\n" not in message and message.endswith(".")
    return message


def test_a_missing_file_says_where_it_is_to_be_had(tmp_path):
    with pytest.raises(InputError, match="shd_train.h5 is missing: unpack .*zenkelab.org"):
        Data("SHD", str(tmp_path)).setup()


def test_a_file_that_is_cut_off_gets_a_sentence(folder):
    path = folder / "shd_test.h5"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert f"{path} cannot be read as SHD (" in sentence_of(path)


TIMES = [[0.1, 0.5, 0.9]]
UNITS = [[3, 350, 699]]
WRONG = {  # what a file holds, and how it is refused
    "milliseconds": ([[100, 500, 900]], UNITS, [7], "has times that are not seconds, 0 to 10."),
    "a unit too many": (
        TIMES,
        [[1, 2, 700]],
        [0],
        "has units that are not whole numbers, 0 to 699.",
    ),
    "a time without unit": (TIMES, [[1]], [0], "has 3 times, but 1 units."),
    "one-hot labels": (TIMES, UNITS, np.eye(20)[[7]], "1 of units, 20 labels and 1 speakers: it"),
}


@pytest.mark.parametrize("times, units, labels, sentence", WRONG.values(), ids=WRONG)
def test_a_file_with_wrong_content_gets_a_sentence(tmp_path, times, units, labels, sentence):
    assert sentence in sentence_of(write(tmp_path / "wrong.h5", times, units, labels))


def test_an_option_of_the_spoken_digits_is_refused():
    sentence = "leave_out and train_on_validation are for the spoken digits, not for SHD."
    with pytest.raises(InputError, match=sentence):
        Data("SHD", leave_out="lucas")


def test_without_h5py_there_is_a_sentence(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    sentence = "SHD takes h5py: install it with pip install h5py."
    assert sentence_of(folder / "shd_train.h5") == sentence
