"""serial_fraction(n, speed_up) gives the s for which Amdahl's law gives that speed-up."""

from helpers.cluster.scaling_report import karp_flatt
from helpers.course.checks import compare, exercise, results


@exercise("The serial fraction", ours=karp_flatt)
def serial_fraction(answer) -> str:
    cases = [(2, 1.6), (8, 4.0), (64, 64.0)]
    hints = {
        "division by zero": "Upside down: without a serial part, s is 0, and can divide nothing."
    }
    got, (n, speed_up) = results(answer, "n speed_up", cases, hints)
    right = karp_flatt(n, speed_up)
    mistakes = {
        "That is the efficiency: how long would the serial part alone take?": speed_up / n,
        "That is Amdahl's law itself, with the speed-up in the place of s.": (
            1 / (speed_up + (1 - speed_up) / n)
        ),
        "That is what is lost of the speed-up: it is not shared out evenly.": 1 - speed_up / n,
        "That is the parallel part: s is the other one.": 1 - right,
        "That is 1 / speed_up, the share of the time that is left: how much of it is serial?": (
            1 / speed_up
        ),
        "Nearly: that is s - s / n, not yet s.": 1 / speed_up - 1 / n,
        "The speed-up is the inverse of the time: multiplied by n, 1 / speed_up is n / speed_up.": (
            (n * speed_up - 1) / (n - 1)
        ),
        "Nearly: that is s (n - 1), not yet s.": n / speed_up - 1,
        "Divided by n and by n - 1: one of them is enough, look at which.": right / n,
        "A share of the time is not negative: look at the signs.": -right,
        "That would be a speed-up that falls in a straight line: in Amdahl's law times add up.": (
            (n - speed_up) / (n - 1)
        ),
        "Upside down: it is n / speed_up, which is 1 when nothing is lost.": (
            (speed_up / n - 1) / (n - 1)
        ),
    }
    compare("The serial fraction for (n, speed_up) = ", got, right, mistakes, cases)
    return "that is s for these processes. Only several numbers of them say what it means."
