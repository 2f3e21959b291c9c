"""The digits as files: MNIST, two data sets of the same shape, and 10,000 embedded digits for all who are offline."""

import gzip
import hashlib
import socket
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from filelock import FileLock
from torch.utils.data import Dataset

from helpers import ASSETS

EMBEDDED = ASSETS / "mnist-10k"


class Pixels(NamedTuple):
    """Mean and standard deviation of the pixels of a data set, scaled to 0..1: its images are normalised by them."""

    mean: float
    std: float

    def normalise(self, pixels: torch.Tensor) -> torch.Tensor:
        """Bytes as float32 with mean 0 and standard deviation 1 over the data set."""
        return (pixels.float() / 255 - self.mean) / self.std

    def brightness(self, images: torch.Tensor) -> torch.Tensor:
        """Normalised images as brightness, 0..1."""
        return images * self.std + self.mean


PIXELS = {  # of the 60,000 training images; those of KMNIST as they are commonly used, the others also measured
    "MNIST": Pixels(0.1307, 0.3081),
    "FashionMNIST": Pixels(0.2860, 0.3530),
    "KMNIST": Pixels(0.1918, 0.3483),
}
DataName = Literal[tuple(PIXELS)]
# MD5 of the bytes inside the .gz files, where a distribution (Debian: dataset-fashion-mnist) compresses them anew.
INSIDE = {
    "FashionMNIST": {
        "train-images-idx3-ubyte.gz": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte.gz": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte.gz": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte.gz": "15d484375f8d13e6eb1aabb0c3f46965",
    }
}


class Digits(Dataset):
    """Images and labels in memory, normalised when a batch is read: 60,000 images take 47 MB.

    Args:
        images: (n, 1, 28, 28), uint8
        labels: (n,), int64
        pixels: what to normalise the images by
    """

    def __init__(self, images: torch.Tensor, labels: torch.Tensor, pixels: Pixels = PIXELS["MNIST"]):
        self.images, self.labels, self.pixels = images, labels, pixels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        """One image, (1, 28, 28), or with a list of indices a batch, (batch, 1, 28, 28); and the labels."""
        return self.pixels.normalise(self.images[index]), self.labels[index]

    __getitems__ = __getitem__  # the DataLoader asks for whole batches by this name


def read(folder: Path, part: Literal["train", "t10k"]) -> tuple[torch.Tensor, torch.Tensor]:
    """The images, (n, 1, 28, 28), uint8, and labels, (n,), int64, of a part."""
    images = _read_idx(folder / f"{part}-images-idx3-ubyte.gz", header=16).reshape(-1, 1, 28, 28)
    return images, _read_idx(folder / f"{part}-labels-idx1-ubyte.gz", header=8).long()


def _read_idx(path: Path, header: int) -> torch.Tensor:
    """The bytes behind the header of an IDX file (http://yann.lecun.com/exdb/mnist)."""
    with gzip.open(path) as file:
        return torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=header).copy())


def faults(folder: Path, name: DataName) -> list[str]:
    """What is wrong with the four files of a full copy, some words for each: nothing, if it can be used."""
    wrong = {file: _fault(folder / file, md5, INSIDE.get(name, {}).get(file)) for file, md5 in _resources(name)}
    return [f"{file} {what}" for file, what in wrong.items() if what]


def _fault(path: Path, md5: str, inside: str | None) -> str:
    try:
        packed = path.read_bytes()
        same = md5 == _md5(packed) or inside == _md5(gzip.decompress(packed))
        return "" if same else "is whole, and not the published file"
    except (FileNotFoundError, NotADirectoryError):
        return "is missing"
    except (OSError, EOFError, zlib.error) as error:
        return f"cannot be read ({error})"


def _md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def download(folder: Path, name: DataName) -> None:
    """Fetch what is missing or broken into a folder, one process at a time. Raises OSError when that fails."""
    import torchvision

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock", mode=0o666):
        wrong, before = " ".join(faults(folder, name)), socket.getdefaulttimeout()
        socket.setdefaulttimeout(10)  # s: torchvision would wait for ever
        for file, md5 in _resources(name):
            for mirror in getattr(torchvision.datasets, name).mirrors if file in wrong else ():
                try:
                    torchvision.datasets.utils.download_url(mirror + file, str(folder), file, md5)
                    break
                except (OSError, HTTPException, RuntimeError) as error:  # the last where its checksum is another one
                    problem = OSError(f"{mirror}{file}: {error}")
            else:
                if file in wrong:
                    raise problem
        socket.setdefaulttimeout(before)


def _resources(name: DataName) -> list[tuple[str, str]]:
    """Names and MD5 of the four files, as torchvision lists them."""
    import torchvision  # here and above, as importing it takes a second

    return getattr(torchvision.datasets, name).resources
