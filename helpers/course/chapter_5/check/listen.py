"""listen(log, log_silence) gives numbers of events, (seq_length, n, 2 * bands): up, then down."""

from functools import partial

import torch

from helpers.course.judge import Solution, call, exercise
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
CROSS = "n, reference = crossings(reference, now, 0.6)"
SENT = "torch.cat([n, -n], dim=1).clamp(min=0)"
STACKED = "torch.stack(events)"
START = "torch.full_like(log[0], log_silence + 0.3)"
THRESHOLD = "The threshold is 0.6: yours is"
STARTS = "The reference starts 0.3 above silence: yours starts"


def _halves(up: str, down: str) -> tuple[str, str]:
    """Return an edit of what the two halves of the channels hold."""
    return SENT, f"torch.cat([{up}, {down}], dim=1)"


solution = Solution(
    """
def listen(log, log_silence=-4.6):
    reference = torch.full_like(log[0], log_silence + 0.3)
    events = []
    for now in log:
        n, reference = crossings(reference, now, 0.6)
        events.append(torch.cat([n, -n], dim=1).clamp(min=0))
    return torch.stack(events)
""",
    {
        (
            "Return the events of all steps: yours are those of one. Is the return inside the loop?"
        ): (STACKED, "events[0]", "events[-1]"),
        "Time should be the first axis: yours is the second.": (STACKED, "torch.stack(events, 1)"),
        "Time should be the first axis: yours is the last.": (
            STACKED,
            "torch.stack(events, 2)",
            "torch.stack(events).permute(2, 1, 0)",
        ),
        "Up and down have an axis of their own: torch.cat puts them side by side.": (
            "cat([n, -n], dim=1)",
            "stack([n, -n])",
            "stack([n, -n], dim=1)",
            "stack([n, -n], dim=2)",
        ),
        "Up and down lie one after the other as recordings: the bands are dim=1 of n.": (
            ", dim=1",
            "",
        ),
        "Up and down lie one after the other in time: join them in each step, by dim=1.": (
            STACKED,
            "torch.cat(torch.stack(events).chunk(2, dim=2))",
            "torch.stack(events).unflatten(2, (2, -1)).transpose(1, 2).flatten(0, 1)",
        ),
        "Those are signed numbers: up and down events have channels of their own.": (SENT, "n"),
        "Down events have channels of their own: yours has those for up alone.": (
            SENT,
            "n.clamp(min=0)",
        ),
        "Up events have channels of their own: yours has those for down alone.": (
            SENT,
            "(-n).clamp(min=0)",
        ),
        "Up and down have channels of their own: yours counts both in one.": (SENT, "n.abs()"),
        "Up and down take turns in yours: first all bands up, then all bands down.": (
            "cat([n, -n], dim=1)",
            "stack([n, -n], dim=2).flatten(1)",
        ),
        "Up and down are swapped: up comes first.": ("[n, -n]", "[-n, n]"),
        "No count is below 0: clamp(min=0) removes what belongs to the other half.": (
            ".clamp(min=0)",
            "",
        ),
        "Counts are 0 or more, for down events as well: turn their sign.": _halves(
            "n.clamp(min=0)", "n.clamp(max=0)"
        ),
        "Both halves hold signed numbers: up events are above 0, down events below.": _halves(
            "n", "n"
        ),
        "The second half holds signed numbers: it counts down events, above 0.": _halves(
            "n.clamp(min=0)", "n"
        ),
        "Both halves hold the up events: turn the sign for the second one.": ("[n, -n]", "[n, n]"),
        "Both halves hold the down events: the first one is for up events.": (
            "[n, -n]",
            "[-n, -n]",
        ),
        "The sign tells up from down. In yours it is lost, so both halves are the same.": _halves(
            "n.abs()", "n.abs()"
        ),
        "The first half counts down events too: it is for up alone.": _halves(
            "n.abs()", "(-n).clamp(min=0)"
        ),
        "The second half counts up events too: it is for down alone.": _halves(
            "n.clamp(min=0)", "n.abs()"
        ),
        "-n.clamp(min=0) clamps first, and then turns the sign."
        " Write (-n).clamp(min=0) for the second half.": _halves(
            "n.clamp(min=0)", "-n.clamp(min=0)"
        ),
        "Down events are missing: they are the negative numbers, with the sign turned.": (
            "[n, -n]",
            "[n, 0 * n]",
        ),
        "Up events are missing: they are the positive numbers.": ("[n, -n]", "[0 * n, -n]"),
        "The second half has numbers below 0: clamp -n, too.": _halves("n.clamp(min=0)", "-n"),
        "The first half has numbers below 0: clamp n, too.": _halves("n", "(-n).clamp(min=0)"),
        "The halves are swapped and have numbers below 0: up comes first, and clamp both.": _halves(
            "-n", "n"
        ),
        "A large change makes several events: yours counts one at most.": (
            "clamp(min=0)",
            "clamp(0, 1)",
        ),
        "Return all events: yours are 3 at most. The limit comes after listen.": (
            "clamp(min=0)",
            "clamp(0, 3)",
        ),
        "crossings returns the numbers of events first: yours are swapped.": (
            "n, reference =",
            "reference, n =",
        ),
        "Each step goes on from the new reference: yours starts from silence every time.": (
            "n, reference =",
            "n, _ =",
        ),
        "crossings takes the reference first, then now: yours has them the other way round.": (
            "reference, now",
            "now, reference",
        ),
        "crossings gives the new reference: yours jumps to now, and slow changes are lost.": (
            CROSS,
            f"{CROSS}\n        reference = now",
            f"old = reference\n        {CROSS}\n        reference = torch.where(n != 0, now, old)",
        ),
        "crossings has moved the reference already: yours moves it once more.": (
            CROSS,
            f"{CROSS}\n        reference = reference + 0.6 * n",
        ),
        f"{THRESHOLD} 0.3, as for the camera.": ("0.6", "0.3"),
        f"{THRESHOLD} 0.5.": ("0.6", "0.5"),
        f"{THRESHOLD} 1.": ("0.6", "1"),
        "log_silence is given: yours takes -4.6, whatever it is.": ("log_silence +", "-4.6 +"),
        f"{STARTS} at silence.": (" + 0.3", ""),
        f"{STARTS} 0.3 below it.": ("+ 0.3", "- 0.3"),
        f"{STARTS} 0.6 above it.": ("+ 0.3", "+ 0.6"),
        f"{STARTS} at 0.": (START, "0 * log[0]"),
        f"{STARTS} at 0.3.": ("log_silence + 0.3", "0.3"),
        f"{STARTS} at the first loudness.": (START, "log[0]"),
    },
    crossings=crossings,
)


@exercise("An ear", ours=solution)
def listen(answer) -> str:
    log = 6 * torch.rand(7, 3, 5) - 5
    for given in ({}, {"log_silence": -2.0}):
        hear = partial(call, hints=HINTS, log=log, **given)
        solution.compare("The events at (step, recording, channel) ", answer, hear)
    return "a band sends only what changes, so silence and a steady sound cost nothing."
