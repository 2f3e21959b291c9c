"""backwards(events) gives one recording's events, (seq_length, channels), played backwards."""

from functools import partial

import torch

from helpers.course.checks import call, compare_all, exercise, variations

HINTS = {
    "expanded size": "The result is as long as events: put silence behind the sound.",
    "step must be greater than zero": "x.flip(0) turns time around: a step below 0 does not.",
}


def _swap(x):
    """Return channels (up, down) as (down, up)."""
    return x.roll(x.shape[1] // 2, 1)


def _length(events):
    """Return the time steps up to the last event."""
    return events.any(1).nonzero().max() + 1


def _backwards(events, turn=torch.flipud, swap=_swap, length=_length):
    n = length(events)
    result = torch.zeros_like(events)
    result[:n] = swap(turn(events[:n]))
    return result


# Parts of it that are often wrong.
MISTAKES = {
    "Time still runs forwards: flip(0) turns it around.": {"turn": torch.clone},
    "A sound that gets louder gets quieter backwards: what happens to up and down?": {
        "swap": torch.clone
    },
    "Yours begins with the silence of the end: turn around what comes before it.": {"length": len},
    "Yours counts the steps that have events: silent ones in between belong to the sound.": {
        "length": lambda events: events.any(1).sum()
    },
    "Low bands stay low: yours turns the channels around, too.": {"swap": torch.fliplr},
    "Down events are counts, too, 0 or more: yours turns signs.": {"swap": torch.neg},
}


@exercise("Backwards", ours=_backwards)
def backwards(answer) -> str:
    cases = []
    for n_steps in (9, 6):  # of 12; some steps in the middle and at the beginning are silent
        events = torch.randint(4, (12, 8)).float()
        events[n_steps - 1, 2] = 1.0
        events[n_steps:] = 0.0
        events[[0, 4]] = 0.0
        got = call(answer, HINTS, events=events)
        right = _backwards(events)
        mistakes = variations(partial(_backwards, events), MISTAKES)
        shapes = {
            "The result is as long as events: put silence behind the sound.": right[:n_steps].shape,
            "Up and down lie one after the other in time: the channels are dim=1.": (
                right.view(24, 4).shape
            ),
        }
        cases.append(("The event at (step, channel) ", got, right, mistakes | shapes))
    compare_all(cases)
    return "what rose now falls, and what came last now comes first."
