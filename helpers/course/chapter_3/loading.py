"""Data that does not fit in memory: thousands of small files, or one file that is mapped."""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, default_convert, get_worker_info

from helpers.tools.clock import Clock

MOST_WORKERS = 8


class OnDisk(Dataset):
    """Images (n, 1, 28, 28) as bytes on a disk. It counts the files that it opens.

    folder: where `write` puts them
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.n_opened = torch.zeros(1 + MOST_WORKERS, dtype=torch.int64).share_memory_()
        self.n_images = 0

    def write(self, images: torch.Tensor) -> None:
        """Put images (n, 1, 28, 28), uint8, into the folder."""
        raise NotImplementedError

    def __len__(self):
        return self.n_images

    def open(self, name: str, **options) -> np.ndarray:
        """Open a file, and count it, in this process's own place."""
        worker = get_worker_info()
        place = 0 if worker is None else 1 + worker.id
        self.n_opened[place] += 1
        return np.load(self.folder / name, **options)


class SmallFiles(OnDisk):
    """A file for each image."""

    def write(self, images: torch.Tensor) -> None:
        with Clock("writing"):
            for n, image in enumerate(images):
                np.save(self.folder / f"{n}.npy", image.numpy())
        self.n_images = len(images)

    def __getitems__(self, indices: list[int]) -> torch.Tensor:
        return torch.from_numpy(np.stack([self.open(f"{n}.npy") for n in indices]))


class OneFile(OnDisk):
    """All images in one file. It is mapped into memory: the system reads what is asked for."""

    mapped = None

    def __getstate__(self) -> dict:
        return {**self.__dict__, "mapped": None}  # a worker maps the file for itself

    def write(self, images: torch.Tensor) -> None:
        np.save(self.folder / "all.npy", images.numpy())
        self.n_images = len(images)

    def __getitems__(self, indices: list[int]) -> torch.Tensor:
        if self.mapped is None:  # once in each process
            self.mapped = self.open("all.npy", mmap_mode="r")
        return torch.from_numpy(self.mapped[indices])


class Loading(NamedTuple):
    """One pass through all images."""

    opened: int  # files
    images_per_second: float


def measure_loading(data: OnDisk, batch_size: int = 64, num_workers: int = 0) -> Loading:
    """Read all images once, in random order, and do nothing with them.

    Args:
        data: whose images are written
        batch_size: images read together
        num_workers: processes that read ahead, at most 8; 0 reads in this one
    """
    data.n_opened.zero_()
    loader = DataLoader(
        data, batch_size, shuffle=True, num_workers=num_workers, collate_fn=default_convert
    )
    with Clock("reading"):
        batches = iter(loader)
        seconds = 0.0
        start = time.perf_counter()
        if num_workers:
            next(batches)  # until the workers have started
            seconds = time.perf_counter() - start
        for _ in batches:
            pass
        seconds = time.perf_counter() - start - seconds
    n_read = len(data) - (batch_size if num_workers else 0)
    return Loading(int(data.n_opened.sum()), n_read / seconds)
