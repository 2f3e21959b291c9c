"""winner(v, threshold) gives spikes, (batch, neurons): one at most in each example."""

import torch

from helpers.course.judge import Solution, call, exercise, expect_spikes

HINTS = {
    "but got 1)": "A row of v has only one axis, 0: the neurons.",
    "smaller than num_classes": "Each example has a winner: argmax needs dim=1.",
    "must match the size of tensor b": "The second argument of one_hot is the number of neurons.",
}
OWN = "Each neuron has its own threshold: yours takes"
solution = Solution(
    """
def winner(v, threshold):
    above = v - threshold
    best = torch.nn.functional.one_hot(above.argmax(dim=1), v.shape[1])
    return best * (above > 0).to(v.dtype)
""",
    {
        "best * ": {
            "": (
                "Only one neuron spikes per example:"
                " yours lets all spike that are above their threshold."
            ),
        },
        "torch.nn.functional.one_hot(above.argmax(dim=1), v.shape[1])": {
            "(above == above.amax(1, keepdim=True))": (
                "Where two are equally far above, only one spikes: yours lets both."
            ),
            "(above == above.max())": (
                "Each example has a winner of its own: yours has one among all examples."
            ),
            "torch.nn.functional.one_hot(above.argmax(dim=0), len(v)).T": (
                "Neurons compete with each other: in yours the examples do."
            ),
            "torch.zeros_like(v).index_fill(0, above.argmax(dim=1), 1)": (
                "An index alone writes to whole rows:"
                " scatter_ or one_hot writes to one neuron per example."
            ),
            "torch.zeros_like(v).index_fill(1, above.argmax(dim=1), 1)": (
                "An index alone writes to whole columns:"
                " scatter_ or one_hot writes to one neuron per example."
            ),
        },
        "above.argmax": {
            "v.argmax": (
                "The winner is furthest above its own threshold: yours has the highest voltage."
            ),
            "(v / threshold).argmax": "How far above is a difference: yours is a ratio.",
            "(above > 0).int().argmax": (
                "The furthest above wins: yours takes the first that is above."
            ),
            "above.abs().argmax": (
                "Below the threshold counts less than above: yours takes the distance without its"
                " sign."
            ),
        },
        "v - threshold": {
            "threshold - v": "Above is v - threshold: yours is the other way round.",
            "v - threshold.max()": f"{OWN} the highest of them.",
            "v - threshold.min()": f"{OWN} the lowest of them.",
            "v - threshold.mean()": f"{OWN} their mean.",
        },
        "best * (above > 0).to(v.dtype)": {
            "best": (
                "No neuron spikes where none is above its threshold: yours always has a winner."
            ),
            "above.argmax(dim=1)": (
                "You return indices of neurons. Spikes are 0 and 1, (batch, neurons)."
            ),
        },
        "above > 0": {
            "v > threshold.max()": f"{OWN} the highest of them.",
            "v > threshold.min()": f"{OWN} the lowest of them.",
            "above > threshold": "The threshold is subtracted once: yours subtracts it twice.",
            "above >= 0": "A neuron at its threshold does not spike: it has to be above.",
            "above < 0": "Above is v - threshold, and has to be more than 0: look at the sign.",
        },
    },
)


@exercise("Winner takes all", ours=solution)
def winner(answer) -> str:
    threshold = torch.tensor([1.0, 2.0, 1.2, 2.0])
    v = torch.tensor(
        [
            [0.5, 3.0, 2.5, 0.1],
            [0.2, 0.1, 0.9, 0.3],
            [1.5, 9.0, 3.9, 2.5],
            [1.0, 1.0, 1.0, 1.0],
            [0.5, 1.9, 1.0, 1.5],  # nobody is above its own threshold
            [0.95, 1.8, 0.5, 1.5],  # nor here
            [1.5, 1.0, 1.0, 1.0],
            [1.005, 1.0, 1.0, 1.0],
            [1.5, 1.95, 1.3, 1.5],
            [2.8, 4.4, 1.0, 1.0],
            [0.5, 1.0, 2.3, 0.5],
            [2.0, 3.0, 0.5, 0.5],  # two are equally far above
        ]
    )

    cases = [(v, threshold), (v[3:, :3], threshold[:3])]
    solution.compare_cases("z ", answer, cases, HINTS, _spikes)
    return "at most one winner. Its threshold will rise, so that others get a turn."


def _spikes(function, hints, v, threshold):
    """Return spikes of any type. Of two that are equally far above, either may win."""
    got = call(function, hints, v=v, threshold=threshold)
    if isinstance(got, torch.Tensor) and got.shape == v.shape:
        expect_spikes(got)
        got = got.to(v.dtype, copy=True)
        # the first of the two, whichever won
        got[-1, :2] = got[-1, :2].sort(descending=True).values
    return got
