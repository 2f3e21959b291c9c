"""broken(result, again) gives the names, sorted, of what differs and must not."""

from math import nan

from helpers.course.checks import call, exercise, expect, kind

MAY_CHANGE = {
    "seconds": "A restart takes time: seconds may differ.",
    "processors": "How many cores were busy depends on who else computed: processors may differ.",
    "memory_mib": "A process that begins anew has used less memory, or more: it may differ.",
}
MUST_STAY = {
    "val_acc": "An exact restart ends at the very same score.",
    "steps": "A run that repeats a step, or leaves one out, is another run.",
    "threads": "Another number of threads adds up in another order, and rounds differently.",
    "processes": "With another number of processes, batches are parted in another way.",
    "test_acc": "A score that result.json does not show here counts as well: name what may change.",
}
RESULT = {
    "steps": 195,
    "val_acc": 0.91,
    "processes": 1,
    "seconds": 7.5,
    "processors": 0.92,
    "threads": 1,
    "memory_mib": 522,
    "test_acc": 0.9,
}


def _broken(result, again):
    names = result.keys() - MAY_CHANGE
    return sorted(name for name in names if str(result[name]) != str(again[name]))


@exercise("What a restart may change", ours=_broken)
def broken(answer) -> str:
    def named(changes, result=RESULT):
        got = call(answer, result=dict(result), again={**result, **changes})
        expect(
            isinstance(got, list | tuple | set),
            f"Return the names in a list: yours is {kind(got)}.",
        )
        return list(got)

    expect(not named({}), "Two equal results: no name belongs into the list.")
    for name, reason in MAY_CHANGE.items():
        expect(name not in named({name: RESULT[name] + 1}), reason)
    for name, reason in MUST_STAY.items():
        expect(
            name in named({name: RESULT[name] + 1}),
            f"{reason} Yours does not find that {name} differs.",
        )
    expect(
        named({"val_acc": 0.91 + 1e-9}) == ["val_acc"],
        "No difference is too small: a restart that has lost something may show in the last digit.",
    )
    diverged = {**RESULT, "val_acc": nan}
    expect(
        not named({"val_acc": float("nan")}, diverged),
        "A run that diverged has the score nan, each time. But nan == nan is False: compare texts.",
    )
    expect(
        named({"val_acc": nan}) == ["val_acc"],
        "A score that has become nan is another score: yours does not find it.",
    )
    found = named({"val_acc": 0.5, "steps": 9, "seconds": 1.0})
    expect(
        sorted(found) == ["steps", "val_acc"], f"Return all names that differ: yours are {found}."
    )
    expect(found == sorted(found), f"Return the names sorted: yours are {found}.")
    return "what an accident may cost is time. Each number that depends on the data has to stay."
