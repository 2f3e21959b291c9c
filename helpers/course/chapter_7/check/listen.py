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


def _up(n):
    return n.clamp(min=0)


def _down(n):
    return (-n).clamp(min=0)


def _channels(up=_up, down=_down):
    """Return what makes the two halves of the channels of signed numbers of events."""

    def join(n):
        return torch.cat([up(n), down(n)], dim=1)

    return join


UP_THEN_DOWN = _channels()


def _hear(
    log,
    start,
    threshold=0.6,
    cross=crossings,
    count=torch.clone,
    join=UP_THEN_DOWN,
    follow=lambda old, n, new, now: new,
):
    """Return what an ear hears that has other parts.

    start: the first reference
    cross: what compares it with a step
    count: what it makes of the signed numbers of events
    join: what it makes of these for the channels
    follow: the next reference, of the old one, n, the new one of crossings, and now
    """
    reference = torch.zeros_like(log[0]) + start
    events = []
    for now in log:
        n, new = cross(reference, now, threshold)
        events.append(join(count(n)))
        reference = follow(reference, n, new, now)
    return torch.stack(events)


def _listen(log, log_silence=-4.6):
    return _hear(log, log_silence + 0.3)


@exercise("An ear", ours=_listen)
def listen(answer) -> str:
    log = 6 * torch.rand(7, 3, 5) - 5
    _compare(call(answer, HINTS, log=log), log, -4.6)
    _compare(call(answer, HINTS, log=log, log_silence=-2.0), log, -2.0)
    return "a band sends only what changes, so silence and a steady sound cost nothing."


def _compare(got, log, log_silence) -> None:
    """Expect the right events."""
    right = _listen(log, log_silence)
    expect(
        getattr(got, "ndim", None) != 4,
        "Up and down have an axis of their own: torch.cat puts them side by side.",
    )

    mistakes = {
        "Return the events of all steps: yours are those of one. Is the return inside the loop?": [
            tuple(right.shape[1:]),
            tuple(log.shape[1:]),
        ]
    }
    mistakes |= _of_shape(right) | _of_channels() | _of_reference(log, log_silence)
    name = "The events at (step, recording, channel) "
    compare(name, got, partial(_hear, log, start=log_silence + 0.3), mistakes)


def _of_shape(right) -> dict:
    """Return the right events, shaped in another way."""
    up, down = right.chunk(2, dim=2)
    batch_first = right.transpose(0, 1)
    return {
        "Time should be the first axis: yours is the second.": batch_first,
        "Time should be the first axis: yours is the last.": [
            batch_first.transpose(1, 2),
            batch_first.permute(2, 0, 1),
        ],
        "Up and down lie one after the other as recordings: the bands are dim=1 of n.": [
            torch.cat([up, down], dim=1)
        ],
        "Up and down lie one after the other in time: join them in each step, by dim=1.": [
            torch.cat([up, down]),
            torch.stack([up, down], dim=1).flatten(0, 1),
        ],
        "Those are signed numbers: up and down events have channels of their own.": up - down,
        "Down events have channels of their own: yours has those for up alone.": up,
        "Up events have channels of their own: yours has those for down alone.": down,
        "Up and down have channels of their own: yours counts both in one.": up + down,
        "Up and down take turns in yours: first all bands up, then all bands down.": [
            torch.stack([up, down], dim=3).flatten(2)
        ],
    }


def _of_channels() -> dict:
    """Return mistakes in what the channels hold, as parts of `_hear`."""
    same = torch.clone
    joins = {
        "Up and down are swapped: up comes first.": _channels(_down, _up),
        "No count is below 0: clamp(min=0) removes what belongs to the other half.": (
            _channels(same, torch.neg)
        ),
        "Counts are 0 or more, for down events as well: turn their sign.": (
            _channels(down=lambda n: -_down(n))
        ),
        "Both halves hold signed numbers: up events are above 0, down events below.": (
            _channels(same, same)
        ),
        "The second half holds signed numbers: it counts down events, above 0.": (
            _channels(down=same)
        ),
        "Both halves hold the up events: turn the sign for the second one.": _channels(down=_up),
        "Both halves hold the down events: the first one is for up events.": _channels(up=_down),
        "The sign tells up from down. In yours it is lost, so both halves are the same.": (
            _channels(torch.abs, torch.abs)
        ),
        "The first half counts down events too: it is for up alone.": _channels(up=torch.abs),
        "The second half counts up events too: it is for down alone.": _channels(down=torch.abs),
        (
            "-n.clamp(min=0) clamps first, and then turns the sign."
            " Write (-n).clamp(min=0) for the second half."
        ): _channels(down=lambda n: -_up(n)),
        "Down events are missing: they are the negative numbers, with the sign turned.": (
            _channels(down=torch.zeros_like)
        ),
        "Up events are missing: they are the positive numbers.": _channels(up=torch.zeros_like),
        "The second half has numbers below 0: clamp -n, too.": _channels(down=torch.neg),
        "The first half has numbers below 0: clamp n, too.": _channels(up=same),
        "The halves are swapped and have numbers below 0: up comes first, and clamp both.": (
            _channels(torch.neg, same)
        ),
    }
    mistakes = {sentence: {"join": join} for sentence, join in joins.items()}
    return mistakes | {
        "A large change makes several events: yours counts one at most.": {"count": torch.sign},
        "Return all events: yours are 3 at most. The limit comes after listen.": {
            "count": lambda n: n.clamp(-3, 3)
        },
    }


def _of_reference(log, log_silence) -> dict:
    """Return mistakes in the reference and the threshold, as parts of `_hear`."""

    starts = {
        "at silence": log_silence,
        "0.3 below it": log_silence - 0.3,
        "0.6 above it": log_silence + 0.6,
        "at 0": 0.0,
        "at 0.3": 0.3,
        "at the first loudness": log[0],
    }
    thresholds = {"0.3, as for the camera": 0.3, "0.5": 0.5, "1": 1.0}
    return {
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
        "The threshold is 0.6: yours is {}.": {"threshold": thresholds},
        "log_silence is given: yours takes -4.6, whatever it is.": {"start": -4.3},
        "The reference starts 0.3 above silence: yours starts {}.": {"start": starts},
    }
