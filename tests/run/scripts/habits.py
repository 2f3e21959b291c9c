"""Habits of many scripts, each of which a checkpoint in mid-epoch forgets: python habits.py FOLDER PROCESSES"""

import dataclasses
import sys
from collections import defaultdict, deque, namedtuple

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning import callbacks
from pytorch_lightning.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, default_collate

from helpers.run.exact import fit

OF_THE_SCRIPT = np.random.default_rng(0)
Mean = namedtuple("Mean", "value n")


@dataclasses.dataclass
class Phase:
    n_batches: int = 0


class Schedule:
    n_calls = 0

    def __call__(self):
        self.n_calls += 1
        return 0.99**self.n_calls


class Lookahead(torch.optim.SGD):
    """Has a state beside the state of an optimiser."""

    def __init__(self, weights, lr):
        super().__init__(weights, lr)
        self.n_steps = 0
        self.slow = [weight.detach().clone() for weight in self.param_groups[0]["params"]]

    def step(self, closure=None):
        loss = super().step(closure)
        self.n_steps += 1
        if self.n_steps % 5 == 0:
            for slow, weight in zip(self.slow, self.param_groups[0]["params"], strict=True):
                slow.lerp_(weight.data, 0.5)
                weight.data.copy_(slow)
        return loss


class Clip(pl.Callback):
    """Has other names for the weights, and random numbers of its own."""

    def setup(self, trainer, module, stage):
        module.net[4].bias.requires_grad = False  # DDP then leaves it out, also later

    def on_fit_start(self, trainer, module):
        self.weights = [weight.data for weight in module.net.parameters()]
        self.rng = np.random.default_rng(1)

    def on_train_epoch_start(self, trainer, module):
        if trainer.current_epoch == 1:
            module.net[1].eval()
            module.net[4].bias.requires_grad = True
        module.net[3].p = 0.2 * trainer.current_epoch
        trainer.gradient_clip_val = 0.5 * trainer.current_epoch or None
        trainer.optimizers[0].param_groups[0]["lr"] *= 0.9
        with torch.no_grad():
            module.net[0].weight.mul_(0.9)

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        module.noise = self.rng.random()

    def on_train_batch_end(self, *arguments):
        for weight in self.weights:
            weight.clamp_(-0.3, 0.3)


class Scale(pl.Callback):
    """Keeps, in its state_dict, what this process has seen."""

    mean = 1.0
    n_epochs = 0

    def on_train_epoch_start(self, trainer, module):
        self.n_epochs += 1

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        self.mean = 0.9 * self.mean + 0.1 * float(outputs["loss"].detach())
        module.scale = self.n_epochs / self.mean

    def state_dict(self):
        return {"mean": self.mean, "n_epochs": self.n_epochs}

    def load_state_dict(self, state):
        vars(self).update(state)


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        layers = nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.0), nn.Linear(16, 3)
        self.net = nn.Sequential(*layers)
        self.mean = self.net[1].running_mean
        self.scale = 1.0
        self.recent = {"loss": deque(maxlen=5)}
        self.seen = defaultdict(lambda: deque(maxlen=3))
        self.labels = {"seen": set()}
        self.state = Mean(np.float32(1), 0)
        self.counts = {"labels": np.zeros(3)}
        self.delta = torch.zeros(8, requires_grad=True)
        self.phase = Phase()
        self.schedule = Schedule()

    def on_train_epoch_start(self):
        self.log("began", float(self.current_epoch))
        self.rng = np.random.default_rng(self.current_epoch)

    def training_step(self, batch, batch_idx):
        x, labels = batch
        x = x + self.delta + torch.as_tensor(self.rng.normal(size=8), dtype=torch.float32)
        loss = nn.functional.cross_entropy(self.net(x) / self.schedule(), labels)
        value = loss.detach().numpy()
        self.recent["loss"].append(float(value))
        self.seen[int(labels[0])].append(float(value))
        self.labels["seen"].add(int(labels[0]))
        self.state = Mean(0.9 * self.state.value + 0.1 * value, self.state.n + 1)
        self.counts["labels"] += np.bincount(labels.numpy(), minlength=3)
        self.phase.n_batches += 1
        self.log("loss", loss)
        factors = [self.scale + self.noise, np.mean(self.recent["loss"]), float(self.state.value)]
        factors += [len(self.labels["seen"]), 1 + self.counts["labels"][0] / 1000]
        factors += [1 + self.phase.n_batches / 1000, 1 + sum(map(sum, self.seen.values())) / 1000]
        return loss * float(np.prod(factors)) + 0.1 * (self.net[0].bias * self.mean).sum()

    def on_after_backward(self):
        with torch.no_grad():
            self.delta += 0.05 * self.delta.grad.sign()
            self.delta.grad.zero_()

    def configure_optimizers(self):
        return Lookahead(self.net.parameters(), 0.05)


def mix(examples):
    x, labels = default_collate(examples)
    share = OF_THE_SCRIPT.beta(0.4, 0.4)
    return (share * x + (1 - share) * x.flip(0)).float(), labels


if __name__ == "__main__":
    pl.seed_everything(2)
    dataset = TensorDataset(torch.randn(160, 8), torch.randint(3, (160,)))
    trainer = fit(
        sys.argv[1],
        Model(),
        DataLoader(dataset, 8, shuffle=True, collate_fn=mix),
        every_n_train_steps=7,
        max_epochs=3,
        accelerator="cpu",
        devices=int(sys.argv[2]),
        logger=CSVLogger(sys.argv[1]),
        log_every_n_steps=2,
        callbacks=[
            callbacks.GradientAccumulationScheduler({0: 1, 1: 3}),
            callbacks.ModelCheckpoint(
                monitor="loss", save_top_k=2, every_n_train_steps=4, filename="{step}"
            ),
            callbacks.ModelPruning(
                "l1_unstructured",
                parameter_names=["weight"],
                amount=lambda epoch: 0.3 * (epoch == 0),
            ),
            Clip(),
            Scale(),
        ],
    )
