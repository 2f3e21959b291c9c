"""smallest_delay(compute, latency, size, bandwidth) gives the steps that hide an exchange."""

from helpers.course.judge import Solution, call, exercise

CASES = [
    (1e-3, 2.5e-3, 1e5, 1e9),
    (2e-4, 1.04e-3, 1e4, 1e8),
    (1e-3, 0.0, 1e4, 1e8),
    (2.0, 4.0, 0.0, 1.0),
    (1e-4, 1e-3, 1e5, 1e8),
    (1e-3, 5.0, 0.0, 1.0),  # thousands of steps
    (1e-4, 1e-3, 1e4, 1e8),  # the bytes take as long as the product
    (1e-3, 5.002e-3, 0.0, 1.0),  # a little more than a whole number of steps
]
HINTS = {"infinity": "math.ceil takes no infinity: return it before you round."}
solution = Solution(
    """
def smallest_delay(compute, latency, size, bandwidth):
    slack = compute - size / bandwidth
    if slack <= 0:
        return math.inf
    return max(1, math.ceil(latency / slack))
""",
    {
        "math.ceil(latency / slack)": {
            (
                "math.floor(latency / slack)",
                "round(latency / slack)",
                "latency / slack",
            ): (
                "A delay is a whole number of steps, and with fewer the exchange is longer: round"
                " up."
            ),
        },
        "max(1, math.ceil(latency / slack))": {
            "1 + int(latency / slack)": (
                "Where latency / slack is whole, so many steps are enough: yours takes one more."
            ),
            "math.ceil(latency / slack)": "A spike takes at least one step: a delay of 0 is none.",
        },
        "compute - size / bandwidth": {
            "compute": "Each step sends bytes too: yours counts the latency alone.",
            "compute\n    latency += size / bandwidth": (
                "The latency is paid once a block, the bytes in each step: yours pays both once."
            ),
            "compute + size / bandwidth": (
                "Yours adds the time of the bytes to that of the product: it is taken off."
            ),
            "compute - size * bandwidth": (
                "Bytes divided by bytes a second are seconds: yours multiplies."
            ),
        },
        "latency / slack": {
            "size / bandwidth / slack": "The latency is missing: it is what a block pays once.",
        },
        "math.inf": {
            (
                "0",
                "1",
            ): "Where a step's bytes take longer than its product, no delay is enough: math.inf.",
        },
    },
)


def _steps(function, hints, **case):
    upside_down = "Upside down: the latency may be 0, so divide by the slack."
    too_slow = "The bytes of a step take as long as its product: then no delay is enough, math.inf."
    hints = hints | {"division by zero": too_slow if case["latency"] else upside_down}
    return call(function, hints, **case)


@exercise("The smallest delay", ours=solution)
def smallest_delay(answer) -> str:
    solution.compare_numbers("smallest_delay", answer, CASES, HINTS, _steps)
    return "the shorter a step's product, and the longer the way, the larger the delay has to be."
