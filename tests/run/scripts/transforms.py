"""Pictures with torchvision's random transforms: python transforms.py FOLDER PROCESSES"""

import os
import random
import sys

import numpy as np
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision.transforms import v2

from helpers.run.exact import fit


class Pictures(Dataset):
    def __init__(self):
        self.labels = torch.arange(200) % 4
        self.pictures = torch.rand(200, 1, 12, 12) + self.labels.view(-1, 1, 1, 1) / 4
        crop = v2.RandomResizedCrop(12, scale=(0.6, 1.0))
        self.transform = v2.Compose([crop, v2.RandomHorizontalFlip(), v2.RandomRotation(15)])

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        picture = self.transform(self.pictures[index]) * np.random.uniform(0.8, 1.2)
        if random.random() < 0.3:
            picture = picture.roll(1, 2)
        return picture.float(), self.labels[index]


class Data(pl.LightningDataModule):
    def setup(self, stage):
        self.train, self.rest = random_split(Pictures(), [160, 40])
        n_workers = int(os.environ.get("WORKERS", 0))
        self.workers = {"num_workers": n_workers, "persistent_workers": n_workers > 0}

    def train_dataloader(self):
        context = os.environ.get("CONTEXT")
        return DataLoader(
            self.train, 8, shuffle=True, multiprocessing_context=context, **self.workers
        )

    def val_dataloader(self):
        val, _ = random_split(self.rest, [32, 8])
        return DataLoader(val, 8, **self.workers)


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        conv = nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU()
        self.net = nn.Sequential(*conv, nn.Flatten(), nn.Dropout(0.2), nn.Linear(800, 4))

    def training_step(self, batch, batch_idx, name="train_loss"):
        loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log(name, loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.training_step(batch, batch_idx, "val_loss")

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters())
        n_steps = self.trainer.estimated_stepping_batches
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=n_steps)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


if __name__ == "__main__":
    pl.seed_everything(1)
    cpu = {"accelerator": "cpu", "devices": int(sys.argv[2])}
    trainer = fit(sys.argv[1], Model(), Data(), max_epochs=3, logger=False, **cpu)
