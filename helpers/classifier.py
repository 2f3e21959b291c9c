"""The LightningModule that trains the spiking network of chapter 1."""

import math

import torch
import torch.nn.functional as F
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities import rank_zero_warn

from helpers import require
from helpers.cluster.resuming import seed_batch
from helpers.digits import PIXELS, DataName
from helpers.model import DECODERS, LAYERS, Decoding, Encoding, SpikingConvNet, choose, record_spikes
from helpers.scores import log_scores, rate_name
from helpers.speed.average_weights import AverageWeights
from helpers.speed.cuda_graph import by_graph


class SpikingClassifier(LightningModule):
    """Trains a SpikingConvNet to classify images: loss, accuracy, spike rates and the optimiser.

    Logs what `helpers.scores.log_scores` names, and the spike rate of each layer of neurons (spikes a neuron and time
    step, between 0 and 1) as rate_lif1, rate_lif2, rate_lif3.
    What is validated, tested and kept are averages of the weights (AverageWeights).
    `SpikingClassifier.load_from_checkpoint(path)` brings back a trained one.

    Args:
        seq_length: time steps of 1 ms for which an image is shown
        encoding: how images become a sequence: the image as a constant current, spikes of one LIF neuron a pixel,
            random spikes, or one spike, earlier if brighter
        decode: how the readout voltage becomes one logit a class: its last, mean or highest value over time. With the
            highest, large batches can lose a class: see chapter 2
        alpha: steepness of the surrogate gradient; Norse's is 1, and chapter 3 compares the two
        learning_rate: the highest one; it rises over the first tenth of the steps, then falls along a cosine to 0
        scale_lr: multiply the learning rate by the number of processes (Goyal et al. 2017, arXiv:1706.02677)
        distort: how far each training image is turned, scaled, sheared and moved; 1: by up to 12 degrees, 12 % and 1.6
            pixels, 0: not at all. It makes up for few images
        label_smoothing: how much of the probability training asks for goes to all classes alike; 0.05 helps a little
        n_hidden: neurons in the hidden layer
        n_classes: neurons in the readout
        compile: compile the neurons and the pooling: much faster after some seconds; null: on an NVIDIA GPU alone
        graph: record the network as CUDA graphs, and replay them: faster where a GPU waits for Python, in small batches
        data: the data set by whose pixels the images are normalised

    Raises:
        InputError: when an argument is not allowed
    """

    def __init__(
        self,
        seq_length: int = 8,
        encoding: Encoding = "current",
        decode: Decoding = "last",
        alpha: float = 5.0,
        learning_rate: float = 1e-2,
        scale_lr: bool = False,
        distort: float = 1.0,
        label_smoothing: float = 0.0,
        n_hidden: int = 500,
        n_classes: int = 10,
        compile: bool | None = False,
        graph: bool = False,
        data: DataName = "MNIST",
    ):
        super().__init__()
        require(learning_rate > 0, f"learning_rate is {learning_rate}: it must be above 0.")
        require(0 <= distort <= 2, f"distort is {distort}: it must be between 0 and 2.")
        require(0 <= label_smoothing < 1, f"label_smoothing is {label_smoothing}: it must be between 0 and 1.")
        self.save_hyperparameters()
        self.decoder = choose(DECODERS, decode, "decode")
        self.net = SpikingConvNet(seq_length, encoding, alpha, n_hidden, n_classes, compile, data)
        self.example_input_array = torch.zeros(2, 1, 28, 28)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (batch, n_classes) of images or spikes."""
        return self.decoder(self.net(x))

    def on_fit_start(self):  # training_step takes it; made anew in each fit, as the weights may have moved
        self._by_graph = by_graph(self) if self.hparams.graph else None

    def on_train_batch_start(self, batch, batch_idx):
        seed_batch(self.trainer, self.trainer.fit_loop.total_batch_idx)

    def on_validation_batch_start(self, batch, batch_idx, dataloader_idx=0):
        seed_batch(self.trainer, batch_idx)

    on_test_batch_start = on_validation_batch_start

    def training_step(self, batch, batch_idx):
        images, labels = batch
        images = self.distort(images)
        logits = self._by_graph(images) if self.hparams.graph else self(images)
        log_scores(self, "train", logits, labels)  # the loss without smoothing, which can be compared
        return F.cross_entropy(logits, labels, label_smoothing=self.hparams.label_smoothing)

    def validation_step(self, batch, batch_idx):
        images, labels = batch
        v, spikes = record_spikes(self.net, images)
        log_scores(self, "val", self.decoder(v), labels)
        for name, z in spikes.items():
            self.log(rate_name(name), z.mean(dtype=torch.float32), batch_size=float(len(labels)), sync_dist=True)

    def test_step(self, batch, batch_idx):
        images, labels = batch
        log_scores(self, "test", self(images), labels)

    def on_validation_epoch_end(self):
        if self.trainer.sanity_checking:
            return  # before training, a silent layer is common: the surrogate gradient can still wake it up
        for layer in LAYERS:
            rate = self.trainer.callback_metrics.get(rate_name(layer))
            if rate is not None and not 0.001 < rate < 0.9:
                what = "hardly spikes" if rate < 0.5 else "spikes at nearly every step"
                rank_zero_warn(f"{layer} {what} (rate {rate:.4f}): it passes on too little for the network to learn.")

    def configure_callbacks(self):
        return [AverageWeights()]

    def configure_optimizers(self):
        learning_rate = self.hparams.learning_rate * (self.trainer.world_size if self.hparams.scale_lr else 1)
        optimizer = torch.optim.Adam(self.parameters(), lr=learning_rate, fused=self.device.type == "cuda")
        steps = self.trainer.estimated_stepping_batches
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_up_then_cosine(step, steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def distort(self, images: torch.Tensor) -> torch.Tensor:
        """Images (batch, 1, 28, 28), each distorted another way, as in training. Spikes stay as they are."""
        if self.hparams.distort == 0 or images.dim() != 4:
            return images
        numbers = self.hparams.distort * (2 * torch.rand(len(images), 7, 1) - 1)  # on the CPU: the same for any device
        turn, stretch, move = math.radians(12) * numbers[:, :1], 0.12 * numbers[:, 1:5], 1.6 / 14 * numbers[:, 5:]
        turn = torch.cat([turn.cos(), -turn.sin(), turn.sin(), turn.cos()], 1).view(-1, 2, 2)
        matrix = torch.cat([turn @ (torch.eye(2) + stretch.view(-1, 2, 2)), move], 2)  # -1 to 1 is the whole image
        grid = F.affine_grid(matrix.to(images), images.shape, align_corners=False)
        black = -PIXELS[self.hparams.data].mean / PIXELS[self.hparams.data].std
        return F.grid_sample(images - black, grid, align_corners=False) + black


def _warm_up_then_cosine(step: int, steps: float) -> float:
    """The factor on the learning rate: up linearly for a tenth of all steps, down along half a cosine to 0."""
    done = (step + 1) / steps if math.isfinite(steps) else 0.1
    return min(done / 0.1, 1.0) if done < 0.1 else 0.5 * (1 + math.cos(math.pi * min((done - 0.1) / 0.9, 1.0)))
