"""device_hours(n_runs, hours, devices, efficiency) gives (hours, device-hours) for two ways."""

from helpers.course.judge import Solution, call, exercise, parts

CASES = [(24, 1.0, 8, 0.5), (25, 2.0, 8, 0.8), (3, 0.5, 8, 0.9), (7, 10.0, 2, 0.4)]
NUMBERS = (
    "hours one after another, device-hours one after another,"
    " hours side by side, device-hours side by side"
)
SHARED = "(shared, shared * devices)"
ALONE = "(alone, n_runs * hours)"
solution = Solution(
    """
def device_hours(n_runs, hours, devices, efficiency):
    shared = n_runs * hours / (devices * efficiency)
    alone = math.ceil(n_runs / devices) * hours
    return (shared, shared * devices), (alone, n_runs * hours)
""",
    {
        SHARED: {
            "(shared, shared)": (
                "Those are hours: device-hours count each of the devices, while it is taken."
            ),
            "(shared, n_runs * hours)": (
                "All devices are taken as long as it lasts: the efficiency makes that longer."
            ),
        },
        "/ (devices * efficiency)": {
            "/ devices": (
                "Eight devices at this efficiency are less than eight times as fast: divide by it"
                " too."
            ),
            "/ devices * efficiency": (
                "A lower efficiency should take longer: yours takes less time."
            ),
        },
        "math.ceil(n_runs / devices)": {
            "n_runs / devices": (
                "A round takes as long as its run, with one device busy or with all: round up."
            ),
            "n_runs // devices": (
                "What does not fill all devices is a round too: yours leaves it out."
            ),
        },
        ALONE: {
            (
                "(shared, n_runs * hours)",
                "(alone / efficiency, n_runs * hours)",
                "(alone, n_runs * hours / efficiency)",
            ): "Side by side, each run has a device of its own: no efficiency here.",
            "(alone, alone * devices)": (
                "In the last round, a device without a run is given back: yours pays for it."
            ),
        },
        f"{SHARED}, {ALONE}": {
            f"{ALONE}, {SHARED}": "The two ways are swapped: one after another comes first.",
        },
    },
)


def _four(function, hints, **case):
    """Return the four numbers one after the other."""
    values = []
    for way in parts(call(function, hints, **case), "one after another, side by side"):
        values += parts(way, "hours, device-hours")
    return values


@exercise("Device-hours", ours=solution)
def device_hours(answer) -> str:
    solution.compare_numbers(NUMBERS, answer, CASES, call=_four)
    return "what is lost to sharing one run is time that more runs could have had."
