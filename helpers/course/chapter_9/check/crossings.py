"""crossings(reference, log, threshold) gives signed numbers of events n, and the new reference."""

import torch

from helpers.course.checks import call_briefly, compare, exercise, parts
from helpers.tools.crossings import crossings as right_crossings


@exercise("Crossings", ours=right_crossings)
def crossings(answer) -> str:
    reference = torch.randn(3, 5)
    change = torch.randn(3, 5)
    log = reference + change
    how_often = "How often does the threshold fit into the change?"

    def count(change=change, threshold=0.2, whole=torch.trunc):
        return whole(change / threshold)

    n = count()

    def move(start=reference, by=n * 0.2):
        return start + by

    hints = {
        "one element tensor": "int takes only one number: trunc rounds all pixels at once.",
        "loops for ever": "No loop is needed: a division says how often the threshold fits.",
    }
    got = call_briefly(answer, hints, 10_000, reference=reference, log=log, threshold=0.2)
    got_n, got_reference = parts(got, "n, the new reference", [n, move()])
    mistakes = {
        (
            "Yours has no events at all:"
            " the change of a pixel is log - reference, counted in thresholds."
        ): 0 * n,
        "OFF events count down, as negative numbers: yours have lost their sign.": n.abs(),
        "A large change makes several events: yours makes one at most.": n.sign(),
        f"At most one event, and no sign: look at what you count. {how_often}": n.abs().sign(),
        "OFF events are missing: where it gets darker, n is negative.": n.clamp(min=0),
        "ON events are missing: where it gets brighter, n is positive.": n.clamp(max=0),
        f"{how_often} Yours counts in log and reference, and subtracts.": count(log)
        - count(reference),
        "Round what is divided by the threshold: yours rounds the change first.": (
            change.trunc() / 0.2
        ),
        "A pixel only sends whole events: round towards 0, with trunc.": {"whole": torch.clone},
        "Yours rounds down, so a small loss of light becomes an event: round towards 0.": {
            "whole": torch.floor
        },
        "Yours rounds {}: round towards 0, with trunc.": {
            "whole": {"up": torch.ceil, "away from 0": lambda x: x.sign() * x.abs().ceil()}
        },
        "Half a threshold makes no event: round towards 0, with trunc.": {"whole": torch.round},
        "ON and OFF are swapped: brighter counts up.": {"change": -change},
        "The change is log - reference: yours {}.": {
            "change": {"is log alone": log, "adds them": log + reference}
        },
        "log and reference are logarithms already: subtract them.": {
            "change": log.exp() - reference.exp()
        },
        f"{how_often} Divide by it.": {"threshold": 1 / 0.2},
        "The threshold is given: yours is always 0.3.": {"threshold": 0.3},
    }
    compare("n ", got_n, count, mistakes)
    mistakes = {
        "The reference moves by whole thresholds: yours jumps to log, and slow changes are lost.": (
            log
        ),
        "Events move the reference by n thresholds: yours jumps to log, and a rest is lost.": (
            torch.where(n != 0, log, reference)
        ),
        "The reference is a logarithm: leave it as it is.": move().exp(),
        "That is how far the reference moves: add it to the old one.": {"start": 0},
        "The reference starts from the old one: yours starts from log.": move(log, -0.2 * n),
        "The reference moves where a pixel sends events: yours stays.": {"by": 0},
        "The reference moves by n times the threshold: yours moves by n{}.": {
            "by": {"": n, " times the change": n * change}
        },
        "The reference moves towards log: yours moves away.": {"by": -0.2 * n},
        "Each event moves the reference by a threshold: yours moves by one in all.": {
            "by": 0.2 * n.sign()
        },
        "The reference moves only where there are events: yours moves everywhere.": {"by": 0.2},
    }
    compare("The new reference ", got_reference, move, mistakes)
    return "the reference moves by whole thresholds, so small changes add up to an event."
