"""speed_up_limit(share) gives how many times faster all is when a part with this share is free."""

from helpers.course.checks import compare, exercise, expect, results


@exercise("What is there to gain?", ours=lambda share: 1 / (1 - share))
def speed_up_limit(answer) -> str:
    got, (share,) = results(answer, "share", [(0.75,), (0.2,), (0.9,)])
    right = 1 / (1 - share)
    mistakes = {
        "A larger part promises more: yours promises less.": 1 / share,
        "That is the share itself: what is left of the time without it?": share,
        "That is the time that is left: how many times shorter is it than before?": 1 - share,
        "Without nine tenths of the work the whole is far more than twice as fast: yours is not.": (
            1 + share
        ),
        "The share is between 0 and 1: yours takes it for percent.": 1 / (1 - share / 100),
        "The time that is left is 1 - share: yours takes its square.": right**2,
        "Nothing gained is a factor of 1: yours counts from 0.": right - 1,
        "That is in percent: return the factor itself.": 100 * right,
    }
    expect(
        len(got.unique()) > 1,
        "Yours gives the same number for every share: it should depend on share.",
    )
    compare("speed_up_limit", got, right, mistakes, ["(0.75)", "(0.2)", "(0.9)"])
    return "Amdahl's law. It says where work pays: in the part that takes most of the time."
