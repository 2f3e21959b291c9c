"""A fourth layer of neurons, silent at first, and three cures, one at a time. Not a test; chapter 2 shows what it writes.

    python -m tests.studies.fourth_layer       all trainings: about 10 minutes on one quiet core

A row of helpers/assets/measured/fourth_layer.csv for each training, written when it ends. Trainings that have a row
already are skipped, so the study goes on where it was stopped.

The network is that of chapter 1 with a second hidden layer, whose initial weights are PyTorch's: "none". Each cure
changes one thing. "weights" doubles the new layer's weights until it spikes at 2 Hz. "normalisation" lets BatchNorm1d
give each neuron's input current the mean 0 and the standard deviation 1, over batch and time. "skip" sends the spikes
of the third layer past the fourth to the readout. With the same seed, all four begin with the same initial weights, and
see the same 100 batches of 64 distorted digits.

A row holds the rate of the fourth layer before training and after it, how strongly the first 64 training digits pull at
the first layer's weights before training (the mean size of a gradient), and the validation accuracy after training.
"""

import itertools
from typing import NamedTuple

import pytorch_lightning as pl
import torch

from helpers.assets.study_results import MEASURED, read_rows
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.model import SpikingConvNet
from helpers.network import over_time, record_spikes
from helpers.neuron import LIF
from helpers.setup import environment
from tests.studies.accuracy import QUIET
from tests.studies.listen import append
from tests.studies.progress import say

FOURTH_LAYER_CSV = MEASURED / "fourth_layer.csv"
CURES = ("none", "weights", "normalisation", "skip")
ALPHAS = (5.0, 100.0)
SEEDS = (0, 1, 2)
STEPS = 100


class Training(NamedTuple):
    """A row of FOURTH_LAYER_CSV."""

    seed: int
    alpha: float  # steepness of the surrogate gradient
    cure: str
    rate_before: float  # of the fourth layer on 200 validation digits, Hz
    gradient: float  # mean size, at the weights of conv1, before training
    rate_after: float
    val_acc: float  # on 750 digits
    made_by: str


class FourLayers(SpikingConvNet):
    """The network of chapter 1, with a second hidden layer and one cure."""

    def __init__(self, cure: str, alpha: float):
        super().__init__(alpha=alpha)
        self.hidden4 = torch.nn.Linear(500, 500)
        self.norm = torch.nn.BatchNorm1d(500) if cure == "normalisation" else torch.nn.Identity()
        self.lif4 = LIF(alpha=alpha)
        self.skips = cure == "skip"

    def forward(self, x):
        z, _ = self.lif1(self.conv1(x), seq_length=self.seq_length, pool=True)
        z, _ = self.lif2(over_time(self.conv2, z), pool=True)
        z3, _ = self.lif3(over_time(self.hidden, z.flatten(2)))
        z4, _ = self.lif4(over_time(self.norm, over_time(self.hidden4, z3)))
        v, _ = self.readout(over_time(self.out, z3 + z4 if self.skips else z4))
        return v


def rate_of_fourth(net: FourLayers, images: torch.Tensor) -> float:
    _, spikes = record_spikes(net, images, ["lif4"])
    return spikes["lif4"].mean().item() / 1e-3


def train(seed: int, alpha: float, cure: str, digits: DigitsDataModule) -> Training:
    pl.seed_everything(seed, verbose=False)
    net = FourLayers(cure, alpha)
    images, labels = digits.val[:]
    shown = images[:200]
    while cure == "weights" and rate_of_fourth(net, shown) < 2:
        net.hidden4.weight.data *= 2
    model = DigitsClassifier()
    model.net = net

    x, y = digits.train[:64]
    torch.nn.functional.cross_entropy(model(x), y).backward()
    gradient = net.conv1.weight.grad.abs().mean().item()
    rate_before = rate_of_fourth(net, shown)  # in training, so the normalisation is that of these

    trainer = pl.Trainer(max_steps=STEPS, logger=False, limit_val_batches=0, **QUIET)
    trainer.fit(model, digits)
    model.eval()
    with torch.no_grad():
        val_acc = (model(images).argmax(dim=1) == labels).float().mean().item()
    rate_after = rate_of_fourth(net, shown)
    made_by = f"tests.studies.fourth_layer, torch {torch.__version__}"
    measured = (f"{number:.3g}" for number in (rate_before, gradient, rate_after))
    return Training(seed, alpha, cure, *measured, f"{val_acc:.4f}", made_by)


def main() -> None:
    environment.setup()
    torch.set_num_threads(1)
    digits = DigitsDataModule(source="embedded")
    digits.setup()
    recorded = set()
    if FOURTH_LAYER_CSV.exists():
        recorded = {row[:3] for row in read_rows(FOURTH_LAYER_CSV, Training)}
    plan = list(itertools.product(SEEDS, ALPHAS, CURES))
    left = [training for training in plan if training not in recorded]
    for n_left, training in zip(range(len(left), 0, -1), left):
        say(f"{training}: {n_left} left")
        append(FOURTH_LAYER_CSV, train(*training, digits))


if __name__ == "__main__":
    main()
