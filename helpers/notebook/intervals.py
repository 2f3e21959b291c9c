"""How sure a mean or a share is: 95 % intervals."""

from math import sqrt
from statistics import mean, stdev

from helpers import require

# 97.5 % of a normal distribution, and of t distributions of 1 to 9 degrees of freedom, lie below
NORMAL = 1.960
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def share_interval(n_right: int, n_test: int) -> tuple[float, float]:
    """The 95 % interval of a share of which n_right of n_test examples were seen.

    Wilson 1927, doi:10.1080/01621459.1927.10502953: it stays within 0 and 1.
    """
    require(n_test >= 1, f"n_test is {n_test}: a share needs at least one example.")
    share = n_right / n_test
    weight = NORMAL**2 / n_test
    centre = (share + weight / 2) / (1 + weight)
    half = NORMAL * sqrt(share * (1 - share) / n_test + weight / n_test / 4) / (1 + weight)
    return centre - half, centre + half


def mean_interval(values: list[float]) -> tuple[float, float]:
    """The 95 % interval of the mean of two to ten values, by the t distribution."""
    n = len(values)
    wanted = range(2, len(T) + 2)
    require(n in wanted, f"there are {n} values: the interval needs two to {wanted[-1]}.")
    half = T[n - 2] * stdev(values) / sqrt(n)
    return mean(values) - half, mean(values) + half


def seed_interval(shares: list[float]) -> tuple[float, float]:
    """`mean_interval` for shares, one from each seed, cut at 0 and 1."""
    low, high = mean_interval(shares)
    return max(low, 0.0), min(high, 1.0)
