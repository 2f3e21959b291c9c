"""build() gives a norse.SequentialState of two convolutions, a hidden layer and a readout."""

from helpers.course.judge import Solution, call, exercise
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
    return f"{count_weights(net):,} weights, and a state for each layer of neurons."
