"""How sure a mean or a share is."""

import pytest

from helpers.sweep.intervals import seed_interval, share_interval, t_quantile


@pytest.mark.parametrize(
    ("n_right", "n_test", "low", "high"),
    [  # Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286, equation 4, by hand
        (0, 10, 0.0, 0.2775),
        (294, 300, 0.9571, 0.9908),
    ],
)
def test_the_interval_of_a_share(n_right, n_test, low, high):
    assert share_interval(n_right, n_test) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_over_seeds():
    # mean 0.92, standard deviation 0.02, 4.303 of its standard errors
    assert seed_interval([0.90, 0.92, 0.94]) == pytest.approx((0.87031, 0.96969), abs=5e-6)
    assert seed_interval([0.99, 1.0]) == pytest.approx((0.93147, 1.0), abs=5e-6)


@pytest.mark.parametrize("n, quantile", [(3, 3.182), (4, 2.776), (5, 2.5706), (30, 2.042)])
def test_the_quantiles_of_t_are_those_of_the_tables(n, quantile):
    assert t_quantile(n) == pytest.approx(quantile, abs=6e-4)
