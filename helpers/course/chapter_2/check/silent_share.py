"""silent_share(z) gives the share of neurons that never spike."""

import torch

from helpers.course.judge import Solution, exercise

solution = Solution(
    """
def silent_share(z):
    return (z.sum(dim=(0, 1)) == 0).float().mean()
""",
    {
        "(0, 1)": {
            "0": "Never means for no image: yours counts each image of a neuron by itself.",
            "1": "Never means in no step: yours counts each step of a neuron by itself.",
            "(0, 1, *range(3, z.dim()))": (
                "Each place in a channel is a neuron: yours takes a channel for one."
            ),
            (
                "(0, *range(2, z.dim()))",
                "(1, *range(2, z.dim()))",
            ): "Yours asks for steps or images without a spike: neurons are the axes behind them.",
        },
        "z.sum(dim=(0, 1))": {
            "z": "That is the share of zeros in z: a neuron that spikes seldom is not silent.",
        },
        "mean()": {"sum()": "That is their number: divide it by the number of all neurons."},
        "==": {">": "That is the share of the neurons that spike."},
        "return ": {"return 100 * ": "That is in percent: a share is between 0 and 1."},
        "(z.sum(dim=(0, 1)) == 0)": {
            "z": "That is the mean rate: which neurons take no part in it?",
        },
    },
)


@exercise("Silent neurons", ours=solution)
def silent_share(answer) -> str:
    cases = []
    for shape in ((70, 30, 2, 20), (60, 40, 30)):
        hears = torch.rand(shape[1:]) < 0.5  # each image is heard by half of the neurons
        cases.append((((torch.rand(shape) < 0.001) & hears).float(),))
    seldom = torch.zeros(500, 60, 3)
    seldom[7, 3, 0] = 1
    cases.append((seldom,))
    labels = ["", "", " where a neuron spikes once"]
    solution.compare_numbers("The share", answer, cases, labels=labels)
    return "a mean rate hides them. They may have a weak input, or none."
