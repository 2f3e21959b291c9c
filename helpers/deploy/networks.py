"""The networks of chapter 6: one with ReLU in the place of neurons, one with few spikes, copies with other weights."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, Unflatten

from helpers import require
from helpers.classifier import SpikingClassifier
from helpers.deploy.energy import SPIKE_LAYERS, count_macs, count_operations, keep_inputs, spike_penalty
from helpers.model import SpikingConvNet


class ReluTwin(SpikingClassifier):
    """Layers and weights like those of SpikingClassifier, without time: it sees each image once.

    Of the learning rates 1, 2, 5 and 10 thousandths, this one was its best in validation, on four seeds.
    """

    def __init__(self):
        super().__init__(learning_rate=5e-3)
        self.net = Sequential()
        self.net.conv1, self.net.relu1, self.net.pool1 = Conv2d(1, 20, 5), ReLU(), MaxPool2d(2)
        self.net.conv2, self.net.relu2, self.net.pool2 = Conv2d(20, 50, 5), ReLU(), MaxPool2d(2)
        self.net.flatten, self.net.hidden, self.net.relu3 = Flatten(), Linear(800, 500), ReLU()
        self.net.out = Linear(500, 10, bias=False)
        self.net.one_step = Unflatten(0, (1, -1))  # (1, batch, 10): one time step


class SparseClassifier(SpikingClassifier):
    """Trains a SpikingConvNet to be right with few synaptic operations.

    strength: what one spike per synapse and image adds to the loss; 0 is SpikingClassifier
    penalty: computes what is added, as spike_penalty does
    The other arguments are those of SpikingClassifier. Logs also spikes_per_synapse, of the training batches.
    """

    def __init__(self, strength: float = 0.0, penalty: Callable = spike_penalty, **options):
        super().__init__(**options)
        require(strength >= 0, f"strength is {strength}: it must be at least 0.")
        self.strength, self.penalty = strength, penalty
        self.synapses = sum(count_macs(self.net, self.example_input_array, SPIKE_LAYERS).values())

    def training_step(self, batch, batch_idx):
        with keep_inputs(self.net) as inputs:
            loss = super().training_step(batch, batch_idx)
        operations, images = sum(count_operations(self.net, inputs).values()), len(batch[1])
        self.log("spikes_per_synapse", operations / (self.synapses * images), batch_size=float(images))
        return loss + self.penalty(operations, images, self.synapses, self.strength)


def changed(net: SpikingConvNet, change: Callable[[Tensor], Tensor]) -> SpikingConvNet:
    """A copy of net with change(weight), (out, in), in place of the weight of each layer that receives spikes."""
    other = SpikingConvNet()
    other.load_state_dict(net.state_dict())
    for name in SPIKE_LAYERS:
        weight = getattr(other, name).weight.data
        weight.copy_(change(weight.flatten(1)).reshape(weight.shape))
    return other
