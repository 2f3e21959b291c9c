"""device_hours(n_runs, hours, devices, efficiency) gives (hours, device-hours) for two ways."""

import math

from helpers.course.checks import call, compare, exercise, parts, results


def _device_hours(n_runs, hours, devices, efficiency):
    shared = n_runs * hours / (devices * efficiency)
    alone = math.ceil(n_runs / devices) * hours
    return (shared, shared * devices), (alone, n_runs * hours)


def _four(answer, hints, **case):
    values = []
    for way in parts(call(answer, hints, **case), "one after another, side by side"):
        values += parts(way, "hours, device-hours")
    return values


@exercise("Device-hours", ours=_device_hours)
def device_hours(answer) -> str:
    cases = [(24, 1.0, 8, 0.5), (25, 2.0, 8, 0.8), (3, 0.5, 8, 0.9), (7, 10.0, 2, 0.4)]
    got, (runs, hours, devices, efficiency) = results(
        answer,
        "n_runs hours devices efficiency",
        cases,
        call=_four,
        of="hours of one run after another, its device-hours, hours side by side, its device-hours",
    )
    in_all = runs * hours
    ideal = in_all / devices
    shared = ideal / efficiency
    alone = (runs / devices).ceil() * hours
    hours_shared, paid_shared, hours_alone, paid_alone = got.T
    mistakes = {
        "Eight devices at this efficiency are less than eight times as fast: divide by it too.": (
            ideal
        ),
        "A lower efficiency should take longer: yours takes less time.": ideal * efficiency,
        "The two ways are swapped: one after another comes first.": alone,
    }
    compare("One after another, the hours for ", hours_shared, shared, mistakes, cases)
    mistakes = {
        "Those are hours: device-hours count each of the devices, while it is taken.": shared,
        "All devices are taken as long as it lasts: the efficiency makes that longer.": in_all,
    }
    compare(
        "One after another, the device-hours for ", paid_shared, shared * devices, mistakes, cases
    )
    mistakes = {
        "A round takes as long as its run, with one device busy or with all: round up.": ideal,
        "What does not fill all devices is a round too: yours leaves it out.": (
            runs // devices * hours
        ),
        "Runs that do not talk to each other lose nothing: no efficiency here.": [
            shared,
            alone / efficiency,
        ],
    }
    compare("Side by side, the hours for ", hours_alone, alone, mistakes, cases)
    mistakes = {
        "In the last round, a device without a run is given back: yours pays for it.": (
            alone * devices
        ),
        "Runs that do not talk to each other lose nothing: no efficiency here.": (
            in_all / efficiency
        ),
    }
    compare("Side by side, the device-hours for ", paid_alone, in_all, mistakes, cases)
    return "what is lost to sharing one run is time that more runs could have had."
