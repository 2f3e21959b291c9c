import sys

from pytorch_lightning import Trainer

from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier

devices, batch_size = map(int, sys.argv[1:])
trainer = Trainer(
    accelerator="cpu",
    num_nodes=2,
    devices=devices,
    strategy="ddp",
    max_epochs=1,
    logger=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(DigitsClassifier(), DigitsDataModule(source="embedded", batch_size=batch_size))
