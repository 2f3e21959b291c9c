"""Data in memory, read in batches. Each process reads its share."""

import torch
from pytorch_lightning import LightningDataModule
from pytorch_lightning.accelerators import CUDAAccelerator
from pytorch_lightning.overrides.distributed import UnrepeatedDistributedSampler
from torch.utils.data import DataLoader, Dataset, default_convert
from torch.utils.data.distributed import DistributedSampler

from helpers import require


class LoaderDataModule(LightningDataModule):
    """Loaders for self.train, self.val and self.test, which `setup` of a subclass makes.

    Each is a Dataset that returns a whole batch for a list of indices, as `Sequences` and
    `helpers.digits.Digits` do. In several processes each reads its share.

    Args:
        batch_size: examples in a batch of one process
        num_workers: processes that load data; 0 is fastest where the data are in memory
        seed: of the order of the examples, which differs in each epoch

    Raises:
        InputError: when an argument is not allowed
    """

    def __init__(self, batch_size: int = 64, num_workers: int = 0, seed: int = 0):
        super().__init__()
        require(batch_size >= 1, f"batch_size is {batch_size}: it must be at least 1.")
        require(num_workers >= 0, f"num_workers is {num_workers}: it must be at least 0.")
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.seed = seed

    def train_dataloader(self) -> DataLoader:
        # Lightning asks for the loaders, and takes a DistributedSampler as it is.
        shard = DistributedSampler(
            self.train, **self._place(), shuffle=True, seed=self.seed, drop_last=True
        )
        require(
            self.batch_size <= len(shard),
            f"batch_size is {self.batch_size}: a process has {len(shard)} training examples.",
        )
        return self._loader(self.train, shard)

    def val_dataloader(self) -> DataLoader:
        return self._each_once(self.val)

    def test_dataloader(self) -> DataLoader:
        return self._each_once(self.test)

    def _place(self):
        """Return which shard of the data this process reads, and of how many.

        Lightning, or cluster/scaling.py, sets self.trainer.
        """
        if self.trainer is None:
            return {"num_replicas": 1, "rank": 0}
        return {"num_replicas": self.trainer.world_size, "rank": self.trainer.global_rank}

    def _each_once(self, data):
        place = self._place()
        require(
            len(data) >= place["num_replicas"],
            "validation and test need an example for each process: "
            f"there are {len(data)}, for {place['num_replicas']}.",
        )
        return self._loader(data, UnrepeatedDistributedSampler(data, **place, shuffle=False))

    def _loader(self, data, sampler):
        is_on_gpu = isinstance(getattr(self.trainer, "accelerator", None), CUDAAccelerator)
        pin_memory = is_on_gpu  # pinning starts CUDA, so it is only for a GPU
        if is_on_gpu and hasattr(data, "to") and self.num_workers == 0:
            data = data.to(self.trainer.strategy.root_device)
            pin_memory = False  # nothing is left to be copied
        return DataLoader(
            data,
            self.batch_size,
            sampler=sampler,
            # In training, a smaller last batch would weigh its examples more, and compiled code
            # would be compiled again for it.
            drop_last=sampler.drop_last,
            collate_fn=default_convert,
            pin_memory=pin_memory,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
        )


class Sequences(Dataset):
    """Sequences and labels in memory.

    A loader reads them with the batch first, and `SpikingClassifier` puts time first again.

    Args:
        spikes: (seq_length, n, ...), a float or a small integer type
        labels: (n,), int64

    Raises:
        InputError: when spikes have no second axis of as many examples as there are labels
    """

    def __init__(self, spikes: torch.Tensor, labels: torch.Tensor):
        require(
            spikes.dim() >= 3,
            f"spikes are shaped {tuple(spikes.shape)}: they should be (seq_length, n, ...).",
        )
        require(
            len(labels) == spikes.shape[1],
            f"there are {spikes.shape[1]} sequences (the second axis of spikes), "
            f"but {len(labels)} labels.",
        )
        self.spikes = spikes
        self.labels = labels

    def to(self, device: torch.device) -> "Sequences":
        """Return the same sequences in the memory of a GPU."""
        return Sequences(self.spikes.to(device), self.labels.to(device))

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        """Return a sequence, (seq_length, ...), float32, and its label.

        A list of indices gives a batch, (batch, seq_length, ...), and its labels.
        """
        spikes = self.spikes[:, index]
        if not isinstance(index, int):
            spikes = spikes.transpose(0, 1)
        return spikes.float(), self.labels[index]

    __getitems__ = __getitem__  # the DataLoader asks for whole batches by this name
