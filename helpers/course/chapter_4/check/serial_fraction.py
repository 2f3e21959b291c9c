"""serial_fraction(n, speed_up) gives the s for which Amdahl's law gives that speed-up."""

from helpers.course.judge import Solution, exercise

S = "(n / speed_up - 1) / (n - 1)"

solution = Solution(
    """
def serial_fraction(n, speed_up):
    return (n / speed_up - 1) / (n - 1)
""",
    {
        S: {
            "speed_up / n": "That is the efficiency: how long would the serial part alone take?",
            "1 / (speed_up + (1 - speed_up) / n)": (
                "That is Amdahl's law itself, with the speed-up in the place of s."
            ),
            "1 - speed_up / n": (
                "That is what is lost of the speed-up: it is not shared out evenly."
            ),
            "1 / speed_up": (
                "That is 1 / speed_up, the share of the time that is left: how much of it is"
                " serial?"
            ),
            "1 / speed_up - 1 / n": "Nearly: that is s - s / n, not yet s.",
            f"{S} / n": "Divided by n and by n - 1: one of them is enough, look at which.",
        },
        "return ": {"return 1 - ": "That is the parallel part: s is the other one."},
        "n / speed_up - 1": {
            "n * speed_up - 1": (
                "The speed-up is the inverse of the time: multiplied by n, 1 / speed_up is n /"
                " speed_up."
            ),
            "speed_up / n - 1": "Upside down: it is n / speed_up, which is 1 when nothing is lost.",
            "n - speed_up": (
                "That would be a speed-up that falls in a straight line: in Amdahl's law times add"
                " up."
            ),
        },
        " / (n - 1)": {
            "": "Nearly: that is s (n - 1), not yet s.",
            " / (1 - n)": "A share of the time is not negative: look at the signs.",
        },
    },
)


@exercise("The serial fraction", ours=solution)
def serial_fraction(answer) -> str:
    hints = {
        "division by zero": "Upside down: without a serial part, s is 0, and can divide nothing."
    }
    cases = [(2, 1.6), (8, 4.0), (64, 64.0), (4, 5.0)]
    solution.compare_numbers("serial_fraction", answer, cases, hints)
    return "that is s for these processes. Only several numbers of them say what it means."
