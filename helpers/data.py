"""The digits: MNIST and two data sets of the same shape, with 10,000 digits embedded so that all works offline."""

import gzip
import os
import shutil
import tempfile
import urllib.request
from http.client import HTTPException
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch.utils.data import Dataset
from torchvision.datasets.utils import check_integrity

from helpers import InputError, require
from helpers.loader import LoaderDataModule
from helpers.lock import lock

NAMES = ("MNIST", "FashionMNIST", "KMNIST")
SOURCES = ("auto", "embedded", "download")
EMBEDDED = Path(__file__).parent / "mnist-10k"
MEAN, STD = 0.1307, 0.3081  # of the MNIST training images, scaled to 0..1


class Digits(Dataset):
    """Images and labels in memory, normalised when a batch is read: 60,000 images take 47 MB.

    images: (n, 1, 28, 28), uint8; labels: (n,), int64
    """

    def __init__(self, images: torch.Tensor, labels: torch.Tensor):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        """One image, (1, 28, 28), or with a list of indices a batch, (batch, 1, 28, 28); and the labels."""
        return (self.images[index].float() / 255 - MEAN) / STD, self.labels[index]

    __getitems__ = __getitem__  # the DataLoader asks for whole batches by this name


class DigitsDataModule(LoaderDataModule):
    """Train, validation and test loaders for MNIST-shaped data, the same in one process and in many.

    name: "MNIST", "FashionMNIST" or "KMNIST"
    root: folder for full copies, laid out as torchvision does: root/MNIST/raw/train-images-idx3-ubyte.gz
    source: "auto" takes a full copy under root, else downloads it, else falls back to the embedded digits (MNIST only);
        "embedded" takes the 9,000 + 1,000 embedded digits; "download" insists on a full copy
    batch_size: images in a batch of one process
    num_workers: processes that load data; 0 is fastest here, since the images are in memory
    seed: of the split and of the order of the images, which differs in each epoch

    One twelfth of the training images is kept for validation. Batches are (batch, 1, 28, 28) float32 images,
    normalised to mean 0 and standard deviation 1, and (batch,) int64 labels.
    Raises InputError when an argument is not allowed or the data cannot be had.
    """

    def __init__(
        self,
        name: str = "MNIST",
        root: str = "data",
        source: str = "auto",
        batch_size: int = 64,
        num_workers: int = 0,
        seed: int = 0,
    ):
        super().__init__(batch_size, num_workers, seed)
        require(name in NAMES, f"data name is {name!r}: it must be one of {', '.join(NAMES)}.")
        require(source in SOURCES, f"data source is {source!r}: it must be one of {', '.join(SOURCES)}.")
        require(source != "embedded" or name == "MNIST", f"{name} is not embedded, only MNIST is: use source='auto'.")
        self.prepare_data_per_node = False  # the nodes share the folder
        self.name, self.source = name, source
        self.folder = Path(root).expanduser() / name / "raw"

    def prepare_data(self) -> None:
        """Download what is missing or broken. Lightning calls this in one process only."""
        if self.source == "embedded" or is_complete(self.folder, self.name):
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with lock(self.folder) as alone:
                if alone:
                    return _download(self.folder, self.name)
            with lock(self.folder, wait=True):
                pass  # another process is at it
            _download(self.folder, self.name)  # what that one could not
        except OSError as error:
            problem = f"{self.name} cannot be downloaded to {self.folder} ({error})"
            if self.source == "download" or self.name != "MNIST":
                raise InputError(f"{problem}: copy its four .gz files there, or use the embedded MNIST.") from None
            print(f"{problem}: going on with the 10,000 embedded digits.")

    def setup(self, stage: str | None = None) -> None:
        """Read the images into memory: self.train, self.val and self.test are Digits."""
        full = self.source != "embedded" and is_complete(self.folder, self.name)
        require(
            full or self.source != "download",
            f"{self.folder} holds no full copy of {self.name}: call prepare_data first.",
        )
        if self.trainer:
            decide = self.trainer.strategy.reduce_boolean_decision
            same = decide(full, all=True) == decide(full, all=False)
            wrong = f"only some processes have a full copy in {self.folder}: let --data.root name a shared folder."
            require(same, wrong)
        folder = self.folder if full else EMBEDDED
        images, labels = _read(folder, "train")
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(self.seed))
        val, train = order[: len(order) // 12], order[len(order) // 12 :]
        self.train, self.val = Digits(images[train], labels[train]), Digits(images[val], labels[val])
        self.test = Digits(*_read(folder, "t10k"))


def _resources(name: str) -> list[tuple[str, str]]:
    return getattr(torchvision.datasets, name).resources


def is_complete(folder: Path, name: str) -> bool:
    """Whether all four files are there, can be read and have the published checksums."""
    try:
        return all(check_integrity(str(folder / file), md5) for file, md5 in _resources(name))
    except OSError:
        return False


def _download(folder: Path, name: str) -> None:
    """Fetch what is missing or broken. A file gets its name only when its checksum is right. Raises OSError."""
    for file, md5 in _resources(name):
        if check_integrity(str(folder / file), md5):
            continue
        with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as temporary:
            part = os.path.join(temporary, file)
            for mirror in getattr(torchvision.datasets, name).mirrors:
                try:
                    with urllib.request.urlopen(mirror + file, timeout=10) as reply, open(part, "wb") as out:
                        shutil.copyfileobj(reply, out)
                except (OSError, HTTPException) as error:
                    problem = OSError(str(error))
                    continue
                if check_integrity(part, md5):
                    os.replace(part, folder / file)
                    break
                problem = OSError(f"{mirror}{file} does not have the published checksum")
            else:
                raise problem


def _read(folder: Path, part: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (n, 1, 28, 28), uint8, and labels (n,), int64, of part "train" or "t10k"."""
    images = _read_idx(folder / f"{part}-images-idx3-ubyte.gz", header=16).reshape(-1, 1, 28, 28)
    return images, _read_idx(folder / f"{part}-labels-idx1-ubyte.gz", header=8).long()


def _read_idx(path: Path, header: int) -> torch.Tensor:
    """The bytes behind the header of an IDX file (http://yann.lecun.com/exdb/mnist)."""
    with gzip.open(path) as file:
        return torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=header).copy())
