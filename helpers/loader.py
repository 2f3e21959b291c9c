"""Data in memory, checked, and read in batches. Each process reads its share."""

from bisect import bisect_right
from collections.abc import Iterator
from zlib import crc32

import torch
from pytorch_lightning import LightningDataModule
from pytorch_lightning.accelerators import CUDAAccelerator
from pytorch_lightning.overrides.distributed import UnrepeatedDistributedSampler
from pytorch_lightning.utilities.seed import isolate_rng
from torch.utils.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    StackDataset,
    Subset,
    TensorDataset,
    default_collate,
    default_convert,
)
from torch.utils.data.distributed import DistributedSampler

from helpers import require
from helpers.run.exact import EPOCH, Seeds, compare


class LoaderDataModule(LightningDataModule):
    """Loaders for self.train, self.val and self.test, which `setup` of a subclass makes.

    Each is a Dataset of pairs: an example and its label. Those that return a whole batch for a list
    of indices, as `Sequences` and `helpers.assets.digits.Digits`, are faster. In several processes
    each reads its share.

    Args:
        batch_size: examples in a batch of one process
        num_workers: processes that load data; 0 is fastest where the data are in memory
        seed: of the order of the examples, which differs in each epoch

    Raises:
        InputError: when an argument is not allowed
    """

    train = None
    val = None
    test = None
    checksum = 0  # of the training data, once a run reads them
    train_on_validation = False  # whether that is wanted

    def __init__(self, batch_size: int = 64, num_workers: int = 0, seed: int = 0):
        super().__init__()
        require(batch_size >= 1, f"batch_size is {batch_size}: it must be at least 1.")
        require(
            0 <= num_workers <= 256,  # each is a process: many more stop the machine
            f"num_workers is {num_workers}: it must be between 0 and 256.",
        )
        require(seed < 2**63, f"seed is {seed}: it must be below 2**63.")
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.seed = seed

    def train_dataloader(self) -> DataLoader:
        # Lightning asks for the loaders, and takes a DistributedSampler as it is.
        shard = DistributedSampler(
            self.train, **self._place(self.train), shuffle=True, seed=self.seed, drop_last=True
        )
        require(
            self.batch_size <= len(shard),
            f"batch_size is {self.batch_size}: a process has {len(shard)} training examples.",
        )
        self.checksum = _checksum(self.train)
        return self._loader(self.train, shard)

    def val_dataloader(self) -> DataLoader:
        return self._each_once(self.val)

    def test_dataloader(self) -> DataLoader:
        if self.test is None:
            self.setup("test")  # asked for before the training
        loader = self._each_once(self.test)
        pairs = [("test", "val"), ("test", "train"), ("val", "train")]
        if self.train_on_validation:
            pairs.pop()
        for name, other in pairs:
            require(
                not _share_examples(getattr(self, name), getattr(self, other)),
                f"self.{name} has the examples of self.{other}: it must be new examples.",
            )
        return loader

    def state_dict(self) -> dict:
        """Return what tells these data from others, for a run that goes on with them."""
        return {"checksum of its training data": self.checksum} if self.checksum else {}

    def load_state_dict(self, state: dict) -> None:
        self.checksum = _checksum(self.train)
        compare(state, self.state_dict())

    def _place(self, data):
        """Return which shard of some data this process reads, and of how many.

        Lightning, or cluster/scaling.py, sets self.trainer.
        """
        require(
            not isinstance(data, DataLoader | None),
            "self.train, self.val or self.test is missing, or a loader: setup of the data must "
            "make a Dataset of each.",
        )
        return {
            "num_replicas": getattr(self.trainer, "world_size", 1),
            "rank": getattr(self.trainer, "global_rank", 0),
        }

    def _each_once(self, data):
        place = self._place(data)
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
            collate_fn=_collate,
            pin_memory=pin_memory,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
        )


def _share_examples(data: Dataset | None, other: Dataset | None) -> bool:
    """Whether most of one part is in another.

    Of data that repeat themselves as a few patterns do, or that are not in memory and are read by
    two datasets, only 32 examples at the beginning and at the end are compared.
    """
    if not data or not other:
        return False
    small, large = sorted((data, other), key=len)
    few, many = _origins(small), _origins(large)
    if len(few & many) > len(few) / 2:
        return True
    few, many = _content_marks(small), _content_marks(large)
    if len(many) > 0.9 * len(large) and len(few & many) > len(few) / 2:
        return True
    places = range(0, len(small), 1 + len(small) // 32)
    return any(
        all(
            torch.equal(torch.as_tensor(small[n][0]), torch.as_tensor(large[start + n][0]))
            for n in places
        )
        for start in (0, len(large) - len(small))
    )


def _content_marks(data: Dataset) -> set[int]:
    """Return a checksum of each example that is in memory, without its label."""
    examples = (_to_numpy(batch[0]) for batch in _read(data))
    return {crc32(example) for batch in examples for example in batch}


def _origins(data: Dataset) -> set[tuple[int, int]]:
    return {_origin(data, n) for n in range(len(data))}


def _origin(data: Dataset, n: int) -> tuple[int, int]:
    """Return from which dataset an example comes, by its id, and its place there."""
    if isinstance(data, Subset):
        return _origin(data.dataset, data.indices[n])
    if isinstance(data, ConcatDataset):
        number = bisect_right(data.cumulative_sizes, n)
        part = data.datasets[number]
        return _origin(part, n - data.cumulative_sizes[number] + len(part))
    return id(data), int(n)


def _checksum(data: Dataset | None) -> int:
    """Return a checksum of all that is in memory, labels as well; 0 if nothing is."""
    checksum = 0
    with isolate_rng():
        Seeds(data)(EPOCH)  # examples may be changed at random as they are read
        for batch in _read(data):
            for part in filter(torch.is_tensor, batch):
                checksum = crc32(_to_numpy(part), checksum)
    return checksum


def _to_numpy(part: torch.Tensor):
    return part.cpu().float().contiguous().numpy()


def _read(data: Dataset | None) -> Iterator:
    """Read what lies in memory: lists, TensorDatasets, what a GPU can hold, and parts of them."""
    if isinstance(data, ConcatDataset):  # whose sequences may differ in length
        for part in data.datasets:
            yield from _read(part)
    elif _is_in_memory(data):
        # a generator of its own leaves the random state as it is
        yield from DataLoader(data, 256, collate_fn=_collate, generator=torch.Generator())


def _is_in_memory(data: Dataset | None) -> bool:
    if isinstance(data, ConcatDataset | StackDataset):
        return all(map(_is_in_memory, data.datasets))
    if hasattr(data, "dataset"):  # a Subset, or a wrapper
        return _is_in_memory(data.dataset)
    return isinstance(data, TensorDataset | list) or hasattr(data, "to")


def _collate(examples):
    """Make a batch, of single examples or of what is one already."""
    if not isinstance(examples, list) or isinstance(examples[0], torch.Tensor):
        return default_convert(examples)
    return default_collate(examples)


def check_batch(batch, n_classes: int | None = None) -> torch.Tensor:
    """Return the examples of a batch.

    Raises:
        InputError: when they are not finite, or their labels are not whole numbers, from 0 to
            n_classes - 1 if that is known
    """
    kinds = sorted({type(part).__name__ for part in batch})
    require(
        len(batch) == 2 and all(isinstance(part, torch.Tensor) for part in batch),
        f"a batch is a {type(batch).__name__} of {len(batch)} parts ({', '.join(kinds)}): it must "
        "be two tensors, examples and labels.",
    )
    x, labels = batch
    require(
        not x.is_complex(),
        f"the data are {x.dtype}: they must be real numbers.",
    )
    require(
        x.numel() and x.float().isfinite().all(),
        f"the data, shaped {tuple(x.shape)}, hold nothing, NaN or infinity: all numbers must be "
        "finite, as float32 too.",
    )
    require(
        labels.dtype in (torch.int64, torch.uint8) and labels.shape == x.shape[:1],
        f"labels are {labels.dtype}, shaped {tuple(labels.shape)}: they must be int64, one for "
        "each example.",
    )
    require(
        n_classes is None or labels.min() >= 0 and labels.max() < n_classes,
        f"n_classes is {n_classes}, and the data have labels from {labels.min()} to "
        f"{labels.max()}: they must be 0 to n_classes - 1.",
    )
    return x


def check_part(data: Dataset, n_classes: int) -> None:
    """Check data that lie in memory."""
    found = set()
    for batch in _read(data):
        check_batch(batch, n_classes)
        found.update(batch[1].tolist())
    require(
        len(found) != 1 or len(data) < 10,
        f"all labels of a part are {found}: it needs examples of several classes.",
    )


class Sequences(Dataset):
    """Sequences and labels in memory.

    A loader reads them with the batch first, and `SpikingClassifier` puts time first again.

    Args:
        spikes: (seq_length, n, ...), a float or a small integer type
        labels: (n,), int64

    Raises:
        InputError: when spikes are complex, or have no second axis of as many examples as there are
            labels
    """

    def __init__(self, spikes: torch.Tensor, labels: torch.Tensor):
        spikes = torch.as_tensor(spikes)  # also of NumPy
        require(
            spikes.dim() >= 3 and not spikes.is_complex(),
            f"spikes are {spikes.dtype}, shaped {tuple(spikes.shape)}: they should be real "
            "numbers, (seq_length, n, ...).",
        )
        require(
            len(labels) == spikes.shape[1],
            f"there are {spikes.shape[1]} sequences (the second axis of spikes), "
            f"but {len(labels)} labels.",
        )
        self.spikes = spikes
        self.labels = torch.as_tensor(labels)

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
        if spikes.dim() == self.spikes.dim():
            spikes = spikes.transpose(0, 1)
        return spikes.float(), self.labels[index]

    __getitems__ = __getitem__  # the DataLoader asks for whole batches by this name
