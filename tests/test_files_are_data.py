"""A file is data: to read it runs no code of whoever wrote it, and loads or removes no other file.

Each place that reads is handed a file that runs something if it is read carelessly. What runs
leaves a file, ran. Lightning has to be new enough for this: pyproject.toml has its lower bound.
"""

import pickle
import re
import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

import h5py
import numpy as np
import pytest
import torch
import yaml
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from helpers import InputError
from helpers.course.chapter_3.loading import OneFile, SmallFiles
from helpers.course.notebook.trained import trained
from helpers.digits_classifier import DigitsClassifier
from helpers.recurrent import split_network
from helpers.run.exact import find_last
from helpers.run.run_folder import CONFIG, check_checkpoint, read_options, with_last_line
from helpers.spoken.recordings import SPOKEN_DIGITS, read_recordings
from helpers.spoken.shd import read_shd
from helpers.sweep.plan import make_plan
from tests import ROOT
from tests.test_train import TINY, load

MODULE = "def run(*arguments):\n    open('ran', 'w').close()\n\n\nrun()\n"
RAN = Path("ran")
LAST = Path("runs/1/last.ckpt")


class Attack:
    """To unpickle it opens a file to write."""

    def __reduce__(self):
        return open, ("ran", "w")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a module to name. PyTorch unpickles anything here, unless it is told not to."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))  # where it keeps what it downloads
    (tmp_path / "attack.py").write_text(MODULE)
    LAST.parent.mkdir(parents=True)
    yield tmp_path
    sys.modules.pop("attack", None)


@pytest.fixture
def address():
    """Where the files of the current folder can be downloaded."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def run(forks, tmp_path_factory):
    """A finished run."""
    folder = tmp_path_factory.mktemp("run")
    forks(folder, "fit", "--run=runs/1", *TINY, "--trainer.max_epochs=1")
    return folder / "runs" / "1"


def pickled(path: Path) -> None:
    """A checkpoint with an object where the state of the optimiser belongs."""
    torch.save({"global_step": 3, "state_dict": {}, "optimizer_states": [Attack()]}, path)


def numpy_file(path: Path) -> None:
    np.save(path, np.array([Attack()]), allow_pickle=True)


def numpy_table(path: Path) -> None:
    np.savez(path, length=np.array([Attack()]))


def hdf5(path: Path) -> None:
    """A file for SHD: some bytes are a pickle."""
    content = np.void(pickle.dumps(Attack()))
    with h5py.File(path, "w") as file:
        for name in ("spikes/times", "spikes/units", "labels"):
            file[name] = [content]


def tagged(path: Path) -> None:
    """YAML that names a function."""
    path.write_text(with_last_line("try: !!python/object/apply:attack.run []\n"))


# What runs them: each way to read that is to be found nowhere in the course.
UNSAFE = {
    pickled: partial(torch.load, weights_only=False),
    numpy_file: partial(np.load, allow_pickle=True),
    numpy_table: lambda path: np.load(path, allow_pickle=True)["length"],
    hdf5: lambda path: pickle.loads(h5py.File(path)["labels"][0].tobytes()),
    tagged: lambda path: yaml.unsafe_load(path.read_text()),
}


@pytest.mark.parametrize("write", UNSAFE)
def test_these_files_can_run_something(write, folder):
    path = folder / "file"
    write(path)
    UNSAFE[write](next(folder.glob("file*")))
    assert RAN.exists()


def test_nothing_is_read_in_such_a_way():
    sources = [*ROOT.glob("helpers/**/*.py"), *ROOT.glob("solutions/*.md")]
    text = "".join(path.read_text() for path in sources)
    unsafe = r"allow_pickle=True|unsafe_load|yaml\.load\(|pickle\.loads?\(|torch\.load\([^,]*\)"
    assert re.findall(unsafe, text) == []


def recordings() -> None:
    shutil.copy(SPOKEN_DIGITS / "recordings.ogg", ".")
    with patch("helpers.spoken.recordings.SPOKEN_DIGITS", Path()):
        read_recordings()


def load_split_network() -> None:
    net = torch.nn.Linear(1, 1)
    split_network.load(LAST.parent, net, torch.optim.SGD(net.parameters()))


# The file, who writes it, who reads it, and how that one refuses.
PLACES = {
    "a network": (
        LAST,
        pickled,
        partial(DigitsClassifier.load_from_checkpoint, LAST),
        pickle.UnpicklingError,
    ),
    "a trained network": (LAST, pickled, partial(trained, str(LAST)), InputError),
    "a run": (LAST, pickled, partial(check_checkpoint, LAST), InputError),
    "any run": (LAST, pickled, partial(find_last, LAST.parent), MisconfigurationException),
    "a split network": (LAST, pickled, load_split_network, InputError),
    "its options": (LAST.with_name(CONFIG), tagged, partial(read_options, LAST.parent), InputError),
    "a sweep": (Path("six.yaml"), tagged, partial(make_plan, Path("six.yaml")), InputError),
    "recordings": (Path("recordings.npz"), numpy_table, recordings, ValueError),
    "an image": (Path("0.npy"), numpy_file, partial(SmallFiles(".").__getitems__, [0]), ValueError),
    "all images": (
        Path("all.npy"),
        numpy_file,
        partial(OneFile(".").__getitems__, [0]),
        ValueError,
    ),
    "SHD": (Path("shd.h5"), hdf5, partial(read_shd, Path("shd.h5")), InputError),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_reads_runs_nothing(place, folder):
    path, write, read, error = PLACES[place]
    write(path)
    with pytest.raises(error):
        read()
    assert not RAN.exists()


def test_every_place_has_its_case():
    """A new one needs a case: in PLACES, or for load_from_checkpoint and the command below."""
    loads = r"(torch|np)\.load\(|h5py\.File\(|get_single_data\(|get_loader\("
    by_lightning = r"\.load_from_checkpoint\(checkpoint|trainer\.test\("
    found = {
        path.relative_to(ROOT / "helpers").as_posix()
        for path in ROOT.glob("helpers/**/*.py")
        if re.search(f"{loads}|{by_lightning}", path.read_text())
    }
    assert found == {
        "classifier.py",
        "train.py",
        "course/chapter_3/loading.py",
        "course/notebook/trained.py",
        "run/exact.py",
        "recurrent/split_network.py",
        "run/options.py",
        "spoken/recordings.py",
        "spoken/shd.py",
    }


def test_a_network_at_an_address_is_data_too(folder, address):
    """Lightning unpickles what it downloads, unless told otherwise."""
    pickled(Path("network.ckpt"))
    with pytest.raises(pickle.UnpicklingError):
        DigitsClassifier.load_from_checkpoint(f"{address}/network.ckpt")
    assert not RAN.exists()


# Checkpoints that hold text alone, which Lightning might take for the name of something to run.
NAMES = {
    "a function": {"_instantiator": "attack.run"},
    "a class": {
        "_instantiator": "pytorch_lightning.cli.instantiate_module",
        "_class_path": "attack.Model",
    },
}


@pytest.mark.parametrize("what", NAMES)
def test_a_network_names_nothing_to_run(what, folder, run):
    checkpoint = load(run / "last.ckpt")
    checkpoint["hyper_parameters"] |= NAMES[what]
    torch.save(checkpoint, LAST)
    with pytest.raises(ValueError, match="was blocked to prevent arbitrary code execution"):
        DigitsClassifier.load_from_checkpoint(LAST)
    assert not RAN.exists()


def best_elsewhere(best: dict, address: str) -> None:
    """The best network is at an address, and so good that none will be better."""
    best["best_model_path"] = f"{address}/network.ckpt"
    best["best_model_score"] = torch.tensor(2.0)
    best["best_k_models"] = {best["kth_best_model_path"]: torch.tensor(2.0)}


def best_in_another_folder(best: dict, address: str) -> None:
    """The best network is a folder of somebody, and so bad that the next one takes its place."""
    best["kth_best_model_path"] = "runs/1/../../thesis"
    best["best_model_score"] = torch.tensor(-1.0)
    best["best_k_models"] = {"runs/1/../../thesis": torch.tensor(-1.0)}


@pytest.mark.parametrize("change", [best_elsewhere, best_in_another_folder])
def test_a_run_that_goes_on_runs_loads_and_removes_nothing(change, folder, run, forks, address):
    shutil.copytree(run, LAST.parent, dirs_exist_ok=True)
    pickled(Path("network.ckpt"))
    Path("thesis").mkdir()
    checkpoint = load(LAST)
    (best,) = [state for key, state in checkpoint["callbacks"].items() if "KeepBest" in key]
    checkpoint["hyper_parameters"] |= NAMES["a function"]
    change(best, address)
    torch.save(checkpoint, LAST)
    forks(folder, "fit", "--resume", "--run=runs/1", "--trainer.max_epochs=2")
    assert not RAN.exists()
    assert Path("thesis").is_dir()
