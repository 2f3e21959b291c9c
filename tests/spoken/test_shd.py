"""The Heidelberg digits: small generated files of the published layout, whole and broken."""

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from helpers import InputError
from helpers.spoken.data import Data
from helpers.spoken.model import Model
from helpers.spoken.shd import read_shd

KINDS = (np.float16, np.uint16, np.uint16)
N_SPEAKERS = 4


def write(path: Path, times: list, units: list, labels: list, kinds: tuple = KINDS) -> Path:
    """An HDF5 file laid out as shd_train.h5: lists of different lengths, times in float16."""
    with h5py.File(path, "w") as file:
        spikes = file.create_group("spikes")
        for name, lists, kind in (("times", times, kinds[0]), ("units", units, kinds[1])):
            column = spikes.create_dataset(name, len(lists), h5py.vlen_dtype(kind))
            for n, values in enumerate(lists):
                column[n] = np.array(values, kind)
        file["labels"] = np.array(labels, kinds[2])
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


def test_time_constants_are_those_of_its_time_step():
    heidelberg, spoken = (Model(data=data).net.lif for data in ("SHD", "spoken"))
    assert heidelberg.dt == pytest.approx(0.014) and spoken.dt == 0.008
    same = dict(rtol=0.05, atol=0)  # they are spread at random
    means = [lif.tau_mem_inv.detach().mean() for lif in (heidelberg, spoken)]
    torch.testing.assert_close(*means, **same)


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


def test_a_file_that_is_cut_off_or_of_another_kind_gets_a_sentence(folder):
    path = folder / "shd_test.h5"
    content = path.read_bytes()
    cut = [content[: int(share * len(content))] for share in (0, 0.001, 0.5, 0.99)]
    for wrong in (*cut, b"no HDF5" * 1000):
        path.write_bytes(wrong)
        assert f"{path} cannot be read as SHD (" in sentence_of(path)
    with h5py.File(path, "w") as file:
        file["images"] = np.zeros(3)
    assert f"{path} cannot be read as SHD (" in sentence_of(path)


TIMES = [[0.1, 0.5, 0.9]]
UNITS = [[3, 350, 699]]
SECONDS = "has times that are not seconds, 0 to 10."
CHANNELS = "has units that are not whole numbers, 0 to 699."
CLASSES = "has labels that are not whole numbers, 0 to 19."
WRONG = {  # what a file holds, and how it is refused
    "a time that is no number": ([[0.1, np.nan]], [[1, 2]], [0], SECONDS),
    "a time without end": ([[0.1, np.inf]], [[1, 2]], [0], SECONDS),
    "a time before the start": ([[-0.1, 0.2]], [[1, 2]], [0], SECONDS),
    "milliseconds": ([[100, 500, 900]], UNITS, [7], SECONDS),
    "microseconds": ([[1e5, 5e5, 9e5]], UNITS, [7], SECONDS),
    "times and units exchanged": (UNITS, TIMES, [7], SECONDS),
    "units in the place of a time": ([[3, 1, 0]], TIMES, [7], CHANNELS),
    "a unit too many": ([[0.1, 0.2]], [[1, 700]], [0], CHANNELS),
    "a unit between two": (TIMES, [[3.7, 350.2, 698.9]], [7], CHANNELS),
    "a time without unit": ([[0.1, 0.2]], [[1]], [0], "has 2 times, but 1 units."),
    "a class too many": ([[0.1]], [[1]], [20], CLASSES),
    "a class between two": (TIMES, UNITS, [7.6], CLASSES),
    "a class that is no number": (TIMES, UNITS, [np.nan], CLASSES),
    "one-hot labels": (
        TIMES,
        UNITS,
        np.eye(20)[[7]],
        "1 of units, 20 labels and 1 speakers: it must hold as",
    ),
    "a label too many": (
        [[0.1]],
        [[1]],
        [0, 1],
        "holds 1 lists of times, 1 of units, 2 labels and 1 speakers:",
    ),
    "nothing": ([], [], [], "holds 0 lists of times, 0 of units, 0 labels and 0 speakers:"),
}


@pytest.mark.parametrize("times, units, labels, sentence", WRONG.values(), ids=WRONG)
def test_a_file_with_wrong_content_gets_a_sentence(tmp_path, times, units, labels, sentence):
    path = write(tmp_path / "wrong.h5", times, units, labels, (np.float32, np.float32, np.float32))
    assert sentence in sentence_of(path)


def test_whole_numbers_of_another_type_are_used(tmp_path):
    usual = write(tmp_path / "usual.h5", TIMES, UNITS, [7])
    floats = write(
        tmp_path / "floats.h5", TIMES, UNITS, [[7]], (np.float16, np.float32, np.float64)
    )
    for expected, found in zip(read_shd(usual), read_shd(floats), strict=True):
        assert torch.equal(expected, found) and expected.dtype == found.dtype


@pytest.mark.parametrize("option", [{"leave_out": "lucas"}, {"train_on_validation": True}])
def test_an_option_of_the_spoken_digits_is_refused(option):
    sentence = "leave_out and train_on_validation are for the spoken digits, not for SHD."
    with pytest.raises(InputError, match=sentence):
        Data("SHD", **option)


def test_without_h5py_there_is_a_sentence(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    sentence = "SHD takes h5py: install it with pip install h5py."
    assert sentence_of(folder / "shd_train.h5") == sentence
