"""Kinds of scripts, each stopped in mid-epoch and started again, some with other workers. Not a test.

python -m tests.studies.exact_cases            all of them
python -m tests.studies.exact_cases GAN        those with this word
"""

import os
import random
import sys

import numpy as np
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
import torchmetrics
from pytorch_lightning import callbacks
from pytorch_lightning.utilities.combined_loader import CombinedLoader
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    get_worker_info,
)

from helpers.run import exact

N_INPUTS = 16
N_CLASSES = 4


# Data


class Noisy(Dataset):
    """Examples with noise of torch, numpy and random."""

    def __init__(self, n: int = 96, seed: int = 0, is_noisy: bool = True):
        generator = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(N_CLASSES, (n,), generator=generator)
        self.x = torch.randn(n, N_INPUTS, generator=generator) + self.labels[:, None]
        self.is_noisy = is_noisy

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        x = self.x[index]
        if self.is_noisy:
            x = torch.roll(x, int(torch.randint(-2, 3, ())))
            x = x + 0.1 * torch.randn(N_INPUTS)
            x = x * float(np.random.uniform(0.5, 1.5))
            if random.random() < 0.5:
                x = x.flip(0)
        return x, self.labels[index]


class OwnGenerators(Noisy):
    """Has generators of its own, as libraries for augmentation have."""

    def __init__(self):
        super().__init__()
        self.by_numpy = np.random.default_rng(5)
        self.deep = {"transforms": [random.Random(1)]}
        self.by_torch = torch.Generator()

    def __getitem__(self, index):
        x, label = super().__getitem__(index)
        x = x * float(self.by_numpy.uniform(0.5, 1.5)) + self.deep["transforms"][0].random()
        return x + 0.1 * torch.randn(N_INPUTS, generator=self.by_torch), label


class Remembers(Noisy):
    """Gives something else the more often it was asked."""

    n_asked = 0

    def __getitem__(self, index):
        self.n_asked += 1
        x, label = super().__getitem__(index)
        return x * (1 + 0.01 * self.n_asked), label


class Stream(IterableDataset):
    """Shuffles in a buffer; each worker has its part."""

    def __init__(self, n: int = 96):
        self.examples = Noisy(n)

    def __iter__(self):
        worker = get_worker_info()
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        buffer = []
        for index in range(first, len(self.examples), step):
            buffer.append(index)
            if len(buffer) > 10:
                yield self.examples[buffer.pop(random.randrange(len(buffer)))]
        while buffer:
            yield self.examples[buffer.pop(random.randrange(len(buffer)))]


class NoLoader:
    """Gives batches, and is no DataLoader."""

    def __len__(self):
        return 12

    def __iter__(self):
        for _ in range(12):
            scale = float(np.random.uniform(1, 2))
            yield torch.randn(8, N_INPUTS) * scale, torch.arange(8) % N_CLASSES


class LazyBatches:
    """Draws batch after batch, by the random numbers of all."""

    def __len__(self):
        return 12

    def __iter__(self):
        for _ in range(12):
            yield random.sample(range(96), 8)


class ShuffledBatches(BatchSampler):
    def __iter__(self):
        batches = list(super().__iter__())
        np.random.shuffle(batches)
        yield from batches


class CountsItself(Sampler):
    """Its order depends on how often it was asked for one."""

    epoch = 0

    def __len__(self):
        return 96

    def __iter__(self):
        self.epoch += 1
        generator = torch.Generator().manual_seed(self.epoch)
        return iter(torch.randperm(96, generator=generator).tolist())


def mix(batch):
    """Collate with mixup."""
    x, labels = default_collate(batch)
    share = np.random.beta(1, 1)
    other = torch.randperm(len(x))
    return share * x + (1 - share) * x[other], labels


def shuffled(dataset=None, **options) -> DataLoader:
    return DataLoader(dataset or Noisy(), 8, shuffle=True, **options)


def ordered(dataset=None, **options) -> DataLoader:
    return DataLoader(dataset or Noisy(), 8, **options)


class Data(pl.LightningDataModule):
    """Makes its loaders when it is asked."""

    def __init__(self, make_train=shuffled, make_val=None):
        super().__init__()
        self.make_train = make_train
        self.make_val = make_val or (lambda: ordered(Noisy(40, 1, is_noisy=False)))

    def setup(self, stage):
        self.drawn = torch.randperm(4)

    def train_dataloader(self):
        return self.make_train()

    def val_dataloader(self):
        return self.make_val()


# Models


class Model(pl.LightningModule):
    schedule = None

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(N_INPUTS, 32),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(32, N_CLASSES),
        )

    def loss(self, batch):
        return F.cross_entropy(self.net(batch[0]), batch[1])

    def training_step(self, batch, batch_idx):
        loss = self.loss(batch)
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.loss(batch))

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), 1e-2)
        if self.schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": self.schedule(optimizer)}


class EachStep(Model):
    def schedule(self, optimizer):
        one = lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=200)
        return {"scheduler": one, "interval": "step"}


class EachEpoch(Model):
    def schedule(self, optimizer):
        return {"scheduler": lr_scheduler.StepLR(optimizer, 1, 0.7)}


class Plateau(Model):
    monitor = "val_loss"

    def schedule(self, optimizer):
        one = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5, threshold=0.3)
        return {"scheduler": one, "monitor": self.monitor}


class TrainPlateau(Plateau):
    monitor = "train_loss_epoch"


class StepPlateau(Model):
    def schedule(self, optimizer):
        one = lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, factor=0.9)
        return {"scheduler": one, "monitor": "train_loss", "interval": "step"}


class Gan(pl.LightningModule):
    """Two optimisers by hand, which step every few batches."""

    n_accumulated = 1

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.make = nn.Sequential(
            nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 16)
        )
        self.judge = nn.Sequential(nn.Linear(16, 32), nn.Dropout(0.2), nn.ReLU(), nn.Linear(32, 1))

    def loss(self, x, label):
        logits = self.judge(x)
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))

    def draw(self, n):
        return self.make(torch.randn(n, 8))

    def training_step(self, batch, batch_idx):
        n = len(batch[0])
        steps = (batch_idx + 1) % self.n_accumulated == 0
        maker, judge = self.optimizers()
        maker_schedule, judge_schedule = self.lr_schedulers()
        maker_loss = self.loss(self.draw(n), 1.0)
        self.manual_backward(maker_loss)
        if steps:
            maker.step()
            maker.zero_grad()
            maker_schedule.step()
        if self.n_accumulated == 1:
            judge.zero_grad()
        judge_loss = self.loss(batch[0], 1.0) + self.loss(self.draw(n).detach(), 0.0)
        self.manual_backward(judge_loss)
        if steps:
            judge.step()
            judge.zero_grad()
            judge_schedule.step()
        self.log_dict({"maker": maker_loss, "judge": judge_loss}, on_step=True, on_epoch=True)

    def validation_step(self, batch, batch_idx):
        self.log("val_judge", self.judge(self.draw(8)).mean())

    def configure_optimizers(self):
        maker = torch.optim.Adam(self.make.parameters(), 1e-3)
        judge = torch.optim.SGD(self.judge.parameters(), 1e-2, momentum=0.9)
        schedulers = [lr_scheduler.StepLR(maker, 5, 0.9), lr_scheduler.StepLR(judge, 7, 0.9)]
        return [maker, judge], schedulers


class AccumulatingGan(Gan):
    n_accumulated = 3


class Hooks(Model):
    """Hooks without super, and random numbers in them."""

    n_seen = 0

    def on_train_batch_start(self, batch, batch_idx):
        self.n_seen += 1

    def on_after_batch_transfer(self, batch, dataloader_idx):
        x, labels = batch
        if self.training:
            x = x + 0.1 * torch.randn(N_INPUTS)
        return x, labels

    def on_train_epoch_start(self):
        self.shift = float(torch.randn(()))

    def training_step(self, batch, batch_idx):
        shifted = self.shift * 0.01 * self.net[0].weight.sum()
        return self.loss(batch) * (1 + 0.1 * self.n_seen) + shifted


class Collects(TrainPlateau):
    """A list of tensors, metrics of torchmetrics, a buffer in no checkpoint, a dict that counts."""

    def __init__(self):
        super().__init__()
        self.losses = []
        self.mean = torchmetrics.MeanMetric()
        self.all = torchmetrics.CatMetric()
        self.register_buffer("average", torch.zeros(()), persistent=False)
        self.counted = {"batches": 0}

    def training_step(self, batch, batch_idx):
        loss = self.loss(batch)
        self.losses.append(loss.detach())
        self.mean(loss.detach())
        self.all.update(loss.detach())
        self.log("train_loss", loss, on_epoch=True)
        self.log("mean", self.mean, on_epoch=True, on_step=False)
        self.average.mul_(0.9).add_(loss.detach())
        self.counted["batches"] += 1
        pull = 0.001 * self.counted["batches"] * self.net[0].bias.sum()
        return loss * (1 + 0.1 * self.average) + pull

    def on_train_epoch_end(self):
        mean = self.all_gather(torch.stack(self.losses)).mean()  # else the processes drift apart
        self.losses.clear()
        self.log("mean_of_list", mean)
        self.log("deviation", self.all.compute().std())
        self.all.reset()
        for group in self.optimizers().param_groups:
            group["lr"] *= float(mean.clamp(0.5, 1.1))


class Counts(callbacks.Callback):
    """Has no state_dict, counts, and changes weights."""

    n_batches = 0

    def on_train_batch_end(self, trainer, module, *arguments):
        self.n_batches += 1
        with torch.no_grad():
            module.net[0].weight.mul_(1 - 0.001 * (self.n_batches % 5))


class EndsEpochs(Model):
    def on_train_batch_start(self, batch, batch_idx):
        if batch_idx == 8:
            return -1


class TakesIterator(Model):
    def training_step(self, dataloader_iter):
        batch, _, _ = next(dataloader_iter)
        return self.loss(batch)


class Spectral(Model):
    def __init__(self):
        super().__init__()
        self.net[0] = nn.utils.parametrizations.spectral_norm(self.net[0])


class TwoLoaders(Model):
    def training_step(self, batch, batch_idx):
        loss = self.loss(batch["a"])
        if batch["b"] is not None:
            loss = loss + self.loss(batch["b"])
        self.log("train_loss", loss, on_step=True, on_epoch=True, batch_size=8)
        return loss


# Cases: a name, the model, the training loader of a start, and options


def workers(*numbers: int):
    """A loader with so many workers in each start; the last number holds from there on."""
    return lambda start: shuffled(num_workers=numbers[min(start, len(numbers) - 1)])


def stream(dataset, *numbers: int, **options):
    return lambda start: ordered(
        dataset, num_workers=numbers[min(start, len(numbers) - 1)], **options
    )


def weighted(start: int) -> DataLoader:
    weights = torch.rand(96, generator=torch.Generator().manual_seed(1))
    return ordered(sampler=WeightedRandomSampler(weights, 96))


def shuffled_batches(start: int) -> DataLoader:
    batches = ShuffledBatches(RandomSampler(range(96)), 8, False)
    return DataLoader(Noisy(), batch_sampler=batches)


def lazy_batches(start: int) -> DataLoader:
    return DataLoader(Noisy(), batch_sampler=LazyBatches(), num_workers=0 if start else 2)


def whole_batches(start: int) -> DataLoader:
    dataset = TensorDataset(torch.randn(20, 8, N_INPUTS), torch.randint(N_CLASSES, (20, 8)))
    return DataLoader(dataset, batch_size=None, shuffle=True)


def two(start: int, n_other: int = 40) -> dict[str, DataLoader]:
    return {"a": shuffled(num_workers=0 if start else 1), "b": shuffled(Noisy(n_other, 3))}


def plain(start: int) -> DataLoader:
    return shuffled()


def persistent(start: int) -> DataLoader:
    return shuffled(num_workers=2, persistent_workers=True)


MANY_CALLBACKS = lambda: [  # noqa: E731
    Counts(),
    callbacks.LearningRateMonitor(),
    callbacks.ModelCheckpoint(monitor="val_loss", save_top_k=2),
]
AVERAGED = lambda: [callbacks.EMAWeightAveraging(decay=0.9)]  # noqa: E731
SWA = lambda: [callbacks.StochasticWeightAveraging(0.01, 2, 2)]  # noqa: E731
STOPPING = lambda: [callbacks.EarlyStopping("val_loss", patience=1, min_delta=0.3)]  # noqa: E731
SOON = lambda: [callbacks.EarlyStopping("val_loss", patience=2, min_delta=0.2)]  # noqa: E731
HALF = {"val_check_interval": 0.5}
QUARTER = {"val_check_interval": 0.25}

CASES = {
    "plain": (Model, plain, {}),
    "workers 2": (Model, workers(2), {}),
    "workers 2, then 1, 0, 3": (Model, workers(2, 1, 0, 3), {}),
    "persistent_workers": (Model, persistent, {}),
    "own generators in the dataset": (
        Model,
        lambda start: shuffled(OwnGenerators(), num_workers=0 if start else 2),
        {},
    ),
    "random collate_fn": (
        Model,
        lambda start: shuffled(num_workers=1 if start else 2, collate_fn=mix),
        {},
    ),
    "GAN, by hand": (Gan, plain, {}),
    "GAN, accumulating by hand": (AccumulatingGan, plain, {}),
    "accumulate_grad_batches 5": (EachStep, plain, {"accumulate_grad_batches": 5}),
    "val_check_interval 0.5": (Model, plain, HALF),
    "plateau each step": (StepPlateau, plain, HALF),
    "validation every 5 batches": (
        Model,
        plain,
        {"val_check_interval": 5, "check_val_every_n_epoch": None},
    ),
    "random validation": (Plateau, plain, {**QUARTER, "val": lambda: shuffled(Noisy(40, 1))}),
    "batch_sampler, lazy": (Model, lazy_batches, {}),
    "batch_sampler, shuffled": (Model, shuffled_batches, {}),
    "WeightedRandomSampler": (Model, weighted, {}),
    "SubsetRandomSampler": (
        Model,
        lambda start: ordered(sampler=SubsetRandomSampler(range(0, 96, 2))),
        {},
    ),
    "no shuffle, no drop_last": (Model, lambda start: ordered(Noisy(90)), {}),
    "batch_size None": (Model, whole_batches, {}),
    "IterableDataset": (Model, stream(Stream(), 0), {}),
    "IterableDataset, workers 2": (Model, stream(Stream(), 2), {}),
    "not exact: IterableDataset, persistent workers": (
        Model,
        stream(Stream(), 2, persistent_workers=True),
        {},
    ),
    "not exact: IterableDataset, workers 2 then 1": (Model, stream(Stream(), 2, 1), {}),
    "CombinedLoader max_size_cycle": (TwoLoaders, two, {}),
    "CombinedLoader min_size": (
        TwoLoaders,
        lambda start: CombinedLoader(two(start, 64), "min_size"),
        {},
    ),
    "CombinedLoader max_size": (
        TwoLoaders,
        lambda start: CombinedLoader(two(start), "max_size"),
        {},
    ),
    "loaders, no DataModule": (Model, plain, {"loaders": True}),
    "no DataLoader": (Model, lambda start: NoLoader(), {"loaders": True}),
    "hooks without super": (Hooks, workers(2, 0), {}),
    "on_train_batch_start returns -1": (EndsEpochs, plain, {}),
    "dataloader_iter": (TakesIterator, plain, {}),
    "a list, metrics, buffers": (Collects, plain, {}),
    "many callbacks": (Model, plain, {"callbacks": MANY_CALLBACKS}),
    "schedule of epochs": (EachEpoch, plain, {}),
    "plateau of train_loss_epoch": (TrainPlateau, plain, {}),
    "plateau of val_loss": (Plateau, plain, {}),
    "EMA": (Model, plain, {"callbacks": AVERAGED}),
    "not exact: StochasticWeightAveraging": (Model, plain, {"callbacks": SWA}),
    "EarlyStopping": (Model, plain, {"callbacks": STOPPING}),
    "EarlyStopping in mid-epoch": (Model, plain, {"callbacks": SOON, **QUARTER}),
    "reload_dataloaders": (Model, whole_batches, {"reload_dataloaders_every_n_epochs": 1}),
    "spectral_norm, clipping": (Spectral, plain, {"gradient_clip_val": 0.5}),
    "not exact: sampler that counts": (Model, lambda start: ordered(sampler=CountsItself()), {}),
    "not exact: dataset with a memory": (Model, lambda start: shuffled(Remembers()), {}),
}
IN_PROCESSES = (  # also in two
    "plain",
    "workers 2, then 1, 0, 3",
    "WeightedRandomSampler",
    "batch_sampler, shuffled",
    "no shuffle, no drop_last",
    "GAN, by hand",
    "a list, metrics, buffers",
    "accumulate_grad_batches 5",
    "EMA",
)


def train_case(name: str, size: str = "1") -> None:
    """Train a case in so many processes."""
    start = int(os.environ.get(exact.PROOF, "").endswith("resumed"))
    module, make, options = CASES[name]
    options = dict(options)
    pl.seed_everything(0)
    val = options.pop("val", None)
    data = [Data(lambda: make(start), val)]
    if options.pop("loaders", False):
        data = [make(start), Data().val_dataloader()]
    if "callbacks" in options:
        options["callbacks"] = options["callbacks"]()
    exact.fit(
        "cases",
        module(),
        *data,
        every_n_train_steps=4,
        accelerator="cpu",
        devices=int(size),
        strategy="auto" if size == "1" else "ddp_find_unused_parameters_true",
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )


def prove_all(only: str) -> None:
    """Prove all cases with this word in one process, and some of them in two."""
    for size, names in {"1": CASES, "2": IN_PROCESSES}.items():
        for name in [name for name in names if only in name]:
            print(f"\n{name}, {size} processes", flush=True)
            exact.prove(__file__, name, size)


if __name__ == "__main__":
    if exact.PROOF in os.environ:
        train_case(*sys.argv[1:])
    else:
        prove_all(*sys.argv[1:] or [""])
