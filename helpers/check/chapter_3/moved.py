"""moved(exact, coarse) gives the share of the spikes of exact that are missing from coarse."""

import torch

from helpers.check.judge import call, exercise
from helpers.check.values import compare, number, variations


@exercise(
    "Count the spikes that move",
    ours=lambda exact, coarse: (exact * (1 - coarse)).sum() / exact.sum(),
)
def moved(answer) -> str:
    exact, coarse = torch.zeros(2, 6, 3, 5)
    exact[:4, :, :2] = exact[4, 0, 3] = 1
    exact[0, 2, 0] = 0  # 24 spikes, not as many in each image
    coarse[:4, :2, 1] = coarse[3:, :, 4] = 1  # 8 of them, and 9 others
    pairs = [(exact, coarse), (coarse, exact)]
    a, b = torch.tensor([[one.sum(), other.sum()] for one, other in pairs]).T
    kept = (exact * coarse).sum().expand(2)
    steps = exact.numel()
    shares = [
        [((x * (1 - y)).sum(axes) / x.sum(axes)).nanmean() for x, y in pairs]
        for axes in (0, (0, 2), (1, 2))
    ]
    fewer = [
        a - b,
        b - a,
        (a - b).abs(),
        (exact.sum(0) - coarse.sum(0)).abs().sum(),
    ]  # the last: neuron by neuron
    differ = a + b - 2 * kept
    either = [differ, differ / 2]
    silent = [steps - kept, steps - b, steps - differ, steps - a - b + kept]
    others = {"those of coarse": b, "those of both": a + b, "all that either has": a + b - kept}
    others |= {"the number of time steps": len(exact), "all time steps of all neurons": steps}

    def share(spikes=a - kept, of=a):
        return spikes / of

    mistakes = {
        "Upside down: the more spikes move, the larger the share.": 1 / share(),
        "Divide one sum of all spikes by the other: yours is a mean of shares.": [
            *map(torch.tensor, shares)
        ],
        "Those are the spikes that stay: which of exact are missing in coarse?": dict(spikes=kept),
        "Those are the spikes that only coarse has: which are in exact alone?": dict(
            spikes=b - kept
        ),
        "A spike that moves makes two steps differ: look at the spikes of exact alone.": dict(
            spikes=either
        ),
        "That compares how many spikes there are. They may all be at other moments.": dict(
            spikes=fewer
        ),
        "Silent steps count nothing: what is 1 only where exact has a spike?": dict(spikes=silent),
        "Divide by the spikes of exact: yours divides by {}.": dict(of=others),
        "That is a number of spikes or steps: divide by the spikes of exact.": dict(of=1),
        "A share is between 0 and 1: yours is in percent.": dict(of=a / 100),
    }
    hints = dict.fromkeys(
        ["bitwise", "operator.invert"], "These are floats: turn them into .bool() before & and ~."
    )
    found = [
        number(call(answer, hints, exact=one, coarse=other), "The share") for one, other in pairs
    ]
    labels = ["", " with the two the other way round"]
    compare(
        "The share of moved spikes",
        torch.tensor(found),
        share(),
        variations(share, mistakes),
        labels,
    )
    return (
        "16 of 24 spikes in this example."
        " Where only few move, the network still computes nearly the same."
    )
