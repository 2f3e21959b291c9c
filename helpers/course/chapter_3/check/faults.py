"""A dict with the name of the fault in each of the timings A, B and C."""

import re

from helpers.course.judge import exercise, expect, expect_type

FAULTS = {"A": "does not wait for the GPU", "B": "no warm-up", "C": "times other work too"}
CLUES = {
    "A": (
        "The GPU has its warm-up, and only steps are between the readings."
        " Is all work done at the second?"
    ),
    "B": "One step is timed, and waited for. It compiles the network: what would remove that?",
    "C": "There is warm-up, and waiting. What does the for loop do besides calling step?",
}


@exercise("Three wrong timings")
def faults(answer: dict) -> str:
    expect_type(answer, dict, "The answer is a dict with the keys A, B, C: this is")
    all_faults = ", ".join(map(repr, FAULTS.values()))
    yours = {_letters(name).upper(): fault for name, fault in answer.items()}
    for name, clue in CLUES.items():
        expect(name in yours, f"Timing {name} has no answer yet.")
        fault = yours[name]
        expect(
            _letters(fault) in map(_letters, FAULTS.values()),
            f"For {name} choose one of {all_faults}: yours is {fault!r}.",
        )
        expect(_letters(fault) == _letters(FAULTS[name]), f"Look at {name}. {clue}")
    return (
        "warm up, wait, and keep everything else out. The fourth rule is to measure more than once."
    )


def _letters(text) -> str:
    """Return a text in small letters, without spaces, hyphens and full stops."""
    return re.sub("[ .-]", "", str(text).lower())
