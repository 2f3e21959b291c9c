"""winner(v, threshold) gives spikes, (batch, neurons): one at most in each example."""

import torch

from helpers.course.checks import call, compare, exercise, expect_spikes, variations


def _winner_takes_all(v, threshold):
    above = v - threshold
    return torch.eye(v.shape[1])[above.argmax(1)] * (above > 0)


@exercise("Winner takes all", ours=_winner_takes_all)
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
            [2.8, 4.4, 1.0, 1.0],
            [0.5, 1.0, 2.3, 0.5],
            [2.0, 3.0, 0.5, 0.5],  # two are equally far above
        ]
    )
    above = v - threshold
    is_above = above > 0

    def spikes(by=above, where=is_above):
        """Return one spike in each example: where `by` is largest, if `where` allows it there."""
        return torch.eye(4)[by.argmax(1)] * where

    def written(axis):
        """Return z after z[..., indices] = 1 along one axis, for all of the other."""
        return torch.zeros_like(v).index_fill(axis, above.argmax(1), 1) * is_above

    mistakes = {
        (
            "Only one neuron spikes per example:"
            " yours lets all spike that are above their threshold."
        ): is_above,
        "Where two are equally far above, only one spikes: yours lets both.": (
            is_above * (above == above.amax(1, keepdim=True))
        ),
        "Each example has a winner of its own: yours has one among all examples.": (
            is_above * (above == above.max())
        ),
        "Neurons compete with each other: in yours the examples do.": (
            torch.eye(10)[above.argmax(0)].T * is_above
        ),
        "You return indices of neurons. Spikes are 0 and 1, (batch, neurons).": above.argmax(1),
        (
            "An index alone writes to whole rows:"
            " scatter_ or one_hot writes to one neuron per example."
        ): written(0),
        (
            "An index alone writes to whole columns:"
            " scatter_ or one_hot writes to one neuron per example."
        ): written(1),
        "Above is v - threshold: yours is the other way round.": spikes(-above, above < 0),
        "Each neuron has its own threshold: yours takes their mean.": (
            spikes(v, v > threshold.mean())
        ),
        "Each neuron has its own threshold: yours takes the {} of them.": {
            "by": [v, above],
            "where": {"highest": v > threshold.max(), "lowest": v > threshold.min()},
        },
        "The winner is furthest above its own threshold: yours has the highest voltage.": {"by": v},
        "How far above is a difference: yours is a ratio.": {"by": v / threshold},
        "The furthest above wins: yours takes the first that is above.": {"by": is_above.int()},
        (
            "Below the threshold counts less than above: yours takes the distance without its sign."
        ): {"by": above.abs()},
        "No neuron spikes where none is above its threshold: yours always has a winner.": {
            "where": 1
        },
        "The threshold is subtracted once: yours subtracts it twice.": {"where": above > threshold},
        "A neuron at its threshold does not spike: it has to be above.": {"where": above >= 0},
        "Above is v - threshold, and has to be more than 0: look at the sign.": {
            "where": above < 0
        },
    }
    hints = {
        "but got 1)": "A row of v has only one axis, 0: the neurons.",
        "smaller than num_classes": "Each example has a winner: argmax needs dim=1.",
        "must match the size of tensor b (4)": (
            "one_hot takes the number of neurons as its second argument."
        ),
    }
    got = call(answer, hints, v=v, threshold=threshold)
    right = spikes()
    expect_spikes(got, right)
    if isinstance(got, torch.Tensor) and got.shape == v.shape and not got.is_complex():
        got = got.to(v.dtype)
        if got[-1].tolist() == [0, 1, 0, 0]:  # of two that are equally far above, either may win
            right[-1] = got[-1]
    compare("z ", got, right, variations(spikes, mistakes))
    return "at most one winner. Its threshold will rise, so that others get a turn."
