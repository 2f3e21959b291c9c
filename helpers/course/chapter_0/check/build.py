"""build() gives a norse.SequentialState of two convolutions, a hidden layer and a readout."""

import norse.torch as norse
import torch
from torch.nn import Conv2d, Flatten, Linear, MaxPool2d

from helpers.course.checks import call, exercise, expect
from helpers.course.checks.layers import BARE, same_layers


def _build():
    first = [Conv2d(1, 20, 5), norse.LIFCell(), MaxPool2d(2)]
    second = [Conv2d(20, 50, 5), norse.LIFCell(), MaxPool2d(2)]
    hidden = [Flatten(), Linear(800, 500), norse.LIFCell()]
    readout = [Linear(500, 10), norse.LICell()]
    return norse.SequentialState(*first, *second, *hidden, *readout)


@exercise("Build the network", ours=_build)
def build(answer) -> str:
    same_layers(call(answer, BARE), _build())
    for layer in answer():
        has_parameters = hasattr(layer, "p") and (
            repr(layer.p) != repr(type(layer.p)()) or layer.dt != 0.001
        )
        expect(
            not has_parameters,
            "Take the neurons as they are: norse.LIFCell() and norse.LICell(), without parameters.",
        )
    v, state = answer()(torch.randn(3, 1, 28, 28), None)
    expect(
        v.shape == (3, 10),
        f"For three images the network should give (3, 10): yours gives {tuple(v.shape)}.",
    )
    n_weights = sum(weights.numel() for weights in answer().parameters())
    return f"{n_weights:,} weights, and a state for each layer of neurons."
