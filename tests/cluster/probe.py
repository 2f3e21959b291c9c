"""What one process of a run saw: a callback used by test_two_processes.py."""

import zlib

import torch
from pytorch_lightning import Callback


class Probe(Callback):
    """Writes to probe-<rank>.pt in the working folder.

    train, val, test: a checksum of each image, in the order in which this process had them
    gradients: what the optimizer got, for each step
    weights: at the end of training
    metrics: of validation and test
    """

    def __init__(self):
        self.seen = {
            "train": [],
            "val": [],
            "test": [],
            "gradients": [],
            "weights": {},
            "metrics": {},
        }

    def on_train_batch_start(self, trainer, module, batch, batch_idx, dataloader_idx=0):
        part = trainer.state.stage.dataloader_prefix
        self.seen[part] += [zlib.crc32(image.numpy().tobytes()) for image in batch[0]]

    on_validation_batch_start = on_test_batch_start = on_train_batch_start

    def on_before_optimizer_step(self, trainer, module, optimizer):
        self.seen["gradients"].append(
            {name: p.grad.clone() for name, p in module.named_parameters()}
        )

    def on_validation_end(self, trainer, module):
        self.seen["metrics"].update(
            {name: value.item() for name, value in trainer.callback_metrics.items()}
        )

    on_test_end = on_validation_end

    def on_train_end(self, trainer, module):
        self.seen["weights"] = {name: p.detach().clone() for name, p in module.named_parameters()}

    def teardown(self, trainer, module, stage):
        torch.save(self.seen, f"probe-{trainer.global_rank}.pt")
