"""A network with a silent layer, to be repaired in chapter 2."""

import torch

from helpers.model import SpikingConvNet


def silent_network() -> SpikingConvNet:
    """Return the network of chapter 1, with initial weights that keep its second layer silent."""
    torch.manual_seed(0)
    net = SpikingConvNet()
    with torch.no_grad():
        for parameter in net.conv2.parameters():
            parameter /= 4  # as PyTorch's initial weights, which are made for ReLU
    return net
