"""The recorded trainings of networks that have to remember, with and without delays."""

from helpers.assets.study_results import MEASURED, read_rows
from helpers.course.notebook.trials import Trial
from helpers.sweep.intervals import NORMAL

DELAYS_CSV = MEASURED / "delays.csv"
FOUR_OF_FIVE = 0.842  # 80 % of a normal distribution lie below


def read_delays() -> list[Trial]:
    """All trainings with delays, in the order in which they were made."""
    return read_rows(DELAYS_CSV, Trial)


def detectable(low: float, high: float) -> float:
    """The difference that four of five studies with so wide a 95 % interval find clear of zero.

    It is that of normal distributions. Intervals of few degrees of freedom find some 2 % less.
    """
    return (high - low) / 2 * (1 + FOUR_OF_FIVE / NORMAL)
