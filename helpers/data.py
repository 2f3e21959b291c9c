"""The digits as a data module: which copy is read, and what is kept for validation."""

from pathlib import Path
from typing import Literal, get_args

import torch
from filelock import Timeout

from helpers import InputError, choose, require
from helpers.assets.digits import EMBEDDED, PIXELS, DataName, Digits, read
from helpers.loader import LoaderDataModule
from helpers.run.exact import LOCK, name_holder
from helpers.setup.download import download, faults

Source = Literal["auto", "embedded", "download"]


class DigitsDataModule(LoaderDataModule):
    """Train, validation and test loaders for MNIST-shaped data, in one process or in many.

    One twelfth of the training images is kept for validation. Batches are (batch, 1, 28, 28)
    float32 images, normalised to mean 0 and standard deviation 1, and (batch,) int64 labels. The
    classifier distorts the images.

    Args:
        name: the data set
        root: folder for full copies, laid out as torchvision does:
            root/MNIST/raw/train-images-idx3-ubyte.gz
        source: "auto" takes a full copy under root, else downloads it, else falls back to the
            embedded digits (MNIST only); "embedded" takes the 9,000 + 1,000 embedded digits;
            "download" insists on a full copy
        batch_size: images in a batch of one process
        num_workers: processes that load data; 0 is fastest here, since the images are in memory
        seed: of the split and of the order of the images, which differs in each epoch; distortion
            and encoding draw by the seed of the run, seed_everything

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
        choose(PIXELS, name, "data name")
        choose(dict.fromkeys(get_args(Source)), source, "data source")
        require(
            source != "embedded" or name == "MNIST",
            f"data name is {name}, and only MNIST is embedded: use source='auto'.",
        )
        self.prepare_data_per_node = False  # the nodes share the folder
        self.name = name
        self.source = source
        self.folder = Path(root).expanduser() / name / "raw"

    def prepare_data(self) -> None:
        """Download what is missing or broken. Lightning calls this in one process only."""
        if self.source == "embedded" or not faults(self.folder, self.name):
            return
        try:
            download(self.folder, self.name)
        except OSError as error:
            if isinstance(error, Timeout):
                holder = name_holder(self.folder / LOCK) or "another process"
                error = f"{self.folder / LOCK} is held by {holder}"
            problem = f"{self.name} cannot be downloaded to {self.folder} ({error})"
            if self.source == "download" or self.name != "MNIST":
                wrong_files = faults(self.folder, self.name).items()
                wrong = ", ".join(f"{file} {what}" for file, what in wrong_files)
                advice = f"copy its four .gz files there ({wrong}), or use the embedded MNIST."
                raise InputError(f"{problem}: {advice}") from None
            print(f"{problem}: going on with the 10,000 embedded digits.")

    def setup(self, stage: str | None = None) -> None:
        """Read the images into memory: self.train, self.val and self.test are Digits."""
        has_full_copy = self.source != "embedded" and not faults(self.folder, self.name)
        require(
            has_full_copy or self.source != "download" and self.name == "MNIST",
            f"{self.folder} holds no full copy of {self.name}: fit downloads it, or prepare_data.",
        )
        if self.trainer:
            decide = self.trainer.strategy.reduce_boolean_decision
            require(
                decide(has_full_copy, all=True) == decide(has_full_copy, all=False),
                f"only some processes have a full copy in {self.folder}: "
                "let --data.root name a shared folder.",
            )
        folder = self.folder if has_full_copy else EMBEDDED
        pixels = PIXELS[self.name]
        images, labels = read(folder, "train")
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(self.seed))
        val, train = order.tensor_split([len(order) // 12])
        self.train = Digits(images[train], labels[train], pixels)
        self.val = Digits(images[val], labels[val], pixels)
        self.test = Digits(*read(folder, "t10k"), pixels)
