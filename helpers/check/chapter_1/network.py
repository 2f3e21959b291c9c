"""Network(seq_length) is a torch.nn.Module that runs the eleven layers of the chapter over time."""

import norse.torch as norse
import torch
from torch.nn import Conv2d, Flatten, Linear, MaxPool2d

from helpers.check.judge import call, exercise, expect, kind
from helpers.check.layers import BARE, same_layers
from helpers.check.values import compare, expect_slopes, parts


class _Network(torch.nn.Module):
    def __init__(self, seq_length=8):
        super().__init__()
        self.seq_length = seq_length
        first = [Conv2d(1, 20, 5), norse.LIFCell(), MaxPool2d(2)]
        second = [Conv2d(20, 50, 5), norse.LIFCell(), MaxPool2d(2)]
        hidden = [Flatten(), Linear(800, 500), norse.LIFCell()]
        readout = [Linear(500, 10, bias=False), norse.LICell()]
        self.layers = norse.SequentialState(*first, *second, *hidden, *readout)
        with torch.no_grad():
            for weights in self.parameters():
                weights *= 3

    def forward(self, x, state=None, return_state=False):
        if x.dim() == 4:
            x = x.expand(self.seq_length, *x.shape)
        voltages = []
        if state:
            state = list(state)  # a copy, as SequentialState writes into it
        for x_t in x:
            v, state = self.layers(x_t, state)
            voltages.append(v)
        v = torch.stack(voltages)
        if return_state:
            return v, state
        return v


@exercise("Assemble the network", ours=_Network)
def network(answer) -> str:
    expect(
        not isinstance(answer, torch.nn.Module),
        "Hand over the class, as in check.network(Network): this is a net.",
    )
    net = call(answer, BARE, seq_length=12)
    right = _Network(12)
    expect(
        isinstance(net, torch.nn.Module),
        f"Network(12) should be a torch.nn.Module: this is {kind(net)}.",
    )
    expect(hasattr(net, "layers"), "Network should keep its layers as self.layers.")
    same_layers(net.layers, right.layers, "self.layers")
    expect(
        list(net.layers.state_dict()) == list(right.layers.state_dict()),
        "The last linear layer should have no bias, and the others have one:"
        " Linear(500, 10, bias=False).",
    )
    are_multiplied = net.layers[0].weight.abs().max() > 0.25  # PyTorch's are below 0.2
    expect(
        are_multiplied,
        "The weights are as PyTorch made them."
        " Keep the lines below self.layers, which multiply them by 3.",
    )
    right.layers.load_state_dict(net.layers.state_dict())
    images = 3 * torch.randn(3, 1, 28, 28)  # strong: all layers are to spike
    v, _ = parts(call(net, x=images, state=None, return_state=True), "v, state")
    compare("The voltage", v, right(images), {})
    expect_slopes(v, "some of the weights", *net.parameters())
    n_weights = sum(weights.numel() for weights in net.parameters())
    return f"{n_weights:,} weights, and a state for each layer of neurons."
