"""build() gives a norse.SequentialState of two convolutions, a hidden layer and a readout."""

import torch

from helpers.course.checks import call, exercise, expect
from helpers.course.checks.layers import BARE, conv_net, count_weights, same_layers


@exercise("Build the network", ours=conv_net)
def build(answer) -> str:
    net = call(answer, BARE)
    same_layers(net, conv_net())
    for layer in net:
        expect(
            not hasattr(layer, "p") or repr(layer) == repr(type(layer)()),
            "Take the neurons as they are: norse.LIFCell() and norse.LICell(), without parameters.",
        )
    v, _ = call(net, x=torch.randn(3, 1, 28, 28))
    expect(
        v.shape == (3, 10),
        f"For three images the network should give (3, 10): yours gives {tuple(v.shape)}.",
    )
    return f"{count_weights(net):,} weights, and a state for each layer of neurons."
