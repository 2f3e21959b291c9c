"""speed_up_limit(share) gives how many times faster all is when a part with this share is free."""

from helpers.course.judge import Solution, exercise

LIMIT = "1 / (1 - share)"

solution = Solution(
    """
def speed_up_limit(share):
    return 1 / (1 - share)
""",
    {
        "1 - share": {
            "share": "A larger part promises more: yours promises less.",
            "1 - share / 100": "The share is between 0 and 1: yours takes it for percent.",
        },
        LIMIT: {
            "share": "That is the share itself: what is left of the time without it?",
            "1 - share": "That is the time that is left: how many times shorter is it than before?",
            "1 + share": (
                "Without nine tenths of the work the whole is far more than twice as fast: yours"
                " is not."
            ),
            f"{LIMIT} ** 2": "The time that is left is 1 - share: yours takes its square.",
            f"{LIMIT} - 1": "Nothing gained is a factor of 1: yours counts from 0.",
        },
        "return ": {"return 100 * ": "That is in percent: return the factor itself."},
    },
)


@exercise("What is there to gain?", ours=solution)
def speed_up_limit(answer) -> str:
    solution.compare_numbers("speed_up_limit", answer, [(0.75,), (0.3,), (0.9,), (0.99,)])
    return "Amdahl's law. It says where work pays: in the part that takes most of the time."
