"""Data in memory, read in batches: each process its share, and after a stop the very next batch."""

import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset, default_convert
from torch.utils.data.distributed import DistributedSampler

from helpers import require


class ShardSampler(DistributedSampler):
    """Each image once, dealt out among the processes: DistributedSampler repeats some to fill up the last shard."""

    def __iter__(self):
        return iter(range(self.rank, len(self.dataset), self.num_replicas))

    def __len__(self):
        return len(range(self.rank, len(self.dataset), self.num_replicas))


class ResumableLoader(DataLoader):
    """A DataLoader that knows how many batches of the epoch it has given, and can go on from there."""

    epoch = given = skip = 0

    def __iter__(self):
        # A generator starts at the first next(), when Lightning has told the sampler its epoch. A checkpoint written at
        # the end of an epoch must not make the next one shorter.
        epoch = getattr(self.sampler, "epoch", 0)
        first = self.skip if epoch == self.epoch else 0
        self.epoch, self.skip = epoch, 0
        for self.given, batch in enumerate(super().__iter__(), start=1):
            if self.given > first:
                yield batch

    @property
    def position(self) -> dict[str, int]:
        return {"epoch": self.epoch, "given": self.given % len(self)}

    @position.setter
    def position(self, position: dict[str, int]) -> None:
        self.epoch = position["epoch"]
        self.skip = self.given = position["given"]


class Sequences(Dataset):
    """Spikes and labels in memory, read as batches with the batch first: the network puts time first again.

    spikes: (seq_length, n, ...), a float or a small integer type; labels: (n,), int64
    """

    def __init__(self, spikes: torch.Tensor, labels: torch.Tensor):
        require(spikes.dim() >= 3, f"spikes are shaped {tuple(spikes.shape)}: (seq_length, n, ...) is needed.")
        n = spikes.shape[1]
        require(len(labels) == n, f"there are {n} sequences, by the second axis of spikes, but {len(labels)} labels.")
        self.spikes, self.labels = spikes, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        """With a list of indices a batch, (batch, seq_length, ...), float32; and the labels, (batch,)."""
        spikes = self.spikes[:, index]
        return (spikes if isinstance(index, int) else spikes.transpose(0, 1)).float(), self.labels[index]

    __getitems__ = __getitem__  # the DataLoader asks for whole batches by this name


class LoaderDataModule(LightningDataModule):
    """Loaders for self.train, self.val and self.test, which `setup` of a subclass makes.

    In several processes each reads its share; a run that was stopped goes on with the very next batch.
    batch_size, num_workers, seed: see `helpers.data.DigitsDataModule`
    """

    def __init__(self, batch_size: int = 64, num_workers: int = 0, seed: int = 0):
        super().__init__()
        require(batch_size >= 1, f"batch_size is {batch_size}: it must be at least 1.")
        require(num_workers >= 0, f"num_workers is {num_workers}: it must be at least 0.")
        self.batch_size, self.num_workers, self.seed = batch_size, num_workers, seed
        self._train_loader, self._position = None, {"epoch": 0, "given": 0}

    def train_dataloader(self) -> DataLoader:
        shard = DistributedSampler(self.train, **self._place(), shuffle=True, seed=self.seed, drop_last=True)
        there = len(shard)
        require(self.batch_size <= there, f"batch_size is {self.batch_size}: a process has {there} training examples.")
        # A smaller last batch would weigh its images more, and compiled code would be compiled again for it.
        self._train_loader = self._loader(self.train, shard, drop_last=True)
        self._train_loader.position = self._position
        return self._train_loader

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.val, ShardSampler(self.val, **self._place()))

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.test, ShardSampler(self.test, **self._place()))

    def state_dict(self) -> dict[str, int]:
        """The position in the training data. Lightning keeps it in each checkpoint, under the name of this class."""
        return self._train_loader.position if self._train_loader else {}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on there: Lightning calls this before it asks for the loader."""
        self._position = state or self._position

    def _place(self) -> dict[str, int]:
        """Which shard of the data this process reads."""
        trainer = self.trainer
        return {"num_replicas": trainer.world_size if trainer else 1, "rank": trainer.global_rank if trainer else 0}

    def _loader(self, data, sampler, drop_last=False):
        workers = {"num_workers": self.num_workers, "persistent_workers": self.num_workers > 0}
        pin_memory = torch.cuda.is_available()
        return ResumableLoader(
            data,
            self.batch_size,
            sampler=sampler,
            drop_last=drop_last,
            collate_fn=default_convert,
            pin_memory=pin_memory,
            **workers,
        )
