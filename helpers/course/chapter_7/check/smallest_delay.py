"""smallest_delay(compute, latency, size, bandwidth) gives the steps that hide an exchange."""

import math

import torch

from helpers.course.checks import compare, exercise, results

CASES = [
    (1e-3, 2.5e-3, 1e5, 1e9),
    (2e-4, 1.04e-3, 1e4, 1e8),
    (5e-5, 2.8e-4, 2e3, 1e8),
    (1e-3, 0.0, 1e4, 1e8),
    (2.0, 4.0, 0.0, 1.0),
    (1e-4, 1e-3, 1e5, 1e8),
    (1e-4, 1e-3, 1e4, 1e8),  # the bytes take as long as the product
]


def _smallest_delay(compute, latency, size, bandwidth):
    slack = compute - size / bandwidth
    if slack <= 0:
        return math.inf
    return max(1, math.ceil(latency / slack))


@exercise("The smallest delay", ours=_smallest_delay)
def smallest_delay(answer) -> str:
    hints = {
        "infinity": "math.ceil takes no infinity: return it before you round.",
        "division by zero": (
            "Upside down? The latency may be 0. Or the bytes take as long as the product: then no "
            "delay is enough, math.inf."
        ),
    }
    got, (compute, latency, size, bandwidth) = results(
        answer, "compute latency size bandwidth", CASES, hints
    )
    sending = size / bandwidth

    def steps(wait=latency, gain=compute - sending, rounded=torch.ceil, least=1, never=math.inf):
        return torch.where(gain > 0, rounded(wait / gain).clamp(min=least), never)

    mistakes = {
        "A delay is a whole number of steps, and with fewer the exchange is longer: round up.": {
            "rounded": [torch.floor, torch.round, torch.clone]
        },
        "Where latency / slack is whole, so many steps are enough: yours takes one more.": {
            "rounded": lambda steps: steps.floor() + 1
        },
        "A spike takes at least one step: a delay of 0 is none.": {"least": 0},
        "Each step sends bytes too: yours counts the latency alone.": {"gain": compute},
        "The latency is missing: it is what a block pays once.": {"wait": sending},
        "The latency is paid once a block, the bytes in each step: yours pays both once.": (
            ((latency + sending) / compute).ceil().clamp(min=1)
        ),
        "Yours adds the time of the bytes to that of the product: it is taken off.": {
            "gain": compute + sending
        },
        "Where a step's bytes take longer than its product, no delay is enough: math.inf.": {
            "never": [0, 1, (latency / (compute - sending)).ceil()]
        },
        "Bytes divided by bytes a second are seconds: yours multiplies.": {
            "gain": compute - size * bandwidth
        },
    }
    compare("The delay for ", got, steps, mistakes, CASES)
    return "the shorter a step's product, and the longer the way, the larger the delay has to be."
