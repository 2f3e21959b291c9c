"""crossings(reference, log, threshold) gives signed numbers of events n, and the new reference."""

import torch

from helpers.course.judge import Solution, call, exercise, parts

HINTS = {
    "one element tensor": "int takes only one number: trunc rounds all pixels at once.",
    "loops for ever": "No loop is needed: a division says how often the threshold fits.",
}
HOW_OFTEN = "How often does the threshold fit into the change?"
N = "((log - reference) / threshold).trunc()"
CHANGE = "log - reference"
MOVED = "reference + n * threshold"
BY = "n * threshold"
solution = Solution(
    """
def crossings(reference, log, threshold):
    n = ((log - reference) / threshold).trunc()
    return n, reference + n * threshold
""",
    {
        "The reference moves by whole thresholds: yours jumps to log, and slow changes are lost.": (
            MOVED,
            "log",
        ),
        "Events move the reference by n thresholds: yours jumps to log, and a rest is lost.": (
            MOVED,
            "torch.where(n != 0, log, reference)",
        ),
        "The reference is a logarithm: leave it as it is.": (MOVED, f"({MOVED}).exp()"),
        "That is how far the reference moves: add it to the old one.": (MOVED, BY),
        "The reference starts from the old one: yours starts from log.": (
            MOVED,
            "log - n * threshold",
        ),
        "The reference moves where a pixel sends events: yours stays.": (f" + {BY}", ""),
        "The reference moves by n times the threshold: yours moves by n.": (BY, "n"),
        "The reference moves by n times the threshold: yours moves by n times the change.": (
            BY,
            "n * (log - reference)",
        ),
        "The reference moves towards log: yours moves away.": (f"+ {BY}", f"- {BY}"),
        "Each event moves the reference by a threshold: yours moves by one in all.": (
            BY,
            "n.sign() * threshold",
        ),
        "The reference moves only where there are events: yours moves everywhere.": (
            BY,
            "threshold",
        ),
        # After those about the reference, which an edit of n changes too.
        (
            "Yours has no events at all:"
            " the change of a pixel is log - reference, counted in thresholds."
        ): (N, "0 * log"),
        "OFF events count down, as negative numbers: yours have lost their sign.": (
            N,
            f"{N}.abs()",
        ),
        "A large change makes several events: yours makes one at most.": (N, f"{N}.sign()"),
        f"At most one event, and no sign: look at what you count. {HOW_OFTEN}": (
            N,
            f"{N}.sign().abs()",
        ),
        "OFF events are missing: where it gets darker, n is negative.": (N, f"{N}.clamp(min=0)"),
        "ON events are missing: where it gets brighter, n is positive.": (N, f"{N}.clamp(max=0)"),
        f"{HOW_OFTEN} Yours counts in log and reference, and subtracts.": (
            N,
            "(log / threshold).trunc() - (reference / threshold).trunc()",
        ),
        "Round what is divided by the threshold: yours rounds the change first.": (
            N,
            "(log - reference).trunc() / threshold",
        ),
        "A pixel only sends whole events: round towards 0, with trunc.": (".trunc()", ""),
        "Yours rounds down, so a small loss of light becomes an event: round towards 0.": (
            "trunc",
            "floor",
        ),
        "Yours rounds up: round towards 0, with trunc.": ("trunc", "ceil"),
        "Yours rounds away from 0: round towards 0, with trunc.": (
            N,
            "(log - reference).sign() * ((log - reference).abs() / threshold).ceil()",
        ),
        "Half a threshold makes no event: round towards 0, with trunc.": ("trunc", "round"),
        "ON and OFF are swapped: brighter counts up.": (CHANGE, "reference - log"),
        "The change is log - reference: yours is log alone.": (CHANGE, "log"),
        "The change is log - reference: yours adds them.": (CHANGE, "log + reference"),
        "log and reference are logarithms already: subtract them.": (
            CHANGE,
            "log.exp() - reference.exp()",
        ),
        f"{HOW_OFTEN} Divide by it.": ("/ threshold", "* threshold"),
        "The threshold is given: yours is always 0.3.": ("/ threshold", "/ 0.3"),
    },
)


@exercise("Crossings", ours=solution)
def crossings(answer) -> str:
    reference = torch.randn(3, 5)
    change = 5 * torch.randn(3, 5)
    given = {"reference": reference, "log": reference + change}
    for threshold in (0.2, 0.5):

        def returned(function, threshold=threshold):
            got = call(function, HINTS, 10_000, **given, threshold=threshold)
            return parts(got, "n, the new reference", solution(**given, threshold=threshold))

        solution.compare_in_order(["n ", "The new reference "], answer, returned)
    return "the reference moves by whole thresholds, so small changes add up to an event."
