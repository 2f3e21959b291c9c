"""What a network costs: its synaptic operations, counted, and their energy, estimated.

A spike costs one addition in each neuron that it reaches: a synaptic operation. A neuron without
spikes, like a ReLU, costs one multiplication and one addition (a MAC) for each of its inputs,
whatever their values. Chapter 8 builds this.
"""

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from helpers import require
from helpers.model import SpikingConvNet
from helpers.network import record_spikes

# the layers of SpikingConvNet that receive spikes; conv1 receives the image
SPIKE_LAYERS = ("conv2", "hidden", "out")
SYNAPSES = 2_005_000  # of these layers
# pJ to read or write 32 bits: half a 64-bit access to a cache of 8 kB, which takes 10 pJ
WORD = 5.0


class Cost(NamedTuple):
    """Energy of one MAC, one synaptic operation, and one time step of one neuron, pJ."""

    mac: float
    synop: float
    update: float


# 45 nm, 0.9 V, 32-bit floating point: 0.9 pJ for an addition, 3.7 pJ for a multiplication, from
# Horowitz 2014, doi:10.1109/ISSCC.2014.6757323. The neuron of helpers.neuron takes 4 additions, a
# comparison (counted as one) and 2 multiplications a step.
ARITHMETIC = Cost(mac=3.7 + 0.9, synop=0.9, update=5 * 0.9 + 2 * 3.7)
# With memory: a MAC reads its weight and its input and keeps the sum in a register; a synaptic
# operation reads its weight, reads the current and writes it back; a neuron reads and writes v and
# i. No word is kept for a second use.
WITH_MEMORY = Cost(
    mac=ARITHMETIC.mac + 2 * WORD,
    synop=ARITHMETIC.synop + 3 * WORD,
    update=ARITHMETIC.update + 4 * WORD,
)


class Work(NamedTuple):
    """What a network does for one image: MACs, synaptic operations, and time steps of neurons."""

    macs: float
    synops: float = 0.0
    updates: float = 0.0

    def energy(self, cost: Cost) -> float:
        """Return the energy of this work at that cost, in µJ."""
        return 1e-6 * sum(amount * each for amount, each in zip(self, cost))


def break_even(macs: float, updates: float, cost: Cost, density: float = 1.0) -> float:
    """Return the spikes per synapse and image at which spikes cost as much as ReLU.

    Below 0, they always cost more.

    Args:
        macs: synapses of the layer, each a MAC for ReLU
        updates: neurons of the layer times time steps
        cost: of each operation
        density: the share of the MACs that are done, on a chip that skips inputs of 0
    """
    return (density * macs * cost.mac - updates * cost.update) / (macs * cost.synop)


def fan_out(layer: nn.Module, shape: tuple[int, ...]) -> Tensor:
    """Count the synapses that leave each input of a layer.

    The count is exact at the borders of a convolution, and for pruned weights: a weight of 0 is no
    synapse.

    Args:
        layer: Conv2d or Linear
        shape: of one input without batch

    Returns:
        A tensor of that shape.

    Raises:
        InputError: when the layer is neither Conv2d nor Linear
    """
    require(
        isinstance(layer, nn.Conv2d | nn.Linear),
        f"synapses are counted for Conv2d and Linear, and this layer is {type(layer).__name__}.",
    )
    weight = layer.weight.detach()
    if type(weight) is not Tensor:  # int8
        weight = weight.dequantize()
    synapses = (weight != 0).float()

    # Each output counts its inputs; the gradient asks each input for its outputs.
    def outputs(x):
        return torch.func.functional_call(layer, {"weight": synapses}, x).sum()

    return torch.func.grad(outputs)(torch.zeros(1, *shape, device=synapses.device))[0]


@contextmanager
def keep_inputs(net: nn.Module, layers: tuple[str, ...] = SPIKE_LAYERS):
    """Keep the inputs of these layers in each forward pass within the with block.

    Yields a dict from the name of a layer to its input.
    """
    inputs = {}

    def keep(name, layer, given):
        inputs[name] = given[0]

    with ExitStack() as hooks:
        for name in layers:
            layer = getattr(net, name)
            hooks.enter_context(layer.register_forward_pre_hook(partial(keep, name)))
        yield inputs


def operations_per_image(spikes: Tensor, reach: Tensor, images: int) -> Tensor:
    """Return a layer's synaptic operations per image, a number with a slope for each spike.

    Args:
        spikes: inputs of the layer, 0 or 1, (n, ...), all time steps and images of a batch
        reach: neurons that each place reaches, (...)
        images: how many the batch holds
    """
    return (spikes.sum(0) * reach).sum() / images


def evaluate(net: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, dict[str, float]]:
    """Return the accuracy, and the operations of SPIKE_LAYERS per image, all steps together.

    An input of 3 counts once: it is one number for one MAC, as ReLU sends. Chapter 5 counts three
    events in a step as three additions: see tests/studies/listen.py.

    Args:
        net: returns outputs (seq_length, batch, n_classes), of which the last ones are the logits
        images: (batch, 1, 28, 28), normalised
        labels: (batch,)
    """
    n_right = 0
    operations = dict.fromkeys(SPIKE_LAYERS, 0.0)
    with torch.no_grad(), keep_inputs(net) as inputs:
        for some, wanted in zip(images.split(250), labels.split(250)):
            n_right += (net(some)[-1].argmax(1) == wanted).sum().item()
            for name, x in inputs.items():
                spikes = (x != 0).float()
                reach = fan_out(getattr(net, name), x.shape[1:])
                operations[name] += operations_per_image(spikes, reach, len(images)).item()
    return n_right / len(images), operations


def count_macs(
    net: nn.Module, images: Tensor, layers: tuple[str, ...] = SPIKE_LAYERS
) -> dict[str, int]:
    """Count the MACs of each layer for one image in one time step.

    Every input counts, also those that are 0.
    """
    with torch.no_grad(), keep_inputs(net, layers) as inputs:
        net(images[:1])
    return {name: int(fan_out(getattr(net, name), x.shape[1:]).sum()) for name, x in inputs.items()}


def work_of(net: nn.Module, images: Tensor) -> Work:
    """Return what a network does for one of the images, on average.

    Inputs that are 0 cost nothing, except those of conv1.
    """
    _, operations = evaluate(net, images, torch.zeros(len(images)))
    macs_of_conv1 = count_macs(net, images, ("conv1",))["conv1"]
    n_operations = sum(operations.values())
    if not isinstance(net, SpikingConvNet):
        return Work(macs_of_conv1 + n_operations)
    v, spikes = record_spikes(net, images[:1])
    n_updates = v.numel() + sum(z.numel() for z in spikes.values())
    return Work(macs_of_conv1, n_operations, n_updates)
