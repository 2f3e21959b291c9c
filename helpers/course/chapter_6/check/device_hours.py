"""device_hours(n_runs, hours, devices, efficiency) gives (hours, device-hours) for two ways."""

from helpers.course.judge import Solution, call, exercise, parts

CASES = [(24, 1.0, 8, 0.5), (25, 2.0, 8, 0.8), (3, 0.5, 8, 0.9), (7, 10.0, 2, 0.4)]
NUMBERS = (
    "hours one after another, device-hours one after another,"
    " hours side by side, device-hours side by side"
)
SHARED = "(shared, shared * devices)"
ALONE = "(alone, n_runs * hours)"
ROUNDS = "math.ceil(n_runs / devices)"
solution = Solution(
    """
def device_hours(n_runs, hours, devices, efficiency):
    shared = n_runs * hours / (devices * efficiency)
    alone = math.ceil(n_runs / devices) * hours
    return (shared, shared * devices), (alone, n_runs * hours)
""",
    {
        "Those are hours: device-hours count each of the devices, while it is taken.": (
            SHARED,
            "(shared, shared)",
        ),
        "All devices are taken as long as it lasts: the efficiency makes that longer.": (
            SHARED,
            "(shared, n_runs * hours)",
        ),
        "Eight devices at this efficiency are less than eight times as fast: divide by it too.": (
            "(devices * efficiency)",
            "devices",
        ),
        "A lower efficiency should take longer: yours takes less time.": (
            "/ (devices * efficiency)",
            "/ devices * efficiency",
        ),
        "A round takes as long as its run, with one device busy or with all: round up.": (
            ROUNDS,
            "n_runs / devices",
        ),
        "What does not fill all devices is a round too: yours leaves it out.": (
            ROUNDS,
            "n_runs // devices",
        ),
        "Side by side, each run has a device of its own: no efficiency here.": (
            ALONE,
            "(shared, n_runs * hours)",
            "(alone / efficiency, n_runs * hours)",
            "(alone, n_runs * hours / efficiency)",
        ),
        "In the last round, a device without a run is given back: yours pays for it.": (
            ALONE,
            "(alone, alone * devices)",
        ),
        "The two ways are swapped: one after another comes first.": (
            f"{SHARED}, {ALONE}",
            f"{ALONE}, {SHARED}",
        ),
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
