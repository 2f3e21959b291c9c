"""broken(result, again) gives the names, sorted, of what differs and must not."""

from math import nan

from helpers.course.judge import call, exercise, expect, expect_type

MAY_CHANGE = ["gpu_mib", "memory_mib", "processors", "seconds"]
MUST_STAY = {
    "val_acc": "An exact restart ends at the very same score.",
    "steps": "A run that repeats a step, or leaves one out, is another run.",
    "threads": "Another number of threads adds up in another order, and rounds differently.",
    "processes": "With another number of processes, batches are parted in another way.",
    "spikes_per_word": "A score that you have not seen counts as well: name what may change.",
}


def _broken(result, again):
    names = result.keys() - MAY_CHANGE
    return sorted(name for name in names if str(result[name]) != str(again[name]))


@exercise("What a restart may change", ours=_broken)
def broken(answer) -> str:
    result = dict.fromkeys([*MUST_STAY, *MAY_CHANGE], 1.0)
    hints = {"gpu_mib": "Without a GPU there is no gpu_mib: names may be missing."}

    def named(**changes):
        got = call(answer, hints, result=result, again=result | changes)
        expect_type(got, list | tuple, "Return the names in a list: yours is")
        return list(got)

    expect(not named(), "Two equal results: no name belongs into the list.")
    for name in MAY_CHANGE:
        expect(
            not named(**{name: 2.0}),
            f"{name} may differ: it tells what the machine did, and not what was computed.",
        )
    for name, reason in MUST_STAY.items():
        expect(named(**{name: 0.5}), f"{reason} Yours does not find that {name} differs.")
    expect(
        named(val_acc=1 + 1e-15),
        "No difference is too small: a restart that has lost something may show in the last digit.",
    )
    expect(named(val_acc=nan), "A score that has become nan is another one: yours is not told.")
    found = named(val_acc=2.0, steps=3.0, seconds=4.0)
    right = ["steps", "val_acc"]
    expect(found == right, f"Return all names that differ, sorted: {right}. Yours are {found}.")
    result["val_acc"] = nan
    expect(
        not named(val_acc=float("nan")),
        "A run that diverged has the score nan, each time. But nan == nan is False: compare texts.",
    )
    expect(named(val_acc=0.9), "A score that was nan before is another one: yours is not told.")
    del result["gpu_mib"]
    named()
    return "an accident may cost time, and no result."
