"""What cannot be exact, or changes on resuming: python told.py FOLDER PROCESSES"""

import os
import sys

import torch
from pytorch_lightning import callbacks, seed_everything
from pytorch_lightning.demos.boring_classes import BoringModel
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler

from helpers.run.exact import fit


class Memory(Dataset):
    n_asked = 0

    def __len__(self):
        return 64

    def __getitem__(self, index):
        self.n_asked += 1
        return torch.full((32,), float(self.n_asked))


class Counting(Sampler):
    epoch = 0

    def __iter__(self):
        self.epoch += 1
        return iter(range(64))

    def __len__(self):
        return 64


class Stream(IterableDataset):
    def __iter__(self):
        return iter(torch.rand(64, 32))


class Model(BoringModel):
    def __init__(self, thing):
        super().__init__()
        self.save_hyperparameters()


n = int(os.environ.get("STREAM", 0))
options = {"max_epochs": 3, "accelerator": "cpu", "devices": int(sys.argv[2]), "logger": False}
model = BoringModel()
if n > 0:
    seed_everything(n)
    torch.set_num_threads(n)
    loader = DataLoader(Stream(), n, num_workers=n - 1)
else:
    loader = DataLoader(Memory(), 4, sampler=Counting())
    averaging = callbacks.StochasticWeightAveraging(0.1)
    options["callbacks"] = [averaging, callbacks.Timer("00:01:00:00")]
    if "CODE" in os.environ:
        model = Model(print)
trainer = fit(sys.argv[1], model, loader, **options)
