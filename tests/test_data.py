"""The digits: split, order, shards, resuming, and downloads from a real server that behaves, lies or dies."""

import fcntl
import gzip
import hashlib
import os
import re
import socket
import subprocess
import tempfile
import threading
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision import datasets

from helpers import InputError, train
from helpers.assets.digits import EMBEDDED, PIXELS
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.loader import Sequences
from helpers.setup import download

FILES = {path.name: path.read_bytes() for path in sorted(EMBEDDED.glob("*.gz"))}
T10K_IMAGES, T10K_LABELS, TRAIN_IMAGES, TRAIN_LABELS = FILES


def resources(files=FILES) -> list[tuple[str, str]]:
    """Names and checksums, as torchvision lists those of the full copy."""
    return [(name, hashlib.md5(body).hexdigest()) for name, body in files.items()]


def copy(files: dict[str, bytes], folder: Path) -> Path:
    """Put files into a folder."""
    folder.mkdir(parents=True)
    for name, body in files.items():
        (folder / name).write_bytes(body)
    return folder


def module(processes=1, **options) -> DigitsDataModule:
    """The embedded digits as the first of several processes sees them."""
    data = DigitsDataModule(**{"source": "embedded", "batch_size": 1000, **options})
    data.setup()
    if processes > 1:
        data.trainer = SimpleNamespace(world_size=processes, global_rank=0)
    return data


def read(loader, epoch=0):
    """All batches of an epoch, as bytes that can be compared."""
    loader.sampler.set_epoch(epoch)
    return [(images.numpy().tobytes(), labels.tolist()) for images, labels in loader]


def test_a_full_copy_that_only_some_processes_have_is_refused(tmp_path):
    data = DigitsDataModule(root=str(tmp_path))
    data.trainer = SimpleNamespace(
        strategy=SimpleNamespace(reduce_boolean_decision=lambda full, all: not all)
    )
    with pytest.raises(InputError, match="only some processes have a full copy in .*MNIST/raw"):
        data.setup()


# The split, and what a batch holds


def test_the_split_is_fixed_by_the_seed_and_disjoint(digits):
    assert (len(digits.train), len(digits.val), len(digits.test)) == (8250, 750, 1000)
    again, other = module(), module(seed=1)
    assert torch.equal(again.train.images, digits.train.images)
    assert torch.equal(again.val.labels, digits.val.labels)
    assert not torch.equal(other.val.images, digits.val.images)
    assert torch.equal(other.test.images, digits.test.images)
    unique = [
        {image.numpy().tobytes() for image in part.images}
        for part in (digits.train, digits.val, digits.test)
    ]
    assert len(set.union(*unique)) == sum(map(len, unique)) > 9900


def test_batches_are_normalised_floats_and_labels_integers(digits):
    images, labels = digits.train[list(range(len(digits.train)))]
    assert images.shape == (8250, 1, 28, 28) and images.dtype == torch.float32
    assert labels.shape == (8250,) and labels.dtype == torch.int64
    assert set(labels.tolist()) == set(range(10))
    image, label = digits.train[7]
    assert torch.equal(image, images[7]) and label == labels[7]


# The order, and who reads what


def test_the_order_differs_by_epoch_and_is_equal_for_the_same_seed():
    first, second = epochs = [read(module().train_dataloader(), epoch) for epoch in (0, 1)]
    assert len(first) == len(second) == 8 and all(len(labels) == 1000 for _, labels in first)
    assert epochs == [read(module().train_dataloader(), epoch) for epoch in (0, 1)]
    assert [labels for _, labels in first] != [labels for _, labels in second]


@pytest.mark.parametrize("part", ["val", "test"])
def test_evaluation_counts_every_image_once(part):
    data, seen = module(batch_size=64), []
    for rank in range(7):
        data.trainer = SimpleNamespace(world_size=7, global_rank=rank)
        loader = getattr(data, f"{part}_dataloader")()
        shard = [labels for _, labels in loader]
        assert len(shard) == len(loader) and sum(map(len, shard)) == len(loader.sampler)
        seen += list(loader.sampler)
    assert sorted(seen) == list(range(len(getattr(data, part))))


# Three data sets


@pytest.mark.parametrize("name", PIXELS)
def test_each_data_set_is_normalised_by_its_own_pixels(name, tmp_path, monkeypatch):
    """Black and white, as the data module reads them, and as the network encodes them and goes on at their border."""
    images, labels = gzip.compress(bytes(16 + 784) + b"\xff" * 784), gzip.compress(bytes(8 + 2))
    files = {T10K_IMAGES: images, T10K_LABELS: labels, TRAIN_IMAGES: images, TRAIN_LABELS: labels}
    copy(files, tmp_path / name / "raw")
    monkeypatch.setattr(getattr(datasets, name), "resources", resources(files))
    data = DigitsDataModule(name, root=str(tmp_path))
    data.setup()
    images, _ = data.test[[0, 1]]
    mean, std = PIXELS[name]
    assert images.flatten(1).unique(dim=1).flatten().tolist() == pytest.approx(
        [-mean / std, (1 - mean) / std]
    )
    assert torch.equal(data.train[[0, 1]][0].sort(0).values, images)

    model = DigitsClassifier(distort=2.0, encoding="poisson", data=name)
    torch.manual_seed(0)
    assert model.net.to_sequence(images).mean((0, 2, 3, 4)).tolist() == [0, 1]
    assert torch.allclose(
        model.augment(images[:1].expand(9, -1, -1, -1)), images[:1], atol=1e-5
    )  # of the black one


def test_the_data_set_of_a_run_is_that_of_its_network():
    parser = train.make_parser("fit", "")
    options, _ = parser.read(["--data.name", "FashionMNIST"], {})
    assert options.data.name == options.model.data == "FashionMNIST"


# Downloads


class Server:
    """Serves the embedded digits for a full copy. `change` makes other bytes of them, `cut` is where it hangs up."""

    def __init__(self):
        self.change, self.cut, self.asked = lambda body: body, None, []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if (
                    self.headers["Method"] != "HEAD"
                ):  # so torchvision asks first whether it is redirected
                    server.asked.append(self.path)
                body = server.change(FILES[Path(self.path).name])
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(ConnectionError):  # a client whose disk is full hangs up
                    self.wfile.write(body[: server.cut])

            def log_message(self, *arguments):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/"
        threading.Thread(target=self.http.serve_forever, args=[0.01], daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@contextmanager
def address(listen: bool):
    """An address at which nobody listens, or listens and never answers."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        if listen:
            other.listen()
        yield f"http://127.0.0.1:{other.getsockname()[1]}/"


@pytest.fixture
def server(monkeypatch):
    """A server from which MNIST, and nothing else, is downloaded."""
    monkeypatch.setattr(datasets.MNIST, "resources", resources())
    with closing(Server()) as server:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [server.address])
        yield server


@pytest.fixture
def offline(server, monkeypatch):
    with address(listen=False) as dead, monkeypatch.context() as now:
        for name in ("MNIST", "FashionMNIST"):
            now.setattr(getattr(datasets, name), "mirrors", [dead, dead])
        yield now


def prepare(root, source="download", name="MNIST") -> DigitsDataModule:
    data = DigitsDataModule(name, str(root), source)
    data.prepare_data()
    return data


def stored(root) -> dict[str, bytes]:
    """Every file below root but locks, in whatever folder, hidden or not."""
    return {
        path.name: path.read_bytes()
        for path in Path(root).rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def assert_falls_back(root, capsys) -> str:
    """With source "auto" one line is printed, and no more; with "download" one sentence is raised, and returned."""
    prepare(root, "auto")
    out, err = capsys.readouterr()
    assert out.count("\n") == 1 and re.sub(r"\r? *\d+%\|.*", "", err).strip() == ""  # progress bars
    assert out.endswith("going on with the 10,000 embedded digits.\n")
    with pytest.raises(InputError, match="^MNIST cannot be downloaded to [^\n]+$") as error:
        prepare(root)
    with pytest.raises(InputError, match="holds no full copy of MNIST"):
        DigitsDataModule(root=str(root), source="download").setup()
    assert socket.getdefaulttimeout() is None
    return str(error.value)


def test_a_fresh_download_is_complete_and_done_once(server, tmp_path, digits, capsys):
    prepare(tmp_path, "embedded")
    assert server.asked == [] and stored(tmp_path) == {}
    for source in ("download", "auto"):
        data = prepare(tmp_path, source)
        assert len(server.asked) == 4
    data.setup()
    assert stored(tmp_path) == FILES == stored(tmp_path / "MNIST" / "raw")
    assert torch.equal(data.train.images, digits.train.images)
    assert capsys.readouterr().out == "" and socket.getdefaulttimeout() is None


@pytest.mark.parametrize(
    "harm", [{"change": lambda body: body[:-1] + bytes([body[-1] ^ 1])}, {"cut": 100}]
)
def test_what_arrives_broken_is_never_used_and_mended_by_the_next(harm, server, tmp_path, capsys):
    """The server lies, or dies in the middle of a file."""
    vars(server).update(harm)
    assert_falls_back(tmp_path, capsys)
    vars(server).update(change=lambda body: body, cut=None)
    prepare(tmp_path)
    assert stored(tmp_path) == FILES


def test_the_second_mirror_is_tried_when_the_first_never_answers(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.5)
    with address(listen=True) as dead:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [dead, server.address])
        prepare(tmp_path)
    assert stored(tmp_path) == FILES


def test_nobody_waits_for_ever_for_another_who_downloads(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(download, "PATIENCE", 0.2)
    with open(copy({}, tmp_path / "MNIST" / "raw") / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert f".lock is held by process {os.getpid()} of " in assert_falls_back(tmp_path, capsys)


def test_where_nothing_can_be_reached_only_mnist_has_something_to_fall_back_to(
    offline, tmp_path, capsys
):
    assert_falls_back(tmp_path, capsys)
    sentence = "^FashionMNIST cannot be downloaded to [^\n]+ copy its four .gz files there"
    with pytest.raises(InputError, match=sentence):
        prepare(tmp_path, "auto", "FashionMNIST")
    assert not list(tmp_path.iterdir())


# Copies


def anew(body: bytes) -> bytes:
    """The same content, compressed by another program."""
    return gzip.compress(gzip.decompress(body), 1)


def test_a_file_that_is_wrong_is_named_with_what_is_and_replaced(server, offline, tmp_path, capsys):
    wrong = {TRAIN_IMAGES: anew(FILES[TRAIN_IMAGES]), TRAIN_LABELS: FILES[TRAIN_LABELS][:1000]}
    copy({T10K_IMAGES: FILES[T10K_IMAGES], **wrong}, tmp_path / "MNIST" / "raw")
    said = assert_falls_back(tmp_path, capsys)
    assert (
        "copy its four .gz files there (" in said
        and f"{TRAIN_IMAGES} is not the published file" in said
    )
    assert f"{TRAIN_LABELS} is not the published file" in said
    assert f"{T10K_LABELS} is missing" in said and f"{T10K_IMAGES} " not in said
    offline.undo()
    prepare(tmp_path)
    assert stored(tmp_path) == FILES and server.asked == [
        f"/{T10K_LABELS}",
        f"/{TRAIN_IMAGES}",
        f"/{TRAIN_LABELS}",
    ]


# Disks


@contextmanager
def nobody():
    """Act as a user for whom permissions count: for root they do not."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@contextmanager
def disk(folder: Path, options: str):
    """A disk of its own in this folder, with options of mount."""
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a tiny disk takes root")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_folder_that_may_not_be_written_and_files_that_may_not_be_read_are_no_crash(
    server, capsys
):
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)  # every user can find it, as tmp_path is not
        raw = copy(FILES, Path(root) / "MNIST" / "raw")
        for name in FILES:
            (raw / name).chmod(0)
        raw.chmod(0o555)
        with nobody():
            said = assert_falls_back(root, capsys)
        assert all(f"{name} cannot be read (Permission denied)" in said for name in FILES)


def test_a_full_disk_is_no_crash_and_mended_when_there_is_room(server, tmp_path, capsys):
    with disk(tmp_path, "size=300k"):
        assert_falls_back(tmp_path, capsys)
        subprocess.run(["mount", "-o", "remount,size=30m", tmp_path], check=True)
        prepare(tmp_path)
        assert stored(tmp_path) == FILES


# Options


def test_an_unknown_data_set_gets_a_sentence():
    sentence = "^data name is 'CIFAR10': it must be one of MNIST, FashionMNIST, KMNIST.$"
    with pytest.raises(InputError, match=sentence):
        DigitsDataModule("CIFAR10")


def test_complex_sequences_are_refused():
    with pytest.raises(InputError, match="spikes are torch.complex64, .* should be real numbers"):
        Sequences(torch.rand(5, 4, 3) * 1j, torch.arange(4))


@pytest.mark.parametrize("index", [2, np.int64(2), torch.tensor(2)])
def test_a_sequence_has_time_first_by_any_kind_of_number(index):
    sequences = Sequences(torch.rand(5, 4, 3), torch.arange(4))
    spikes, label = sequences[index]
    assert torch.equal(spikes, sequences.spikes[:, 2]) and label == 2


def test_a_batch_larger_than_the_data_gets_a_sentence():
    assert len(module(processes=2, batch_size=4125).train_dataloader()) == 1
    sentence = "^batch_size is 4126: a process has 4125 training examples.$"
    with pytest.raises(InputError, match=sentence):
        module(processes=2, batch_size=4126).train_dataloader()


def test_fewer_examples_than_processes_get_a_sentence():
    assert len(module(processes=750).val_dataloader()) == 1
    with pytest.raises(
        InputError, match="need an example for each process: there are 750, for 751."
    ):
        module(processes=751).val_dataloader()
