"""build_xor() gives a norse.SequentialState of a hidden layer and a readout."""

import norse.torch as norse
import torch
from torch.nn import Linear

from helpers.check.judge import call, exercise, expect
from helpers.check.layers import BARE, same_layers


def _build_xor():
    triangle = norse.LIFParameters(method="triangle", alpha=torch.tensor(1.0))
    return norse.SequentialState(
        Linear(2, 30), norse.LIFCell(triangle), Linear(30, 2), norse.LICell()
    )


@exercise("XOR in time", ours=_build_xor)
def build_xor(answer) -> str:
    same_layers(call(answer, BARE), _build_xor())
    cell = next(layer for layer in answer() if isinstance(layer, norse.LIFCell))
    expect(
        cell.p.method == "triangle",
        "The cell is to have the parameters of the text: norse.LIFCell(triangle).",
    )
    return (
        "your own layers, four instead of eleven."
        " What is hard in a problem is seldom the code of its network."
    )
