"""Trained networks for sections that are read alone: from a small file in this folder, or trained and kept there."""

from collections.abc import Callable
from pathlib import Path

import pytorch_lightning as pl
import torch

from helpers.classifier import SpikingClassifier
from helpers.data import DigitsDataModule
from helpers.notebook.progress_bar import GrowingBar


def fit(model: pl.LightningModule, data: pl.LightningDataModule, **options) -> pl.LightningModule:
    """Train a model on one device, and keep and show nothing but the bar; options: of the Trainer, as max_epochs."""
    nothing = {"logger": False, "enable_checkpointing": False, "enable_model_summary": False, "limit_val_batches": 0}
    pl.Trainer(accelerator="auto", devices=1, callbacks=[GrowingBar()], **nothing, **options).fit(model, data)
    return model.eval()


def trained(file: str, make: Callable[[], pl.LightningModule] = SpikingClassifier) -> pl.LightningModule:
    """What make gives, with the weights in the file. Where there is none, they are trained for two epochs of digits."""
    pl.seed_everything(0, verbose=False)
    model, path = make(), Path(file)
    if path.exists():
        model.load_state_dict(torch.load(path, weights_only=True))
    else:
        print(f"There is no {file} in this folder yet, so we train: two epochs, half a minute at most.")
        fit(model, DigitsDataModule(source="embedded"), max_epochs=2)
        torch.save(model.state_dict(), path)
    return model.eval()
