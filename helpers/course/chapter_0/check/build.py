"""build() gives a norse.SequentialState of two convolutions, a hidden layer and a readout."""

import torch

from helpers.course.judge import Solution, call, exercise, expect
from helpers.course.judge.layers import BARE, LAYERS, count_weights, same_layers

solution = Solution(
    """
def build():
    first = [Conv2d(1, 20, kernel_size=5), norse.LIFCell(), MaxPool2d(2)]
    second = [Conv2d(20, 50, kernel_size=5), norse.LIFCell(), MaxPool2d(2)]
    last = [Flatten(), Linear(50 * 4 * 4, 500), norse.LIFCell()]
    last += [Linear(500, 10), norse.LICell()]
    return norse.SequentialState(*first, *second, *last)
""",
    {},
    **LAYERS,
)


@exercise("Build the network", ours=solution)
def build(answer) -> str:
    net = call(answer, BARE)
    same_layers(net, solution())
    v, _ = call(net, x=torch.randn(3, 1, 28, 28))
    expect(
        v.shape == (3, 10),
        f"For three images the network should give (3, 10): yours gives {tuple(v.shape)}.",
    )
    return f"{count_weights(net):,} weights, and a state for each layer of neurons."
