"""Training a network to be right with few spikes."""

from collections.abc import Callable

from helpers import require
from helpers.classifier import SpikingClassifier
from helpers.deploy.energy import SPIKE_LAYERS, count_macs, count_operations, keep_inputs, spike_penalty


class SparseClassifier(SpikingClassifier):
    """Trains a SpikingConvNet to be right with few synaptic operations.

    strength: what one spike for each synapse and image adds to the loss; 0 is SpikingClassifier
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
