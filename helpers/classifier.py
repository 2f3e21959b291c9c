"""The LightningModule that trains any spiking network to classify."""

import math
from functools import partial

import torch
import torch.nn.functional as F
from pytorch_lightning import LightningModule
from pytorch_lightning.callbacks import WeightAveraging
from pytorch_lightning.utilities import rank_zero_warn
from torch.nn.parameter import is_lazy
from torch.optim.swa_utils import get_ema_multi_avg_fn

from helpers import choose, require
from helpers.engine.cuda_graph import by_graph
from helpers.engine.scores import HIGHEST_RATE, LOWEST_RATE, log_scores, rate_name
from helpers.loader import check_batch, check_part
from helpers.network import DECODERS, Decoding, check_axes, keep_random_state, record_spikes
from helpers.run.exact import SeedBatches


class SpikingClassifier(LightningModule):
    """Trains a spiking network: loss, accuracy, spike rates, schedule, averaged weights.

    A subclass makes the network, and calls `super().__init__(net, ...)`: `DigitsClassifier` of
    helpers/digits_classifier.py, or one of your own, as helpers/course/template/my_problem.py. It
    can override `to_sequence` (an encoder), `augment` (a change of the training examples) and
    `configure_optimizers`.

    Logs what `log_scores` of helpers/engine/scores.py names, and the spike rate of each layer of
    neurons, spikes per neuron and time step, between 0 and 1: that of net.lif1 as rate_lif1. What
    is validated, tested and kept are averages of the weights (AverageWeights).
    `load_from_checkpoint(path)` of the subclass brings back a trained one.

    Args:
        net: takes a sequence (seq_length, batch, ...), returns the voltages of its readout,
            (seq_length, batch, n_classes), or logits, (batch, n_classes), which are not decoded
        decode: how the readout voltage becomes one logit per class: its last, mean or highest value
            over time. With the highest, a class can fail to learn: see chapter 2
        learning_rate: the highest one; it rises over the first tenth of the steps, then falls along
            a cosine to 0
        scale_lr: multiply the learning rate by the square root of the number of processes, the
            usual rule for Adam (Malladi et al. 2022, arXiv:2205.10287; its betas stay)
        label_smoothing: the share of the wanted probability that is spread over all classes; 0.05
            helps a little
        graph: record the network as CUDA graphs, and replay them: faster where a GPU waits for
            Python, in small batches

    Raises:
        InputError: when an argument is not allowed
    """

    def __init__(
        self,
        net: torch.nn.Module,
        decode: Decoding = "last",
        learning_rate: float = 1e-2,
        scale_lr: bool = False,
        label_smoothing: float = 0.0,
        graph: bool = False,
    ):
        super().__init__()
        require(
            0 < learning_rate < math.inf,
            f"learning_rate is {learning_rate}: it must be a number above 0.",
        )
        require(
            0 <= label_smoothing < 1,
            f"label_smoothing is {label_smoothing}: it must be at least 0 and below 1.",
        )
        self.save_hyperparameters(ignore="net")
        self.net = net
        self.decode = choose(DECODERS, decode, "decode")
        self.learning_rate = learning_rate
        self.scale_lr = scale_lr
        self.label_smoothing = label_smoothing
        self.wants_graph = graph
        self.layers_of_neurons = None  # their names, known from the first validation on
        self.checked_stages = set()

    @classmethod
    def load_from_checkpoint(cls, checkpoint_path, weights_only=True, **options):
        """Bring back a trained network. Called on the subclass that has trained it."""
        require(
            cls is not SpikingClassifier,
            "SpikingClassifier has no network of its own: load this by the class that trained it, "
            "such as helpers.digits_classifier.DigitsClassifier.load_from_checkpoint.",
        )
        # Lightning by itself unpickles anything from an address
        return super().load_from_checkpoint(checkpoint_path, weights_only=weights_only, **options)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (batch, n_classes) for a batch of the data module."""
        return self.to_logits(self.net(self.to_sequence(x)))

    def to_sequence(self, x: torch.Tensor) -> torch.Tensor:
        """Turn a batch, (batch, seq_length, ...), into what the network takes: time first."""
        return x.transpose(0, 1).to(self.dtype)  # also of bytes, and of NumPy's float64

    def to_logits(self, output: torch.Tensor) -> torch.Tensor:
        """Return the logits (batch, n_classes) for what the network returns."""
        require(
            isinstance(output, torch.Tensor),
            f"the network returns a {type(output).__name__}: it must return one tensor.",
        )
        require(
            output.is_floating_point(),
            f"the network returns {output.dtype}: it must be of a floating type.",
        )
        return self.decode(output) if output.dim() == 3 else output

    def augment(self, x: torch.Tensor) -> torch.Tensor:
        """Change the examples of a training batch, each in another way. This one changes none."""
        return x

    def training_step(self, batch, batch_idx):
        x, labels = batch
        x = self.augment(x)
        logits = self._logits_by_graph(x) if self.wants_graph else self(x)
        require(
            logits.requires_grad,
            "what the network returns is detached from its weights: they cannot learn.",
        )
        log_scores(self, "train", logits, labels)  # without smoothing, so it can be compared
        return F.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)

    def validation_step(self, batch, batch_idx):
        x, labels = batch  # AverageWeights has put the averaged weights in
        sequence = self.to_sequence(x)
        if self.layers_of_neurons is None:
            with keep_random_state(sequence):
                _, spikes = record_spikes(self.net, sequence)
            # the same in all processes, as all log together
            self.layers_of_neurons = self.trainer.strategy.broadcast(list(spikes))
        output, spikes = record_spikes(self.net, sequence, self.layers_of_neurons)
        logits = self.to_logits(output)
        log_scores(self, "val", logits, labels)
        size = float(len(labels))  # a float, as in log_scores
        # before training a silent layer may be the reason
        if size > 1 and not self.trainer.sanity_checking and (logits == logits[0]).all():
            rank_zero_warn("all examples get the same logits: does the network use its input?")
        for name, z in spikes.items():
            rate = z.mean(dtype=torch.float32)
            self.log(rate_name(name), rate, batch_size=size, sync_dist=True)

    def test_step(self, batch, batch_idx):
        x, labels = batch
        log_scores(self, "test", self(x), labels)

    def on_fit_start(self):
        if self.wants_graph:  # made anew, as the weights may have moved
            self._logits_by_graph = by_graph(self)
        self.checked_stages = set()

    def on_train_batch_start(self, batch, batch_idx, dataloader_idx=0):
        """Check weights and first batch of each stage; the very first time, network and data too.

        A new run validates two batches before it trains.

        Raises:
            InputError: when weights or data are unsound, time and batch are mixed up, or a label
                has no logit
        """
        stage = self.trainer.state.stage
        if stage in self.checked_stages:
            return
        # a neuron never spikes for NaN, so the loss may stay a number
        require(
            all(weight.isfinite().all() for weight in self.parameters()),
            "some weights are NaN or infinite: begin anew, with a lower learning rate.",
        )
        x = check_batch(batch)
        if not self.checked_stages:
            n_classes = check_axes(self, x)
            for part in ("train", "val", "test"):
                check_part(getattr(self.trainer.datamodule, part, None), n_classes)
            check_batch(batch, n_classes)
        self.checked_stages.add(stage)

    on_validation_batch_start = on_train_batch_start
    on_test_batch_start = on_train_batch_start

    def on_validation_epoch_end(self):
        if self.trainer.sanity_checking:
            return  # before training, a silent layer is common: it can still wake up
        for name in self.layers_of_neurons or []:
            rate = self.trainer.callback_metrics[rate_name(name)]
            if not LOWEST_RATE < rate < HIGHEST_RATE:
                what = "hardly spikes" if rate < 0.5 else "spikes at nearly every step"
                rank_zero_warn(
                    f"{name} {what} (rate {rate:.4f}): it passes on too little for the network to "
                    "learn."
                )

    def on_load_checkpoint(self, checkpoint):
        """Go on at the learning rate of this module, not at that of the checkpoint."""
        before = checkpoint.get("hyper_parameters", {}).get("learning_rate", self.learning_rate)
        factor = self.learning_rate / before
        facts = checkpoint.get("callbacks", {}).get("KeepLast", {}).get("facts", {})
        facts.pop("lr of optimizer 1", None)  # which KeepLast would say is kept
        for optimizer in checkpoint.get("optimizer_states", []):
            for group in optimizer.get("param_groups", []):  # it may be none
                for name in {"lr", "initial_lr"} & set(group):
                    group[name] *= factor
        for schedule in checkpoint.get("lr_schedulers", []):
            if "base_lrs" in schedule:
                schedule["base_lrs"] = [factor * rate for rate in schedule["base_lrs"]]

    def configure_callbacks(self):
        return [AverageWeights(), SeedBatches()]

    def configure_optimizers(self):
        learning_rate = self.learning_rate
        if self.scale_lr:
            learning_rate *= self.trainer.world_size**0.5
        optimizer = torch.optim.Adam(self.parameters(), lr=learning_rate, fused=self.on_gpu)
        # private. Without a Trainer the number of steps is not known, so there is no schedule
        if not self._trainer:
            return optimizer
        factor = partial(warm_up_then_cosine, steps=self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def warm_up_then_cosine(step: int, steps: float) -> float:
    """The factor on the learning rate, from 0 to 1.

    It rises linearly for a tenth of all steps, then falls along half a cosine to 0, which the last
    step has. If no end is known, it stays at 1. With more epochs than before, the cosine is
    stretched: a run that goes on begins at a higher rate than it had.
    """
    done = (step + 1) / steps if math.isfinite(steps) else 0.1
    if done < 0.1:
        return done / 0.1
    return 0.5 * (1 + math.cos(math.pi * min((done - 0.1) / 0.9, 1.0)))


class AverageWeights(WeightAveraging):
    """Validates, tests and keeps an exponential moving average (EMA) of the weights.

    After n averaged steps, the average so far has a share of (n + 1) / (n + 10), at most 0.998. The
    optimiser goes on with the weights as they are.
    """

    def __init__(self):
        super().__init__(multi_avg_fn=_average)

    def setup(self, trainer, module, stage):
        lazy = [name for name, weight in module.named_parameters() if is_lazy(weight)]
        require(
            not lazy,
            f"{', '.join(lazy)} have no size yet, and are to be averaged from the first step on: "
            "say in the network how many inputs its layers have.",
        )
        module.to(trainer.strategy.root_device)  # the average is made where the network is
        trainer.precision_plugin.convert_module(module)  # as Lightning does, after the copy is made
        super().setup(trainer, module, stage)
        if stage == "fit":  # private: a GPU would have to be waited for
            self._average_model.n_averaged = self._average_model.n_averaged.cpu()

    def on_load_checkpoint(self, trainer, module, checkpoint):
        if trainer.state.fn == "fit":  # else the average is what is asked for
            super().on_load_checkpoint(trainer, module, checkpoint)


def _average(averages, weights, n):
    decay = min(0.998, (n.item() + 1) / (n.item() + 10))
    get_ema_multi_avg_fn(decay)(averages, weights, n)
