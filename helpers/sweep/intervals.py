"""How sure a mean or a share is: 95 % intervals."""

from math import sqrt
from statistics import mean, stdev

from helpers import require

NORMAL = 1.960  # 97.5 % of a normal distribution lie below
# the same for t distributions of 1 to 9 degrees of freedom
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def share_interval(n_right: int, n_test: int) -> tuple[float, float]:
    """The 95 % interval of a share of which n_right of n_test examples were seen.

    Wilson 1927, doi:10.1080/01621459.1927.10502953: it stays within 0 and 1.
    """
    require(n_test >= 1, f"n_test is {n_test}: a share needs at least one example.")
    share = n_right / n_test
    weight = NORMAL**2 / n_test
    centre = (share + weight / 2) / (1 + weight)
    half = sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
    return centre - half, centre + half


def mean_interval(values: list[float]) -> tuple[float, float]:
    """The 95 % interval of the mean of two values or more, by the t distribution."""
    n = len(values)
    require(n >= 2, f"the number of values is {n}: an interval needs at least two.")
    half = t_quantile(n - 1) * stdev(values) / sqrt(n)
    return mean(values) - half, mean(values) + half


def t_quantile(freedom: int) -> float:
    """What 97.5 % of a t distribution lie below, to three digits after the point.

    From ten degrees of freedom on by a series (Abramowitz and Stegun 1964, 26.7.5).
    """
    if freedom <= len(T):
        return T[freedom - 1]
    x = NORMAL
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
    )
    return x + sum(term / freedom**n for n, term in enumerate(terms, start=1))


def seed_interval(shares: list[float]) -> tuple[float, float]:
    """`mean_interval` for shares, one from each seed, cut at 0 and 1."""
    low, high = mean_interval(shares)
    return max(low, 0.0), min(high, 1.0)
