"""listen(log, log_silence) gives numbers of events, (seq_length, n, 2 * bands): up, then down."""

import torch

from helpers.course.judge import Solution, exercise
from helpers.tools.crossings import crossings

A_PAIR = "crossings returns a pair: the numbers of events, and the new reference."
HINTS = {
    "takes 1 positional argument": "Keep the first line as it is: listen(log, log_silence=-4.6).",
    "name 'crossings'": "Run the second cell of the chapter again: it imports crossings.",
    "unary -: 'tuple'": A_PAIR,
    "but got tuple": A_PAIR,
    "'tuple' object has no attribute": A_PAIR,
    "but got list": "Append one tensor per step: torch.cat puts up and down side by side.",
    "stack(): argument": "events is a list: append what each step sends.",
    "equal size": "n[n > 0] leaves bands out: clamp(min=0) keeps a place for each.",
    "Dimension out of range": "In a step n is shaped (n, bands): the axis of the bands is dim=1.",
    "non-empty": "The list is still empty: append the events of each step.",
}
THRESHOLD = "The threshold is 0.6: yours is"
STARTS = "The reference starts 0.3 above silence: yours starts"
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
        "torch.stack(events)": {
            (
                "events[0]",
                "events[-1]",
            ): (
                "Return the events of all steps: yours are those of one. Is the return inside the"
                " loop?"
            ),
            "torch.stack(events, 1)": "Time should be the first axis: yours is the second.",
            (
                "torch.stack(events, 2)",
                "torch.stack(events).permute(2, 1, 0)",
            ): "Time should be the first axis: yours is the last.",
            (
                "torch.cat(torch.stack(events).chunk(2, dim=2))",
                "torch.stack(events).unflatten(2, (2, -1)).transpose(1, 2).flatten(0, 1)",
            ): "Up and down lie one after the other in time: join them in each step, by dim=1.",
        },
        "cat([n, -n], dim=1)": {
            (
                "stack([n, -n])",
                "stack([n, -n], dim=1)",
                "stack([n, -n], dim=2)",
            ): "Up and down have an axis of their own: torch.cat puts them side by side.",
            "stack([n, -n], dim=2).flatten(1)": (
                "Up and down take turns in yours: first all bands up, then all bands down."
            ),
        },
        ", dim=1": {
            "": "Up and down lie one after the other as recordings: the bands are dim=1 of n.",
        },
        "torch.cat([n, -n], dim=1).clamp(min=0)": {
            "n": "Those are signed numbers: up and down events have channels of their own.",
            "n.clamp(min=0)": (
                "Down events have channels of their own: yours has those for up alone."
            ),
            "(-n).clamp(min=0)": (
                "Up events have channels of their own: yours has those for down alone."
            ),
            "n.abs()": "Up and down have channels of their own: yours counts both in one.",
            "torch.cat([n.clamp(min=0), n.clamp(max=0)], dim=1)": (
                "Counts are 0 or more, for down events as well: turn their sign."
            ),
            "torch.cat([n, n], dim=1)": (
                "Both halves hold signed numbers: up events are above 0, down events below."
            ),
            "torch.cat([n.clamp(min=0), n], dim=1)": (
                "The second half holds signed numbers: it counts down events, above 0."
            ),
            "torch.cat([n.abs(), n.abs()], dim=1)": (
                "The sign tells up from down. In yours it is lost, so both halves are the same."
            ),
            "torch.cat([n.abs(), (-n).clamp(min=0)], dim=1)": (
                "The first half counts down events too: it is for up alone."
            ),
            "torch.cat([n.clamp(min=0), n.abs()], dim=1)": (
                "The second half counts up events too: it is for down alone."
            ),
            "torch.cat([n.clamp(min=0), -n.clamp(min=0)], dim=1)": (
                "-n.clamp(min=0) clamps first, and then turns the sign."
                " Write (-n).clamp(min=0) for the second half."
            ),
            "torch.cat([n.clamp(min=0), -n], dim=1)": (
                "The second half has numbers below 0: clamp -n, too."
            ),
            "torch.cat([n, (-n).clamp(min=0)], dim=1)": (
                "The first half has numbers below 0: clamp n, too."
            ),
            "torch.cat([-n, n], dim=1)": (
                "The halves are swapped and have numbers below 0: up comes first, and clamp both."
            ),
        },
        "[n, -n]": {
            "[-n, n]": "Up and down are swapped: up comes first.",
            "[n, n]": "Both halves hold the up events: turn the sign for the second one.",
            "[-n, -n]": "Both halves hold the down events: the first one is for up events.",
            "[n, 0 * n]": (
                "Down events are missing: they are the negative numbers, with the sign turned."
            ),
            "[0 * n, -n]": "Up events are missing: they are the positive numbers.",
        },
        ".clamp(min=0)": {
            "": "No count is below 0: clamp(min=0) removes what belongs to the other half.",
            ".clamp(0, 1)": "A large change makes several events: yours counts one at most.",
            ".clamp(0, 3)": "Return all events: yours are 3 at most. The limit comes after listen.",
        },
        "n, reference =": {
            "reference, n =": "crossings returns the numbers of events first: yours are swapped.",
            "n, _ =": (
                "Each step goes on from the new reference: yours starts from silence every time."
            ),
        },
        "reference, now": {
            "now, reference": (
                "crossings takes the reference first, then now: yours has them the other way round."
            ),
        },
        "n, reference = crossings(reference, now, 0.6)": {
            (
                "n, reference = crossings(reference, now, 0.6)[0], now",
                "n, new = crossings(reference, now, 0.6)\n"
                "        reference = torch.where(n != 0, now, reference)",
            ): "crossings gives the new reference: yours jumps to now, and slow changes are lost.",
            "n, reference = crossings(reference, now, 0.6)\n        reference += 0.6 * n": (
                "crossings has moved the reference already: yours moves it once more."
            ),
        },
        "0.6": {
            "0.3": f"{THRESHOLD} 0.3, as for the camera.",
            "0.5": f"{THRESHOLD} 0.5.",
            "1": f"{THRESHOLD} 1.",
        },
        "log_silence + 0.3": {
            "-4.6 + 0.3": "log_silence is given: yours takes -4.6, whatever it is.",
            "0.3": f"{STARTS} at 0.3.",
        },
        " + 0.3": {
            "": f"{STARTS} at silence.",
            " - 0.3": f"{STARTS} 0.3 below it.",
            " + 0.6": f"{STARTS} 0.6 above it.",
        },
        "torch.full_like(log[0], log_silence + 0.3)": {
            "0 * log[0]": f"{STARTS} at 0.",
            "log[0]": f"{STARTS} at the first loudness.",
        },
    },
    crossings=crossings,
)


@exercise("An ear", ours=solution)
def listen(answer) -> str:
    log = 6 * torch.rand(7, 3, 5) - 5
    cases = [(log,), (log, -2.0)]
    solution.compare_cases("The events at (step, recording, channel) ", answer, cases, HINTS)
    return "a band sends only what changes, so silence and a steady sound cost nothing."
