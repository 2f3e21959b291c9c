"""A fourth layer of neurons, silent at first, and three cures, one at a time. Not a test; chapter 2 shows what it writes.

    python -m tests.studies.fourth_layer       all 30 trainings: about 10 minutes on one quiet core

A row of helpers/assets/measured/fourth_layer.csv for each training, written when it ends. Trainings that have a row
already are skipped, so the study goes on where it was stopped.

"no cure" is the network of chapter 1 with a second hidden layer, whose initial weights are PyTorch's. A cure changes
one thing. "weights" doubles the new layer's weights until it spikes at 2 Hz. "normalisation" lets BatchNorm1d give each
neuron's input current the mean 0 and the standard deviation 1, over batch and time. "skip" sends the spikes of the
third layer past the fourth to the readout. In "three layers" the readout gets nothing else.
With the same seed, all begin with the same weights, and see the same 100 batches of 64 distorted digits.

A row holds the mean size of the gradient in conv1 before training, for the first 64 training digits; the rate of the
fourth layer after training; the validation accuracy.
"""

import itertools
from typing import NamedTuple

import pytorch_lightning as pl
import torch

from helpers.assets.study_results import MEASURED, read_rows
from helpers.course.notebook.trained import fit
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.model import SpikingConvNet
from helpers.network import over_time, record_spikes
from helpers.neuron import LIF
from helpers.setup import environment
from tests.studies.progress import say
from tests.studies.record import append

FOURTH_LAYER_CSV = MEASURED / "fourth_layer.csv"
NETWORKS = ("three layers", "no cure", "weights", "normalisation", "skip")


class Training(NamedTuple):
    """A row of FOURTH_LAYER_CSV."""

    seed: int
    alpha: float  # steepness of the surrogate gradient
    network: str
    gradient: float
    rate: float  # on 200 validation digits, Hz
    val_acc: float  # on 750 digits


class FourLayers(SpikingConvNet):
    """The network of chapter 1, with a second hidden layer, and with one cure at most."""

    def __init__(self, network: str, alpha: float):
        super().__init__(alpha=alpha)
        self.network = network
        self.hidden4 = torch.nn.Linear(500, 500)
        self.norm = torch.nn.BatchNorm1d(500)
        self.lif4 = LIF(alpha=alpha)

    def forward(self, x):
        z, _ = self.lif1(self.conv1(x), seq_length=self.seq_length, pool=True)
        z, _ = self.lif2(over_time(self.conv2, z), pool=True)
        z3, _ = self.lif3(over_time(self.hidden, z.flatten(2)))
        current = over_time(self.hidden4, z3)
        if self.network == "normalisation":
            current = over_time(self.norm, current)
        z4, _ = self.lif4(current)
        z = {"three layers": z3, "skip": z3 + z4}.get(self.network, z4)
        return self.readout(over_time(self.out, z))[0]


def rate_of_fourth(net: FourLayers, digits: DigitsDataModule) -> float:
    _, spikes = record_spikes(net, digits.val[:200][0])
    return spikes["lif4"].mean().item() / 1e-3


def train(seed: int, alpha: float, network: str, digits: DigitsDataModule) -> Training:
    pl.seed_everything(seed, verbose=False)
    net = FourLayers(network, alpha)
    while network == "weights" and rate_of_fourth(net, digits) < 2:
        net.hidden4.weight.data *= 2
    model = DigitsClassifier()
    model.net = net
    images, labels = digits.train[:64]
    torch.nn.functional.cross_entropy(model(images), labels).backward()
    gradient = net.conv1.weight.grad.abs().mean().item()
    fit(model, digits, max_steps=100)
    images, labels = digits.val[:]
    with torch.no_grad():
        val_acc = (model(images).argmax(dim=1) == labels).float().mean().item()
    measured = f"{gradient:.3g}", f"{rate_of_fourth(net, digits):.3g}", f"{val_acc:.4f}"
    return Training(seed, alpha, network, *measured)


def main() -> None:
    environment.setup()
    torch.set_num_threads(1)
    digits = DigitsDataModule(source="embedded")
    digits.setup()
    recorded = set()
    if FOURTH_LAYER_CSV.exists():
        recorded = {row[:3] for row in read_rows(FOURTH_LAYER_CSV, Training)}
    for training in itertools.product((0, 1, 2), (5.0, 100.0), NETWORKS):
        if training not in recorded:
            say(f"{training}")
            append(FOURTH_LAYER_CSV, train(*training, digits))


if __name__ == "__main__":
    main()
