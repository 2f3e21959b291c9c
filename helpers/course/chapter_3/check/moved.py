"""moved(exact, coarse) gives the share of the spikes of exact that are missing from coarse."""

import torch

from helpers.course.checks import compare, exercise, results


@exercise(
    "Count the spikes that move",
    ours=lambda exact, coarse: (exact * (1 - coarse)).sum() / exact.sum(),
)
def moved(answer) -> str:
    x = torch.zeros(2, 6, 3, 5)
    exact, coarse = x
    exact[:4, :, :2] = exact[4, 0, 3] = 1
    exact[0, 2, 0] = 0  # 24 spikes, not as many in each image
    coarse[:4, :2, 1] = coarse[3:, :, 4] = 1  # 8 of them, and 9 others
    y = x.flip(0)  # each with the other one
    # spikes of the first and of the second in each pair, and of both at once
    a = x.sum((1, 2, 3))
    b = a.flip(0)
    kept = (exact * coarse).sum().expand(2)
    steps = exact.numel()
    mean_shares = [  # over neurons, over images, over time steps
        ((x * (1 - y)).sum(axes) / x.sum(axes)).flatten(1).nanmean(1)
        for axes in (1, (1, 3), (2, 3))
    ]
    either = a + b - kept
    differ = either - kept

    def share(spikes=a - kept, of=a):
        return spikes / of

    mistakes = {
        "Upside down: the more spikes move, the larger the share.": 1 / share(),
        "Divide one sum of all spikes by the other: yours is a mean of shares.": mean_shares,
        "Those are the spikes that stay: which of exact are missing in coarse?": {"spikes": kept},
        "Those are the spikes that only coarse has: which are in exact alone?": {
            "spikes": b - kept
        },
        "A spike that moves makes two steps differ: look at the spikes of exact alone.": {
            "spikes": [differ, differ / 2]
        },
        "That compares how many spikes there are. They may all be at other moments.": {
            "spikes": [a - b, b - a, (a - b).abs(), (exact.sum(0) - coarse.sum(0)).abs().sum()]
        },
        "Silent steps count nothing: what is 1 only where exact has a spike?": {
            "spikes": [steps - kept, steps - b, steps - differ, steps - either]
        },
        "Divide by the spikes of exact: yours divides by {}.": {
            "of": {
                "those of coarse": b,
                "those of both": a + b,
                "all that either has": either,
                "the number of time steps": len(exact),
                "all time steps of all neurons": steps,
            }
        },
        "That is a number of spikes or steps: divide by the spikes of exact.": {"of": 1},
        "A share is between 0 and 1: yours is in percent.": {"of": a / 100},
    }
    hints = dict.fromkeys(
        ["bitwise", "operator.invert"], "These are floats: turn them into .bool() before & and ~."
    )
    got, _ = results(answer, "exact coarse", [*zip(x, y)], hints)
    labels = ["", " with the two the other way round"]
    compare("The share of moved spikes", got, share, mistakes, labels)
    return (
        "16 of 24 spikes in this example."
        " Where only few move, the network still computes nearly the same."
    )
