"""pays_from(first, slow, fast) gives the images after which the compiled network has caught up."""

import math

from helpers.course.judge import Solution, call, exercise, number

GAIN = "(1 / slow - 1 / fast)"  # seconds per image

solution = Solution(
    """
def pays_from(first, slow, fast):
    return first / (1 / slow - 1 / fast)
""",
    {
        "first / ": {
            "": "Those are the seconds that an image gains: in how many images are they first?",
            "1 / ": "first is missing: the longer it compiles, the more images.",
            "2 * first / ": "Compiling is paid once: yours pays it twice.",
        },
        f"first / {GAIN}": {
            (
                f"first + {GAIN}",
                f"first * {GAIN}",
            ): "Divide first by the seconds that an image gains: yours adds or multiplies.",
            (
                f"math.floor(first / {GAIN})",
                f"first // {GAIN}",
            ): "Rounded down, the slow network is still ahead: round up, or not at all.",
        },
        GAIN: {
            (
                "(slow / fast)",
                "(fast / slow)",
            ): "The gain is a difference, 1 / slow - 1 / fast: yours is a ratio.",
            "(1 / fast - 1 / slow)": (
                "Fast takes fewer seconds per image: yours has the two swapped."
            ),
            (
                "(1 / slow)",
                "(1 / fast)",
            ): "A network does that in the seconds of compiling: where are the two level?",
            (
                "(fast - slow)",
                "(slow - fast)",
                "slow",
                "fast",
            ): "That divides seconds by images per second, and gives no images.",
            "(1 / (fast - slow))": (
                "fast - slow is gained per second after compiling: yours begins too early."
            ),
            "(1 / (slow - fast))": (
                "1 / (slow - fast) is not 1 / slow - 1 / fast: look at the brackets."
            ),
        },
        "slow -": {"slow +": "n / slow = first + n / fast: yours has a wrong sign."},
        "return ": {
            (
                "return 1 / slow * ",
                "return 1 / fast * ",
            ): "That is in seconds: how many images does a network do in that time?",
        },
    },
)


def _images(function, hints, **given):
    """Call a function. Its result may be rounded up, or the first image ahead."""
    images = number(call(function, hints, **given))
    exact = solution(**given)
    return exact if images in (math.ceil(exact), math.floor(exact) + 1) else images


@exercise("When does compiling pay?", ours=solution)
def pays_from(answer) -> str:
    cases = [(20, 100, 200), (5, 4000, 64000), (0, 10, 30), (0.5, 10, 30)]
    solution.compare_numbers("pays_from", answer, cases, call=_images)
    return "n / slow = first + n / fast. For fewer images than that, compiling does not pay."
