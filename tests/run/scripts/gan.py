"""Two nets against each other, optimised by hand: python gan.py FOLDER PROCESSES"""

import sys

import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helpers.run.exact import fit


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.make = nn.Sequential(
            nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 16)
        )
        self.judge = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 1))
        self.losses = []

    def loss(self, examples, label):
        logits = self.judge(examples)
        return nn.functional.binary_cross_entropy_with_logits(
            logits, torch.full_like(logits, label)
        )

    def training_step(self, batch, batch_idx):
        maker, judge = self.optimizers()
        self.toggle_optimizer(maker)
        made = self.make(torch.randn(len(batch[0]), 8))
        loss = self.loss(made, 1.0)
        self.manual_backward(loss)
        maker.step()
        maker.zero_grad()
        self.untoggle_optimizer(maker)

        self.toggle_optimizer(judge)
        judge_loss = self.loss(batch[0], 0.9) + self.loss(made.detach(), 0.0)
        self.manual_backward(judge_loss)
        if batch_idx % 2 == 1:
            self.clip_gradients(judge, 1.0, "norm")
            judge.step()
            judge.zero_grad()
        self.untoggle_optimizer(judge)

        if batch_idx % 5 == 4:
            self.lr_schedulers()[1].step()
        self.losses.append(torch.stack([loss, judge_loss]).detach())
        self.log_dict({"loss": loss, "judge_loss": judge_loss}, on_step=True, on_epoch=True)

    def on_train_epoch_end(self):
        loss, judge_loss = torch.stack(self.losses).mean(0)
        self.losses.clear()
        self.log("balance", loss - judge_loss)
        if loss > judge_loss / 2:
            self.lr_schedulers()[0].step()

    def configure_optimizers(self):
        maker = torch.optim.Adam(self.make.parameters(), 2e-3, betas=(0.5, 0.9))
        judge = torch.optim.SGD(self.judge.parameters(), 1e-2, momentum=0.9)
        step = torch.optim.lr_scheduler.StepLR
        return [maker, judge], [step(maker, 1, 0.8), step(judge, 2, 0.9)]


if __name__ == "__main__":
    pl.seed_everything(2)
    loader = DataLoader(TensorDataset(torch.randn(160, 16).cumsum(1)), 8, shuffle=True)
    n_processes = int(sys.argv[2])
    trainer = fit(
        sys.argv[1],
        Model(),
        loader,
        every_n_train_steps=6,
        max_epochs=3,
        logger=False,
        accelerator="cpu",
        devices=n_processes,
        strategy="ddp_find_unused_parameters_true" if n_processes > 1 else "auto",
    )
