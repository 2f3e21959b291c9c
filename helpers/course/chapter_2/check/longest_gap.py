"""longest_gap(spans) gives the start and the end of the longest time in which nothing runs."""

from functools import partial
from itertools import pairwise

import torch

from helpers.course.checks import call, compare_all, exercise, numbers

# Spans of operations, in ms: some lie within others.
CASES = [
    [(0, 4), (1, 2), (6, 9), (7, 8), (14, 20), (15, 16), (21, 22), (25, 27)],
    [(0, 30), (1, 2), (3, 4), (20, 21), (34, 40), (35, 36), (39, 50), (51, 53)],
    [(2, 3), (5.5, 6), (6, 9), (9.25, 10)],
    [(0, 3), (3.5, 10), (10.75, 12)],
]


def _gaps(spans) -> list:
    """Return each gap, as start and end."""
    gaps = []
    end = spans[0][1]
    for start, stop in spans:
        if start > end:
            gaps.append((end, start))
        end = max(end, stop)
    return gaps


def _length(span):
    return span[1] - span[0]


_longest = partial(max, key=_length)


def _longest_gap(spans):
    return _longest(_gaps(spans))


@exercise("Read a timeline", ours=_longest_gap)
def longest_gap(answer) -> str:
    cases = []
    for spans in CASES:
        right = _longest_gap(spans)
        starts, ends = zip(*spans)
        gaps = _gaps(spans)
        mistakes = {
            "An operation may lie within another, which goes on: the one before in the list need"
            " not be the last to end.": _longest(zip(ends, starts[1:])),
            "A gap begins where an operation ends: yours goes from start to start.": _longest(
                pairwise(starts)
            ),
            "A gap ends where the next operation starts: yours goes from end to end.": _longest(
                pairwise(ends)
            ),
            "That is the longest operation: what lies between them?": _longest(spans),
            "That is the shortest gap.": min(gaps, key=_length),
            "That is the first gap: another one is longer.": gaps[0],
            "That is the last gap: another one is longer.": gaps[-1],
            "That is all the time, from the first start to the last end.": (starts[0], max(ends)),
            "The gap is right, but its end comes before its start.": right[::-1],
            "Return where the gap starts and ends: yours is a start and a length.": (
                right[0],
                _length(right),
            ),
        }
        got = numbers(call(answer, spans=list(spans)), "start, end")
        cases.append((f"For {spans}, the gap's ", torch.tensor(got), torch.tensor(right), mistakes))
    compare_all(cases, labels=["start", "end"])
    return "nothing ran in it, so something else was waited for. Look at what stands on its sides."
