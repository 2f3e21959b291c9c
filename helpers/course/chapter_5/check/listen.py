"""listen(log, log_silence) gives numbers of events, (seq_length, n, 2 * bands): up, then down."""

from functools import partial

import torch

from helpers.course.checks import call, compare, exercise, expect
from helpers.tools.crossings import crossings

A_PAIR = "crossings returns a pair: the numbers of events, and the new reference."
BANDS = "In a step n is shaped (n, bands): the axis of the bands is dim=1."
HINTS = {
    "takes 1 positional argument": "Keep the first line as it is: listen(log, log_silence=-4.6).",
    "name 'crossings'": "Run the second cell of the chapter again: it imports crossings.",
    "unary -: 'tuple'": A_PAIR,
    "but got tuple": A_PAIR,
    "'tuple' object has no attribute": A_PAIR,
    "but got list": "Append one tensor per step: torch.cat puts up and down side by side.",
    "stack(): argument": "events is a list: append what each step sends.",
    "equal size": "n[n > 0] leaves bands out: clamp(min=0) keeps a place for each.",
    "Dimension out of range": BANDS,
    "non-empty": "The list is still empty: append the events of each step.",
}


def _down(n):
    return (-n).relu()


def _hear(
    log,
    log_silence=-4.6,
    start=0.3,
    threshold=0.6,
    cross=crossings,
    count=torch.clone,
    up=torch.relu,
    down=_down,
    follow=lambda old, n, new, now: new,
):
    """Return what the course's ear hears, and with other parts another ear.

    start: the first reference, above silence
    cross: what compares it with a step
    count: what it makes of the signed numbers of events
    up: what it makes of these for the first half of the channels
    down: the same for the second half
    follow: the next reference, of the old one, n, the new one of crossings, and now
    """
    reference = log_silence + start + torch.zeros_like(log[0])
    events = []
    for now in log:
        n, new = cross(reference, now, threshold)
        counted = count(n)
        events.append(torch.cat([up(counted), down(counted)], dim=1))
        reference = follow(reference, n, new, now)
    return torch.stack(events)


@exercise("An ear", ours=_hear)
def listen(answer) -> str:
    log = 6 * torch.rand(7, 3, 5) - 5
    for given in ({}, {"log_silence": -2.0}):
        hear = partial(_hear, log, **given)
        got = call(answer, HINTS, log=log, **given)
        expect(
            getattr(got, "ndim", None) != 4,
            "Up and down have an axis of their own: torch.cat puts them side by side.",
        )
        mistakes = _of_shape(hear()) | _of_parts(log, **given)
        compare("The events at (step, recording, channel) ", got, hear, mistakes)
    return "a band sends only what changes, so silence and a steady sound cost nothing."


def _of_shape(right) -> dict:
    """Return the right events, (7, 3, 10), shaped in another way, or only the shape."""
    up, down = right.chunk(2, dim=2)
    return {
        "Return the events of all steps: yours are those of one. Is the return inside the loop?": [
            right.shape[1:],
            up.shape[1:],
        ],
        "Time should be the first axis: yours is the second.": right.transpose(0, 1).shape,
        "Time should be the first axis: yours is the last.": [
            right.permute(1, 2, 0).shape,
            right.permute(2, 1, 0).shape,
        ],
        "Up and down lie one after the other as recordings: the bands are dim=1 of n.": (
            torch.cat([up, down], dim=1).shape
        ),
        "Up and down lie one after the other in time: join them in each step, by dim=1.": (
            torch.cat([up, down]).shape
        ),
        "Those are signed numbers: up and down events have channels of their own.": up - down,
        "Down events have channels of their own: yours has those for up alone.": up,
        "Up events have channels of their own: yours has those for down alone.": down,
        "Up and down have channels of their own: yours counts both in one.": up + down,
        "Up and down take turns in yours: first all bands up, then all bands down.": (
            torch.stack([up, down], dim=3).flatten(2)
        ),
    }


def _of_parts(log, log_silence=-4.6) -> dict:
    """Return mistakes as parts of `_hear`: in the channels, in the reference, in the threshold."""
    same = torch.clone
    return {
        "Up and down are swapped: up comes first.": {"up": _down, "down": torch.relu},
        "No count is below 0: clamp(min=0) removes what belongs to the other half.": {
            "up": same,
            "down": torch.neg,
        },
        "Counts are 0 or more, for down events as well: turn their sign.": {
            "down": lambda n: -_down(n)
        },
        "Both halves hold signed numbers: up events are above 0, down events below.": {
            "up": same,
            "down": same,
        },
        "The second half holds signed numbers: it counts down events, above 0.": {"down": same},
        "Both halves hold the up events: turn the sign for the second one.": {"down": torch.relu},
        "Both halves hold the down events: the first one is for up events.": {"up": _down},
        "The sign tells up from down. In yours it is lost, so both halves are the same.": {
            "up": torch.abs,
            "down": torch.abs,
        },
        "The first half counts down events too: it is for up alone.": {"up": torch.abs},
        "The second half counts up events too: it is for down alone.": {"down": torch.abs},
        "-n.clamp(min=0) clamps first, and then turns the sign."
        " Write (-n).clamp(min=0) for the second half.": {"down": lambda n: -n.relu()},
        "Down events are missing: they are the negative numbers, with the sign turned.": {
            "down": torch.zeros_like
        },
        "Up events are missing: they are the positive numbers.": {"up": torch.zeros_like},
        "The second half has numbers below 0: clamp -n, too.": {"down": torch.neg},
        "The first half has numbers below 0: clamp n, too.": {"up": same},
        "The halves are swapped and have numbers below 0: up comes first, and clamp both.": {
            "up": torch.neg,
            "down": same,
        },
        "A large change makes several events: yours counts one at most.": {"count": torch.sign},
        "Return all events: yours are 3 at most. The limit comes after listen.": {
            "count": lambda n: n.clamp(-3, 3)
        },
        "crossings returns the numbers of events first: yours are swapped.": {
            "cross": lambda *given: crossings(*given)[::-1]
        },
        "Each step goes on from the new reference: yours starts from silence every time.": {
            "follow": lambda old, n, new, now: old
        },
        "crossings takes the reference first, then now: yours has them the other way round.": {
            "count": torch.neg,
            "follow": lambda old, n, new, now: now - 0.6 * n,
        },
        "crossings gives the new reference: yours jumps to now, and slow changes are lost.": {
            "follow": [
                lambda old, n, new, now: now,
                lambda old, n, new, now: torch.where(n != 0, now, old),
            ]
        },
        "crossings has moved the reference already: yours moves it once more.": {
            "follow": lambda old, n, new, now: new + 0.6 * n
        },
        "The threshold is 0.6: yours is {}.": {
            "threshold": {"0.3, as for the camera": 0.3, "0.5": 0.5, "1": 1.0}
        },
        "log_silence is given: yours takes -4.6, whatever it is.": {"log_silence": -4.6},
        "The reference starts 0.3 above silence: yours starts {}.": {
            "start": {
                "at silence": 0,
                "0.3 below it": -0.3,
                "0.6 above it": 0.6,
                "at 0": -log_silence,
                "at 0.3": 0.3 - log_silence,
                "at the first loudness": log[0] - log_silence,
            }
        },
    }
