"""efficiency(rates) gives, for each number of processes, the speed-up divided by that number."""

import torch

from helpers.check.judge import call, exercise, expect, kind
from helpers.check.values import compare, number


def _efficiency(rates):
    return {n: rate / rates[1] / n for n, rate in rates.items()}


@exercise("Efficiency", ours=_efficiency)
def efficiency(answer) -> str:
    for rates in ({1: 120.0, 2: 228.0, 8: 600.0}, {4: 220.0, 1: 50.0, 16: 40.0}):
        given = dict(rates)
        got = call(answer, rates=given)
        expect(
            given == rates or got is given,
            "Your function changes rates: its caller may still need it.",
        )
        expect(isinstance(got, dict), f"The result is a dict, like rates: yours is {kind(got)}.")
        expect(
            set(got) == set(rates), "The result should have the same numbers of processes as rates."
        )
        n = torch.tensor(list(rates.keys()), dtype=torch.float64)
        rate = torch.tensor(list(rates.values()), dtype=torch.float64)
        values = [number(got[n_processes], "Each efficiency") for n_processes in rates]
        values = torch.tensor(values, dtype=torch.float64)
        one = rates[1]
        right = rate / one / n
        mistakes = {
            "That is the speed-up: what share is it of the ideal one?": rate / one,
            "That is images per second of one process: compare it with the rate of one alone.": (
                rate / n
            ),
            "That is percent: an efficiency is a number up to about 1.": 100 * right,
            "The speed-up grows when things get better: yours falls.": one / rate,
            "The speed-up is upside down: the rate of one process stands below.": one / rate / n,
            (
                "The rate of one process is 1 in yours:"
                " does rates[1] change before the others are divided?"
            ): torch.where(n == 1, 1, rate / n),
            "Yours is upside down: less than the ideal should give less than 1.": 1 / right,
            "Yours multiplies by the number of processes.": rate / one * n,
            "Compare with the rate of one process, rates[1]: yours takes the first of the dict.": (
                rate / rate[0] / n
            ),
            "Compare with the rate of one process, rates[1]: yours takes the lowest.": (
                rate / rate.min() / n
            ),
        }
        compare("The efficiency for n = ", values, right, mistakes, [*rates])
        expect(
            got is not given,
            "The values are right, but your function changes rates: make a new dict.",
        )
    return (
        "how much of the device time we pay for is used. It holds for strong and for weak scaling."
    )
