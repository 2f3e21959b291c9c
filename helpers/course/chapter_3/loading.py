"""Data that does not fit in memory: thousands of small files, or one file that is mapped."""

import time
from multiprocessing import Value
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_convert

from helpers.tools.clock import Clock

BATCH_SIZE = 64


class OnDisk(Dataset):
    """Images (n, 1, 28, 28), uint8, in a folder. It counts the files that it opens.

    Its `write` puts them there.
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.n_opened = Value("q", 0)  # by this process and its workers together

    def __len__(self):
        return self.n_images

    def open(self, name: str, **options) -> np.ndarray:
        """Open a file, and count it; options: those of np.load."""
        with self.n_opened:
            self.n_opened.value += 1
        return np.load(self.folder / name, **options)


class SmallFiles(OnDisk):
    """A file for each image."""

    def write(self, images: Tensor) -> None:
        with Clock("writing"):
            for n, image in enumerate(images):
                np.save(self.folder / f"{n}.npy", image.numpy())
        self.n_images = len(images)

    def __getitems__(self, indices: list[int]) -> Tensor:
        return torch.from_numpy(np.stack([self.open(f"{n}.npy") for n in indices]))


class OneFile(OnDisk):
    """All images in one file. It is mapped into memory: the system reads what is asked for."""

    mapped = None

    def __getstate__(self) -> dict:
        return {**self.__dict__, "mapped": None}  # a worker maps the file for itself

    def write(self, images: Tensor) -> None:
        np.save(self.folder / "all.npy", images.numpy())
        self.n_images = len(images)

    def __getitems__(self, indices: list[int]) -> Tensor:
        if self.mapped is None:  # once in each process
            self.mapped = self.open("all.npy", mmap_mode="r")
        return torch.from_numpy(self.mapped[indices])


def measure_loading(data: OnDisk, num_workers: int = 0) -> tuple[int, float]:
    """Read all images once, in random order, and do nothing with them.

    Args:
        data: whose images are written
        num_workers: processes that read ahead; 0 reads in this one

    Returns:
        How many files were opened, and images per second.
    """
    data.n_opened.value = 0
    loader = DataLoader(
        data, BATCH_SIZE, shuffle=True, num_workers=num_workers, collate_fn=default_convert
    )
    with Clock("reading"):
        batches = iter(loader)
        next(batches)  # what workers take to start does not count
        start = time.perf_counter()
        for _ in batches:
            pass
        seconds = time.perf_counter() - start
    return data.n_opened.value, (len(data) - BATCH_SIZE) / seconds
