"""What `fit` of helpers.run.exact costs beside a plain Trainer.fit of the same script. Not a test.

    python -m tests.studies.exact_cost                 21 rounds: a few minutes
    python -m tests.studies.exact_cost --rounds 2      a glance

The two take turns, in one process with one thread, without workers and with two. A round trains
each once, for 401 short steps, and both write a checkpoint every 50. It prints the median and the
range of the rounds' medians, and of what `fit` costs more than its neighbour in the same round.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from pytorch_lightning import LightningModule, Trainer, seed_everything
from pytorch_lightning.callbacks import LambdaCallback, ModelCheckpoint
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from helpers.run.exact import fit, name_of_processor
from helpers.setup import environment
from tests.studies.progress import say

STEPS = 401
SAVES = 50  # steps between two checkpoints
BATCH = 8


class Pictures(Dataset):
    """Random pictures, each cut out and turned at random when it is read."""

    def __init__(self):
        self.pictures = torch.rand(STEPS * BATCH, 1, 28, 28)
        changes = [transforms.RandomCrop(28, padding=2), transforms.RandomHorizontalFlip()]
        self.transform = transforms.Compose(changes)

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        return self.transform(self.pictures[index]), index % 10


class Model(LightningModule):
    def __init__(self):
        super().__init__()
        layers = [nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout()]
        self.net = nn.Sequential(*layers, nn.Linear(8 * 13 * 13, 64), nn.ReLU(), nn.Linear(64, 10))

    def training_step(self, batch, batch_idx):
        pictures, labels = batch
        loss = cross_entropy(self.net(pictures), labels)
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())


def measure(is_exact: bool, workers: int, folder: Path) -> dict[str, float]:
    """Train once. Checkpoints are written between the starts of two steps."""
    seed_everything(0, verbose=False)
    loader = DataLoader(Pictures(), BATCH, shuffle=True, num_workers=workers)
    starts = []  # of the steps, s: by the clock, and by the time of the processor
    clocks = time.perf_counter, time.process_time
    watch = LambdaCallback(on_train_batch_start=lambda *_: starts.append([c() for c in clocks]))
    options = {"max_epochs": 1, "accelerator": "cpu", "logger": False}
    options |= {"enable_progress_bar": False, "enable_model_summary": False}
    begin = time.perf_counter()
    if is_exact:
        fit(folder, Model(), loader, every_n_train_steps=SAVES, callbacks=[watch], **options)
    else:
        keep = ModelCheckpoint(folder, every_n_train_steps=SAVES)
        Trainer(callbacks=[watch, keep], **options).fit(Model(), loader)
    spans = 1e3 * torch.tensor(starts, dtype=torch.float64).diff(dim=0)  # (steps, clocks)
    saves = torch.arange(1, STEPS) % SAVES == 0
    step, work = spans[20:][~saves[20:]].quantile(0.5, dim=0).tolist()
    return {
        "a step, ms": step,
        "a step, ms of the processor": work,
        "to the first step, s": starts[0][0] - begin,
        "a checkpoint, ms": spans[saves, 0].quantile(0.5).item() - step,
        "on the disk, MB": sum(path.stat().st_size for path in folder.glob("*.ckpt")) / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    environment.setup()
    torch.set_num_threads(1)
    n_weights = sum(weight.numel() for weight in Model().parameters())
    print(f"{name_of_processor(torch.device('cpu'))}, {os.cpu_count()} cores, {n_weights} weights")
    for workers in (0, 2):
        found = []
        for number in range(rounds + 1):
            say(f"{workers} workers, round {number} of {rounds}; load {os.getloadavg()[0]:.1f}")
            for is_exact in (False, True):
                with tempfile.TemporaryDirectory() as folder:
                    found.append(measure(is_exact, workers, Path(folder)))
        print(f"\n{workers} workers: plain Trainer.fit | fit | more than plain")
        for name in found[0]:
            values = [each[name] for each in found[2:]]  # the first round warms up
            plain, exact = values[::2], values[1::2]
            more = [b - a for a, b in zip(plain, exact, strict=True)]
            texts = [
                f"{median(v):.3g} ({min(v):.3g} to {max(v):.3g})" for v in (plain, exact, more)
            ]
            print(f"{name}: {' | '.join(texts)}", flush=True)


if __name__ == "__main__":
    main()
