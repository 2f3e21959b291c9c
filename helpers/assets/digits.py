"""The digits: MNIST, two data sets of the same shape, and 10,000 embedded for offline use."""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch.utils.data import Dataset

from helpers import ASSETS

EMBEDDED = ASSETS / "mnist-10k"


class Pixels(NamedTuple):
    """Mean and standard deviation of a data set's pixels, scaled to 0..1.

    Images are normalised by them.
    """

    mean: float
    std: float

    def normalise(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return bytes as float32 with mean 0 and standard deviation 1 over the data set."""
        return (pixels.float() / 255 - self.mean) / self.std

    def brightness(self, images: torch.Tensor) -> torch.Tensor:
        """Return normalised images as brightness, 0..1."""
        return images * self.std + self.mean


# Of the 60,000 training images. The values of KMNIST are those in general use; the others were
# measured as well.
PIXELS = {
    "MNIST": Pixels(0.1307, 0.3081),
    "FashionMNIST": Pixels(0.2860, 0.3530),
    "KMNIST": Pixels(0.1918, 0.3483),
}
DataName = Literal[tuple(PIXELS)]  # `data` of a model and `name` of a data module


@dataclass(eq=False)
class Digits(Dataset):
    """Images and labels in memory, normalised when a batch is read: 60,000 images take 47 MB.

    Args:
        images: (n, 1, 28, 28), uint8
        labels: (n,), int64
        pixels: what to normalise the images by
    """

    images: torch.Tensor
    labels: torch.Tensor
    pixels: Pixels = PIXELS["MNIST"]

    def to(self, device: torch.device) -> "Digits":
        """Return the same digits in the memory of a GPU.

        They stay bytes: a GPU normalises them faster than a CPU can send it the images.
        """
        return Digits(self.images.to(device), self.labels.to(device), self.pixels)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        """Return an image, (1, 28, 28), and its label.

        A list of indices gives a batch, (batch, 1, 28, 28), and its labels.
        """
        return self.pixels.normalise(self.images[index]), self.labels[index]

    __getitems__ = __getitem__  # the DataLoader asks for whole batches by this name


def read(folder: Path, part: Literal["train", "t10k"]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the images, (n, 1, 28, 28), uint8, and labels, (n,), int64, of a part."""
    images = _read_idx(folder / f"{part}-images-idx3-ubyte.gz", header=16)
    labels = _read_idx(folder / f"{part}-labels-idx1-ubyte.gz", header=8)
    return images.reshape(-1, 1, 28, 28), labels.long()


def _read_idx(path, header):
    """Return the bytes behind the header of an IDX file (http://yann.lecun.com/exdb/mnist)."""
    with gzip.open(path) as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8, offset=header)
