"""How sure a mean or a share is: 95 % intervals."""

from math import sqrt
from statistics import mean, stdev

NORMAL = 1.960  # 97.5 % of a normal distribution lie below
T = (12.706, 4.303, 3.182, 2.776)  # the same for t distributions of 1 to 4 degrees of freedom


def share_interval(n_right: int, n_test: int) -> tuple[float, float]:
    """The 95 % interval of a share of which n_right of n_test examples were seen.

    Wilson 1927, doi:10.1080/01621459.1927.10502953: it stays within 0 and 1.
    """
    share = n_right / n_test
    weight = NORMAL**2 / n_test
    centre = (share + weight / 2) / (1 + weight)
    half = sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
    return centre - half, centre + half


def mean_interval(values: list[float]) -> tuple[float, float]:
    """The 95 % interval of the mean of two values or more, by the t distribution."""
    n = len(values)
    half = t_quantile(n - 1) * stdev(values) / sqrt(n)
    return mean(values) - half, mean(values) + half


def seed_interval(shares: list[float]) -> tuple[float, float]:
    """`mean_interval` for shares, one from each seed, cut at 0 and 1."""
    low, high = mean_interval(shares)
    return max(low, 0.0), min(high, 1.0)


def t_quantile(freedom: int) -> float:
    """What 97.5 % of a t distribution lie below, to three digits after the point.

    From five degrees of freedom on by a series (Abramowitz and Stegun 1964, 26.7.5), of which the
    coefficients are those for `NORMAL`.
    """
    if freedom <= len(T):
        return T[freedom - 1]
    coefficients = enumerate((NORMAL, 2.37238, 2.82271, 2.55611, 1.58975))
    return sum(coefficient / freedom**power for power, coefficient in coefficients)
