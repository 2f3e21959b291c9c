"""The networks of chapter 8: with ReLU for neurons, with few spikes, with other weights."""

from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy

from torch import Tensor
from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, Unflatten

from helpers import require
from helpers.course.chapter_8.energy import (
    SPIKE_LAYERS,
    count_macs,
    fan_out,
    keep_inputs,
    operations_per_image,
)
from helpers.digits_classifier import DigitsClassifier
from helpers.model import SpikingConvNet


class ReluTwin(DigitsClassifier):
    """Layers and weights like those of DigitsClassifier, without time: it sees each image once.

    Of the learning rates 0.001, 0.002, 0.005 and 0.01, this one was best in validation, on four
    seeds.
    """

    def __init__(self):
        super().__init__(learning_rate=5e-3)
        self.net = Sequential(
            OrderedDict(
                conv1=Conv2d(1, 20, 5),
                relu1=ReLU(),
                pool1=MaxPool2d(2),
                conv2=Conv2d(20, 50, 5),
                relu2=ReLU(),
                pool2=MaxPool2d(2),
                flatten=Flatten(),
                hidden=Linear(800, 500),
                relu3=ReLU(),
                out=Linear(500, 10, bias=False),
                one_step=Unflatten(0, (1, -1)),  # (1, batch, 10): one time step
            )
        )

    def to_sequence(self, x: Tensor) -> Tensor:
        return x


class SparseClassifier(DigitsClassifier):
    """Trains a SpikingConvNet to be right with few synaptic operations.

    It also logs spikes_per_synapse, of the training batches.

    Args:
        strength: what one spike per synapse and image adds to the loss; 0 is DigitsClassifier
        count: operations of a layer, as operations_per_image has them
        options: those of DigitsClassifier
    """

    def __init__(self, strength: float = 0.0, count: Callable = operations_per_image, **options):
        super().__init__(**options)
        require(strength >= 0, f"strength is {strength}: it must be at least 0.")
        self.strength = strength
        self.count = count
        self.synapses = sum(count_macs(self.net, self.example_input_array).values())

    def training_step(self, batch, batch_idx):
        with keep_inputs(self.net) as inputs:
            loss = super().training_step(batch, batch_idx)
        operations = [
            self.count(spikes, fan_out(getattr(self.net, name), spikes.shape[1:]), len(batch[1]))
            for name, spikes in inputs.items()
        ]
        spikes_per_synapse = sum(operations) / self.synapses
        self.log("spikes_per_synapse", spikes_per_synapse)
        return loss + self.strength * spikes_per_synapse


def changed(net: SpikingConvNet, change: Callable) -> SpikingConvNet:
    """Copy a network, and change the weights of the layers that receive spikes.

    change: takes a weight, (out, in), and returns the new one
    """
    other = deepcopy(net)
    for name in SPIKE_LAYERS:
        weight = getattr(other, name).weight.data
        weight.copy_(change(weight.flatten(1)).reshape_as(weight))
    return other
