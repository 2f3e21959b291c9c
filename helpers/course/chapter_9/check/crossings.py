"""crossings(reference, log, threshold) gives signed numbers of events n, and the new reference."""

import torch

from helpers.course.judge import Solution, call, exercise, parts

HINTS = {
    "one element tensor": "int takes only one number: trunc rounds all pixels at once.",
    "loops for ever": "No loop is needed: a division says how often the threshold fits.",
}
HOW_OFTEN = "How often does the threshold fit into the change?"
N = "((log - reference) / threshold).trunc()"
MOVED = "reference + n * threshold"
BY = "n * threshold"
solution = Solution(
    """
def crossings(reference, log, threshold):
    n = ((log - reference) / threshold).trunc()
    return n, reference + n * threshold
""",
    {
        MOVED: {
            "log": (
                "The reference moves by whole thresholds: yours jumps to log, and slow changes are"
                " lost."
            ),
            "torch.where(n != 0, log, reference)": (
                "Events move the reference by n thresholds: yours jumps to log, and a rest is lost."
            ),
            f"({MOVED}).exp()": "The reference is a logarithm: leave it as it is.",
            "reference": "The reference moves where a pixel sends events: yours stays.",
            f"reference - {BY}": "The reference moves towards log: yours moves away.",
            BY: "That is how far the reference moves: add it to the old one.",
            "log - n * threshold": "The reference starts from the old one: yours starts from log.",
        },
        BY: {
            "n": "The reference moves by n times the threshold: yours moves by n.",
            "n * (log - reference)": (
                "The reference moves by n times the threshold: yours moves by n times the change."
            ),
            "n.sign() * threshold": (
                "Each event moves the reference by a threshold: yours moves by one in all."
            ),
            "threshold": "The reference moves only where there are events: yours moves everywhere.",
        },
        N: {
            "0 * log": (
                "Yours has no events at all:"
                " the change of a pixel is log - reference, counted in thresholds."
            ),
            f"{N}.abs()": "OFF events count down, as negative numbers: yours have lost their sign.",
            f"{N}.sign()": "A large change makes several events: yours makes one at most.",
            f"{N}.sign().abs()": (
                f"At most one event, and no sign: look at what you count. {HOW_OFTEN}"
            ),
            f"{N}.clamp(min=0)": "OFF events are missing: where it gets darker, n is negative.",
            f"{N}.clamp(max=0)": "ON events are missing: where it gets brighter, n is positive.",
            "(log / threshold).trunc() - (reference / threshold).trunc()": (
                f"{HOW_OFTEN} Yours counts in log and reference, and subtracts."
            ),
            "(log - reference).trunc() / threshold": (
                "Round what is divided by the threshold: yours rounds the change first."
            ),
            "(log - reference).sign() * ((log - reference).abs() / threshold).ceil()": (
                "Yours rounds away from 0: round towards 0, with trunc."
            ),
        },
        ".trunc()": {
            "": "A pixel only sends whole events: round towards 0, with trunc.",
            ".floor()": (
                "Yours rounds down, so a small loss of light becomes an event: round towards 0."
            ),
            ".ceil()": "Yours rounds up: round towards 0, with trunc.",
            ".round()": "Half a threshold makes no event: round towards 0, with trunc.",
        },
        "log - reference": {
            "reference - log": "ON and OFF are swapped: brighter counts up.",
            "log": "The change is log - reference: yours is log alone.",
            "log + reference": "The change is log - reference: yours adds them.",
            "log.exp() - reference.exp()": (
                "log and reference are logarithms already: subtract them."
            ),
        },
        "/ threshold": {
            "* threshold": f"{HOW_OFTEN} Divide by it.",
            "/ 0.3": "The threshold is given: yours is always 0.3.",
        },
    },
)


@exercise("Crossings", ours=solution)
def crossings(answer) -> str:
    reference = torch.randn(3, 5)
    log = reference + 5 * torch.randn(3, 5)
    for threshold in (0.2, 0.5):
        given = {"reference": reference, "log": log, "threshold": threshold}

        def returned(function, given=given):
            got = call(function, HINTS, 10_000, **given)
            return parts(got, "n, the new reference", solution(**given))

        solution.compare_in_order(["n ", "The new reference "], answer, returned)
    return "the reference moves by whole thresholds, so small changes add up to an event."
