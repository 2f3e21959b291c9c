"""Data in memory, read in batches: each process its share, and after a stop the very next batch."""

from pathlib import Path
from typing import Literal, get_args

import torch
from pytorch_lightning import LightningDataModule
from pytorch_lightning.accelerators import CUDAAccelerator
from pytorch_lightning.overrides.distributed import UnrepeatedDistributedSampler
from torch.utils.data import DataLoader, default_convert
from torch.utils.data.distributed import DistributedSampler

from helpers import InputError, require
from helpers.cluster.resuming import ResumableLoader
from helpers.digits import EMBEDDED, PIXELS, DataName, Digits, read
from helpers.setup.download import download, faults

Source = Literal["auto", "embedded", "download"]


class LoaderDataModule(LightningDataModule):
    """Loaders for self.train, self.val and self.test, which `setup` of a subclass makes.

    In several processes each reads its share; a run that was stopped goes on with the very next batch.

    Args:
        batch_size: images in a batch of one process
        num_workers: processes that load data; 0 is fastest where the data are in memory
        seed: of the order of the images, which differs in each epoch
    """

    def __init__(self, batch_size: int = 64, num_workers: int = 0, seed: int = 0):
        super().__init__()
        require(batch_size >= 1, f"batch_size is {batch_size}: it must be at least 1.")
        require(num_workers >= 0, f"num_workers is {num_workers}: it must be at least 0.")
        self.batch_size, self.num_workers, self.seed = batch_size, num_workers, seed
        self._train_loader, self._position = None, {"epoch": 0, "given": 0}

    def train_dataloader(self) -> DataLoader:
        # Lightning asks for the loaders, and takes a DistributedSampler as it is.
        shard = DistributedSampler(self.train, **self._place(), shuffle=True, seed=self.seed, drop_last=True)
        there = len(shard)
        require(self.batch_size <= there, f"batch_size is {self.batch_size}: a process has {there} training examples.")
        # A smaller last batch would weigh its images more, and compiled code would be compiled again for it.
        self._train_loader = self._loader(self.train, shard, drop_last=True)
        self._train_loader.position = self._position
        return self._train_loader

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.val, self._each_once(self.val))

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.test, self._each_once(self.test))

    def state_dict(self) -> dict[str, int]:
        """The position in the training data. Lightning keeps it in each checkpoint, under the name of this class."""
        return self._train_loader.position if self._train_loader else {}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on there: Lightning calls this before it asks for the loader."""
        self._position = state or self._position

    def _place(self) -> dict[str, int]:
        """Which shard of the data this process reads. Lightning, or cluster/scaling.py, sets self.trainer."""
        trainer = self.trainer
        return {"num_replicas": trainer.world_size if trainer else 1, "rank": trainer.global_rank if trainer else 0}

    def _each_once(self, data) -> UnrepeatedDistributedSampler:
        place, there = self._place(), len(data)
        few = f"validation and test need an example for each process: there are {there}, for {place['num_replicas']}."
        require(there >= place["num_replicas"], few)
        return UnrepeatedDistributedSampler(data, **place, shuffle=False)

    def _loader(self, data, sampler, drop_last=False):
        workers = {"num_workers": self.num_workers, "persistent_workers": self.num_workers > 0}
        on_gpu = isinstance(getattr(self.trainer, "accelerator", None), CUDAAccelerator)
        if on_gpu and isinstance(data, Digits) and self.num_workers == 0:
            data, on_gpu = data.to(self.trainer.strategy.root_device), False  # nothing is left to be copied
        options = {"sampler": sampler, "drop_last": drop_last, "collate_fn": default_convert, **workers}
        return ResumableLoader(data, self.batch_size, pin_memory=on_gpu, **options)  # pinning starts CUDA


class DigitsDataModule(LoaderDataModule):
    """Train, validation and test loaders for MNIST-shaped data, the same in one process and in many.

    One twelfth of the training images is kept for validation. Batches are (batch, 1, 28, 28) float32 images,
    normalised to mean 0 and standard deviation 1, and (batch,) int64 labels. The classifier distorts the images.

    Args:
        name: the data set
        root: folder for full copies, laid out as torchvision does: root/MNIST/raw/train-images-idx3-ubyte.gz
        source: "auto" takes a full copy under root, else downloads it, else falls back to the embedded digits (MNIST
            only); "embedded" takes the 9,000 + 1,000 embedded digits; "download" insists on a full copy
        batch_size: images in a batch of one process
        num_workers: processes that load data; 0 is fastest here, since the images are in memory
        seed: of the split and of the order of the images, which differs in each epoch

    Raises:
        InputError: when an argument is not allowed or the data cannot be had
    """

    def __init__(
        self,
        name: DataName = "MNIST",
        root: str = "data",
        source: Source = "auto",
        batch_size: int = 64,
        num_workers: int = 0,
        seed: int = 0,
    ):
        super().__init__(batch_size, num_workers, seed)
        require(name in PIXELS, f"data name is {name!r}: it must be one of {', '.join(PIXELS)}.")
        sources = get_args(Source)
        require(source in sources, f"data source is {source!r}: it must be one of {', '.join(sources)}.")
        require(source != "embedded" or name == "MNIST", f"{name} is not embedded, only MNIST is: use source='auto'.")
        self.prepare_data_per_node = False  # the nodes share the folder
        self.name, self.source = name, source
        self.folder = Path(root).expanduser() / name / "raw"

    def prepare_data(self) -> None:
        """Download what is missing or broken. Lightning calls this in one process only."""
        if self.source == "embedded" or not faults(self.folder, self.name):
            return
        try:
            download(self.folder, self.name)
        except OSError as error:
            problem = f"{self.name} cannot be downloaded to {self.folder} ({error})"
            if self.source == "download" or self.name != "MNIST":
                wrong = ", ".join(f"{file} {what}" for file, what in faults(self.folder, self.name).items())
                copy = f"copy its four .gz files there ({wrong}), or use the embedded MNIST."
                raise InputError(f"{problem}: {copy}") from None
            print(f"{problem}: going on with the 10,000 embedded digits.")

    def setup(self, stage: str | None = None) -> None:
        """Read the images into memory: self.train, self.val and self.test are Digits."""
        full = self.source != "embedded" and not faults(self.folder, self.name)
        missing = f"{self.folder} holds no full copy of {self.name}: call prepare_data first."
        require(full or self.source != "download", missing)
        if self.trainer:
            decide = self.trainer.strategy.reduce_boolean_decision
            wrong = f"only some processes have a full copy in {self.folder}: let --data.root name a shared folder."
            require(decide(full, all=True) == decide(full, all=False), wrong)
        folder, pixels = self.folder if full else EMBEDDED, PIXELS[self.name]
        images, labels = read(folder, "train")
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(self.seed))
        val, train = order[: len(order) // 12], order[len(order) // 12 :]
        self.train, self.val = (Digits(images[part], labels[part], pixels) for part in (train, val))
        self.test = Digits(*read(folder, "t10k"), pixels)
