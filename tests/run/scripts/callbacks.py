"""Many callbacks and a logger of its own: python callbacks.py FOLDER PROCESSES"""

import json
import sys
from pathlib import Path

import pytorch_lightning as pl
import torch
import torchmetrics
from pytorch_lightning import callbacks
from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities import rank_zero_only
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

from helpers.run.exact import fit


class Lines(Logger):
    name = "lines"
    version = 0

    def __init__(self, folder):
        super().__init__()
        self.path = Path(folder, "log")

    @rank_zero_only
    def log_metrics(self, metrics, step):
        with open(self.path, "a") as file:
            print(json.dumps([step, metrics]), file=file)

    def log_hyperparams(self, *arguments):
        pass


class Shrink(pl.Callback):
    """Every third batch all weights shrink, the more the later, and by chance."""

    def __init__(self):
        self.rates = []

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])
        if len(self.rates) % 3 == 0:
            with torch.no_grad():
                for weight in module.parameters():
                    weight.mul_(1 - 1e-4 * len(self.rates) - 0.1 * sum(self.rates[-5:]))
                    weight.add_(1e-3 * torch.randn_like(weight))


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 4))
        self.accuracy = torchmetrics.Accuracy("multiclass", num_classes=4)

    def training_step(self, batch, batch_idx):
        logits = self.net(batch[0])
        loss = nn.functional.cross_entropy(logits, batch[1])
        self.accuracy(logits, batch[1])
        self.log("accuracy", self.accuracy, on_step=True, on_epoch=True)
        self.log("loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, batch_idx):
        logits = self.net(batch[0] + torch.randn(16))
        self.log("val_loss", nn.functional.cross_entropy(logits, batch[1]), sync_dist=True)

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), 1e-2)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
        return {"optimizer": optimizer, "lr_scheduler": plateau, "monitor": "val_loss"}


folder = sys.argv[1]
pl.seed_everything(3)
x = torch.randn(200, 16)
train, val = random_split(TensorDataset(x, x[:, :4].argmax(1)), [160, 40])
trainer = fit(
    folder,
    Model(),
    DataLoader(train, 8, shuffle=True),
    DataLoader(val, 8),
    every_n_train_steps=4,
    max_epochs=3,
    accelerator="cpu",
    devices=int(sys.argv[2]),
    accumulate_grad_batches=2,
    val_check_interval=0.5,
    log_every_n_steps=2,
    logger=Lines(folder),
    callbacks=[
        callbacks.ModelCheckpoint(folder, monitor="val_loss", save_top_k=2),
        callbacks.EarlyStopping("val_loss", patience=5),
        callbacks.LearningRateMonitor(),
        callbacks.EMAWeightAveraging(decay=0.9),
        Shrink(),
    ],
)
