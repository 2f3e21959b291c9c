"""Laws of speed-up: Amdahl's, and the serial fraction of Karp and Flatt."""

from helpers import require


def karp_flatt(n: int, speed_up: float) -> float:
    """Return the serial fraction that Amdahl's law gives n processes with this speed-up.

    s = (1 / speed_up - 1 / n) / (1 - 1 / n)

    It holds all that is lost: serial work, the exchange, and waiting. How it changes with n tells
    them apart. Source: Karp and Flatt 1990, doi:10.1145/78607.78614
    """
    return (1 / speed_up - 1 / n) / (1 - 1 / n)


def amdahl(speed_ups: dict[int, float]) -> float:
    """Fit Amdahl's serial fraction s, between 0 and 1, by least squares.

    1 / speed_up = s + (1 - s) / processes

    Source: Amdahl 1967, doi:10.1145/1465482.1465560

    Args:
        speed_ups: of strong scaling, for at least three numbers of processes, 1 among them

    Raises:
        InputError: when there are fewer, so that any law would go through the one point
    """
    require(
        len(speed_ups) > 2,
        "Amdahl's law cannot be fitted to fewer than three numbers of processes, such as 1, 2, 4.",
    )
    # 1 / speed_up - 1 / n = s (1 - 1 / n): a line through the origin
    x = [1 - 1 / n for n in speed_ups]
    y = [1 / speed_up - 1 / n for n, speed_up in speed_ups.items()]
    s = sum(a * b for a, b in zip(x, y)) / sum(a * a for a in x)
    return min(max(s, 0.0), 1.0)
