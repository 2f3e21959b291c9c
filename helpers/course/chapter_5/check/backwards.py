"""backwards(events) gives one recording's events, (seq_length, channels), played backwards."""

import torch

from helpers.course.judge import Solution, exercise

SHORT = "The result is as long as events: put silence behind the sound, unless there is none."
HINTS = {
    "expanded size": SHORT,
    "step must be greater than zero": "x.flip(0) turns time around: a step below 0 does not.",
}

solution = Solution(
    """
def backwards(events):
    n = events.any(1).nonzero().max() + 1
    up, down = events[:n].flip(0).chunk(2, dim=1)
    result = torch.zeros_like(events)
    result[:n] = torch.cat([down, up], dim=1)
    return result
""",
    {
        ".flip(0)": {"": "Time still runs forwards: flip(0) turns it around."},
        "[down, up]": {
            "[up, down]": (
                "A sound that gets louder gets quieter backwards: what happens to up and down?"
            ),
        },
        "events.any(1).nonzero().max() + 1": {
            "len(events)": (
                "Yours begins with the silence of the end: turn around what comes before it."
            ),
            "events.any(1).sum()": (
                "Yours counts the steps that have events: silent ones in between belong to the"
                " sound."
            ),
        },
        "torch.cat([down, up], dim=1)": {
            "torch.cat([up, down], dim=1).flip(1)": (
                "Low bands stay low: yours turns the channels around, too."
            ),
            "-torch.cat([up, down], dim=1)": (
                "Down events are counts, too, 0 or more: yours turns signs."
            ),
        },
        "return result": {
            "return result[:n]": SHORT,
            "return torch.cat(result.chunk(2, dim=1))": (
                "Up and down lie one after the other in time: the channels are dim=1."
            ),
        },
    },
)


@exercise("Backwards", ours=solution)
def backwards(answer) -> str:
    recordings = []
    # some steps in the middle and at the beginning are silent
    for n_steps, length in ((9, 12), (6, 10), (12, 12)):
        events = torch.randint(4, (length, 8)).float()
        events[n_steps - 1 :] = events[[0, 4]] = 0.0
        events[n_steps - 1, n_steps % 8] = 1.0  # the last is one of up, or of down
        recordings.append((events,))
    solution.compare_cases("The event at (step, channel) ", answer, recordings, HINTS)
    return "what rose now falls, and what came last now comes first."
