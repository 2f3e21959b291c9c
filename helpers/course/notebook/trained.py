"""Trained networks, for sections that are read alone.

They come from a small file, or are trained and kept in it.
"""

from collections.abc import Callable
from pathlib import Path

import pytorch_lightning as pl
import torch

from helpers import InputError
from helpers.course.notebook.progress_bar import GrowingBar
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier


def fit(model: pl.LightningModule, data: pl.LightningDataModule, **options) -> pl.LightningModule:
    """Train a model on one device. Keep nothing, and show nothing but the bar.

    options: of the Trainer, such as max_epochs
    """
    trainer = pl.Trainer(
        devices=1,
        callbacks=[GrowingBar()],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        limit_val_batches=0,
        **options,
    )
    trainer.fit(model, data)
    return model.eval()


def trained(
    file: str,
    make: Callable = DigitsClassifier,
    data: pl.LightningDataModule | None = None,
    epochs: int = 2,
) -> pl.LightningModule:
    """Return a model with the weights of a file. If there is no such file yet, train first.

    Args:
        file: holds the weights
        make: makes the model
        data: what it is trained on; None for the embedded digits
        epochs: of that training
    """
    pl.seed_everything(0, verbose=False)
    model = make()
    path = Path(file)
    if path.exists():
        try:
            weights = torch.load(path, weights_only=True)
        except Exception:  # of many kinds
            raise InputError(f"{file} holds no whole weights: remove it, to train anew.") from None
        model.load_state_dict(weights)
    else:
        print(f"There is no {file} yet, so we train, for half a minute at most.")
        fit(model, data or DigitsDataModule(source="embedded"), max_epochs=epochs)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(model.state_dict(), path)
    return model.eval()
