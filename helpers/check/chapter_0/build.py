"""build() gives a norse.SequentialState of two convolutions, a hidden layer and a readout."""

import norse.torch as norse
import torch
from torch.nn import Conv2d, Flatten, Linear, MaxPool2d

from helpers.check.judge import call, exercise, expect
from helpers.check.layers import BARE, same_layers


def _build():
    return norse.SequentialState(
        *(Conv2d(1, 20, 5), norse.LIFCell(), MaxPool2d(2)),
        *(Conv2d(20, 50, 5), norse.LIFCell(), MaxPool2d(2)),
        *(Flatten(), Linear(800, 500), norse.LIFCell()),
        *(Linear(500, 10), norse.LICell()),
    )


@exercise("Build the network", ours=_build)
def build(answer) -> str:
    same_layers(call(answer, BARE), _build())
    for cell in answer():
        given = hasattr(cell, "p") and (repr(cell.p), cell.dt) != (repr(type(cell.p)()), 0.001)
        expect(
            not given,
            "All cells are as they come: norse.LIFCell() and norse.LICell(), without parameters.",
        )
    v, state = answer()(torch.randn(3, 1, 28, 28), None)
    expect(
        v.shape == (3, 10),
        f"For three images the network should give (3, 10): yours gives {tuple(v.shape)}.",
    )
    return (
        f"{sum(weight.numel() for weight in answer().parameters()):,} weights,"
        " and a state for each of its cells."
    )
