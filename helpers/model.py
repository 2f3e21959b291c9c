"""The spiking network of chapter 1, and the LightningModule that trains it."""

import math
import os
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from norse.torch.functional.encode import constant_current_lif_encode, poisson_encode, spike_latency_lif_encode
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.functional.lif import LIFFeedForwardState
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.utilities import rank_zero_warn

from helpers import require
from helpers.data import MEAN, STD
from helpers.neuron import LI, LIF, MaxPool

ENCODINGS = ("current", "lif", "poisson", "latency")
DECODERS = {"max": lambda v: v.amax(0), "mean": lambda v: v.mean(0), "last": lambda v: v[-1]}
LAYERS = ("lif1", "lif2", "lif3")
F_MAX = 1000.0  # Hz, the rate of Poisson spikes of a pixel with brightness 1


class SpikingConvNetState(NamedTuple):
    """Where each layer of neurons stands after the last time step; v and i are shaped (batch, ...)."""

    lif1: LIFFeedForwardState
    lif2: LIFFeedForwardState
    lif3: LIFFeedForwardState
    readout: LIState


class SpikingConvNet(torch.nn.Module):
    """Two spiking convolutions, a spiking hidden layer, and a leaky readout that never spikes.

    seq_length: time steps of 1 ms for which an image is shown
    encoding: how images become a sequence; "current" feeds the image into the first convolution as a constant current,
        "lif" lets one LIF neuron a pixel spike, "poisson" draws random spikes, "latency" one spike, earlier if brighter
    alpha: steepness of the surrogate gradient, see `helpers.neuron.LIF`
    n_hidden, n_classes: neurons in the hidden layer and in the readout
    compile: compile the neurons, see `helpers.neuron.LIF`

    The layers are those of `norse.torch.ConvNet`, after LeCun et al. 1998, doi:10.1109/5.726791. Where Norse multiplies
    the current of the second convolution by 10 at every step, here the initial weights are larger: that costs nothing.
    """

    def __init__(
        self,
        seq_length: int = 8,
        encoding: str = "current",
        alpha: float = 1.0,
        n_hidden: int = 500,
        n_classes: int = 10,
        compile: bool = False,
    ):
        super().__init__()
        require(seq_length >= 1, f"seq_length is {seq_length}: it must be at least 1 time step.")
        require(encoding in ENCODINGS, f"encoding is {encoding!r}: it must be one of {', '.join(ENCODINGS)}.")
        require(alpha > 0, f"alpha is {alpha}: it must be above 0.")
        require(
            n_hidden >= 1 and n_classes >= 1, f"n_hidden and n_classes must be at least 1: {n_hidden}, {n_classes}."
        )
        self.seq_length, self.encoding = seq_length, encoding
        lif = partial(LIF, alpha=alpha, compile=compile)
        self.pool = MaxPool(compile)
        self.conv1, self.lif1 = torch.nn.Conv2d(1, 20, kernel_size=5), lif()
        self.conv2, self.lif2 = torch.nn.Conv2d(20, 50, kernel_size=5), lif()
        self.hidden, self.lif3 = torch.nn.Linear(50 * 4 * 4, n_hidden), lif()
        self.out, self.readout = torch.nn.Linear(n_hidden, n_classes, bias=False), LI()
        with torch.no_grad():  # PyTorch's initial weights, made for ReLU, leave the deeper layers silent
            for layer, gain in ((self.conv1, 2), (self.conv2, 4), (self.hidden, 4), (self.out, 4)):
                for parameter in layer.parameters():
                    parameter *= gain
        self.to(memory_format=torch.channels_last)

    def forward(self, x: torch.Tensor, state: SpikingConvNetState | None = None, return_state: bool = False):
        """Readout voltage v, (seq_length, batch, n_classes), dimensionless; with return_state also the state.

        x: normalised images (batch, 1, 28, 28), which are encoded, or spikes (seq_length, batch, 1, 28, 28)
        state: where an earlier call stopped, to go on from there; None starts every neuron from rest
        Raises InputError when x has another shape or is no floating-point tensor.
        """
        _check_input(x)
        s1, s2, s3, s4 = state or (None, None, None, None)
        if x.dim() == 4 and self.encoding == "current":
            z, s1 = self.lif1(self._first_current(x), s1, self.seq_length)  # (seq_length, batch, 20, 24, 24)
        else:
            spikes = x if x.dim() == 5 else encode(x, self.encoding, self.seq_length)
            z, s1 = self.lif1(over_time(self._first_current, spikes), s1)
        z, s2 = self.lif2(over_time(self.conv2, over_time(self.pool, z)), s2)  # (seq_length, batch, 50, 8, 8)
        z, s3 = self.lif3(
            over_time(self.hidden, over_time(self.pool, z).flatten(2)), s3
        )  # (seq_length, batch, n_hidden)
        v, s4 = self.readout(over_time(self.out, z), s4)  # (seq_length, batch, n_classes)
        return (v, SpikingConvNetState(s1, s2, s3, s4)) if return_state else v

    def _first_current(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", enabled=False):  # on a CPU, the gradient of this layer is slower in bfloat16
            return self.conv1(x)


def record_spikes(net: SpikingConvNet, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The readout voltage of net for x and, for each of LAYERS, its spikes (seq_length, batch, ...); no gradients."""
    spikes = {}

    def keep(name, module, inputs, outputs):
        spikes[name] = outputs[0]

    hooks = [getattr(net, name).register_forward_hook(partial(keep, name)) for name in LAYERS]
    try:
        with torch.no_grad():
            return net(x), spikes
    finally:
        for hook in hooks:
            hook.remove()


def encode(images: torch.Tensor, encoding: str, seq_length: int) -> torch.Tensor:
    """Images (batch, 1, 28, 28) as a sequence (seq_length, batch, 1, 28, 28): see SpikingConvNet for the encodings."""
    if encoding == "lif":
        return constant_current_lif_encode(images, seq_length)
    if encoding == "poisson":
        return poisson_encode(images * STD + MEAN, seq_length, f_max=F_MAX)
    if encoding == "latency":
        return spike_latency_lif_encode(images, seq_length)
    return images.expand(seq_length, *images.shape)


def over_time(layer, x: torch.Tensor) -> torch.Tensor:
    """Apply a layer without state to all time steps at once: they are one large batch to it."""
    return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def _check_input(x) -> None:
    shape = tuple(x.shape) if isinstance(x, torch.Tensor) else type(x).__name__
    ok = isinstance(x, torch.Tensor) and x.dim() in (4, 5) and shape[-3:] == (1, 28, 28) and x.numel() > 0
    require(
        ok,
        f"the network got {shape}: it takes images (batch, 1, 28, 28) or spikes (seq_length, batch, 1, 28, 28).",
    )
    require(
        x.is_floating_point(),
        f"the network got {x.dtype}: normalise the images to float32 first, as helpers.data does.",
    )


class SpikingClassifier(LightningModule):
    """Trains a SpikingConvNet to classify images: loss, accuracy, spike rates and the optimiser.

    seq_length, encoding, n_hidden, n_classes, compile: of the network, see SpikingConvNet
    alpha: of the network, too; with 5 it learns more than with Norse's 1, see chapter 3
    decode: how the readout voltage becomes one logit a class: its "max", "mean" or "last" value over time
    learning_rate: the highest one; it rises over the first tenth of the steps, then falls along a cosine to 0
    scale_lr: multiply the learning rate by the number of processes (Goyal et al. 2017, arXiv:1706.02677)
    shift: training images are moved by up to so many pixels, another way for each batch; it makes up for few images

    Logs train_loss, train_acc, val_loss, val_acc, test_loss, test_acc, and the spike rate of each layer of neurons
    (spikes a neuron and time step, between 0 and 1) as rate_lif1, rate_lif2, rate_lif3.
    `SpikingClassifier.load_from_checkpoint(path)` brings back a trained one.
    """

    def __init__(
        self,
        seq_length: int = 8,
        encoding: str = "current",
        decode: str = "max",
        alpha: float = 5.0,
        learning_rate: float = 1e-2,
        scale_lr: bool = False,
        shift: int = 1,
        n_hidden: int = 500,
        n_classes: int = 10,
        compile: bool = False,
    ):
        super().__init__()
        require(decode in DECODERS, f"decode is {decode!r}: it must be one of {', '.join(DECODERS)}.")
        require(learning_rate > 0, f"learning_rate is {learning_rate}: it must be above 0.")
        require(0 <= shift <= 4, f"shift is {shift}: it must be between 0 and 4 pixels.")
        self.save_hyperparameters()
        self.net = SpikingConvNet(seq_length, encoding, alpha, n_hidden, n_classes, compile)
        self.example_input_array = torch.zeros(2, 1, 28, 28)
        self._rates = {}
        for name in LAYERS:
            getattr(self.net, name).register_forward_hook(partial(self._keep_rate, name))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (batch, n_classes) of images or spikes."""
        return DECODERS[self.hparams.decode](self.net(x))

    def on_train_batch_start(self, batch, batch_idx):
        seed_batch(self.trainer, self.trainer.fit_loop.total_batch_idx)

    def on_validation_batch_start(self, batch, batch_idx, dataloader_idx=0):
        seed_batch(self.trainer, batch_idx)

    on_test_batch_start = on_validation_batch_start

    def training_step(self, batch, batch_idx):
        images, labels = batch
        shift = self.hparams.shift
        top, left = torch.randint(2 * shift + 1, (2,)).tolist()
        black = -MEAN / STD if images.dim() == 4 else 0.0  # of normalised images; spikes have no spike there
        framed = F.pad(images, [shift] * 4, value=black)
        return self._loss((framed[..., top : top + 28, left : left + 28], labels), "train")

    def validation_step(self, batch, batch_idx):
        self._loss(batch, "val")
        for name, rate in self._rates.items():
            self.log(f"rate_{name}", rate, batch_size=_weight(batch[1]), sync_dist=True)

    def test_step(self, batch, batch_idx):
        self._loss(batch, "test")

    def on_validation_epoch_end(self):
        if self.trainer.sanity_checking:
            return  # before training, a silent layer is common: the surrogate gradient can still wake it up
        for name in self._rates:
            rate = self.trainer.callback_metrics[f"rate_{name}"].item()
            if not 0.001 < rate < 0.9:
                what = "hardly spikes" if rate < 0.5 else "spikes at nearly every step"
                rank_zero_warn(f"{name} {what} (rate {rate:.4f}): it passes on too little for the network to learn.")

    def configure_optimizers(self):
        learning_rate = self.hparams.learning_rate * (self.trainer.world_size if self.hparams.scale_lr else 1)
        optimizer = torch.optim.Adam(self.parameters(), lr=learning_rate)
        steps = self.trainer.estimated_stepping_batches
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_up_then_cosine(step, steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _loss(self, batch, stage: str) -> torch.Tensor:
        images, labels = batch
        logits = self(images)
        loss = F.cross_entropy(logits, labels)
        accuracy = (logits.argmax(dim=1) == labels).float().mean()
        log = {"batch_size": _weight(labels), "prog_bar": True, "sync_dist": stage != "train"}
        self.log_dict({f"{stage}_loss": loss, f"{stage}_acc": accuracy}, **log)
        return loss

    def _keep_rate(self, name: str, module, inputs, outputs) -> None:
        if not self.training:
            self._rates[name] = outputs[0].mean(dtype=torch.float32)


def seed_batch(trainer: Trainer, number: int) -> None:
    """Draw the same random numbers for the same batch, so that a resumed run equals one that was never stopped."""
    seed = int(os.environ.get("PL_GLOBAL_SEED", 0))  # of seed_everything
    torch.manual_seed(seed + number * trainer.world_size + trainer.global_rank)


def _weight(labels: torch.Tensor) -> float:
    """How much a batch weighs in an average over batches and processes.

    With whole numbers, Lightning 2.6 rounds the images of a process down where shards are unequal: every average comes
    out too large (github.com/Lightning-AI/pytorch-lightning/issues/21859).
    """
    return float(len(labels))


def _warm_up_then_cosine(step: int, steps: float) -> float:
    """The factor on the learning rate: up linearly for a tenth of all steps, down along half a cosine to 0."""
    done = (step + 1) / steps if math.isfinite(steps) else 0.1
    return min(done / 0.1, 1.0) if done < 0.1 else 0.5 * (1 + math.cos(math.pi * min((done - 0.1) / 0.9, 1.0)))
