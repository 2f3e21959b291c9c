"""longest_gap(spans) gives the start and the end of the longest time in which nothing runs."""

from helpers.course.judge import Solution, call, exercise

# Spans of operations, in ms: some lie within others.
CASES = [
    [(0, 4), (1, 2), (6, 9), (7, 8), (14, 20), (15, 16), (21, 22), (25, 27)],
    [(0, 30), (1, 2), (3, 4), (20, 21), (34, 40), (35, 36), (39, 50), (51, 53)],
    [(0, 3), (3.5, 10), (10.75, 12)],
    [(100, 101), (103, 104)],
]

solution = Solution(
    """
def longest_gap(spans):
    end, gap = spans[0][1], (0, 0)
    for start, stop in spans:
        if start - end > gap[1] - gap[0]:
            gap = (end, start)
        end = max(end, stop)
    return gap
""",
    {
        "max(end, stop)": {
            "stop": (
                "An operation may lie within another, which goes on: the one before in the list"
                " need not be the last to end."
            ),
            "start": "A gap begins where an operation ends: yours goes from start to start.",
        },
        "for start, stop in spans:": {
            "for stop, start in spans:\n        stop = start": (
                "A gap ends where the next operation starts: yours goes from end to end."
            ),
        },
        "spans[0][1]": {
            "0": "A gap lies between two operations: yours begins before the first one.",
        },
        "return gap": {
            "return max(spans, key=lambda span: span[1] - span[0])": (
                "That is the longest operation: what lies between them?"
            ),
            "return spans[0][0], end": (
                "That is all the time, from the first start to the last end."
            ),
            "return gap[::-1]": "The gap is right, but its end comes before its start.",
            "return gap[0], gap[1] - gap[0]": (
                "Return where the gap starts and ends: yours is a start and a length."
            ),
        },
        "start - end > gap[1] - gap[0]": {
            "start > end and (not gap[1] or start - end < gap[1] - gap[0])": (
                "That is the shortest gap."
            ),
            "start > end and not gap[1]": "That is the first gap: another one is longer.",
            "start > end": "That is the last gap: another one is longer.",
        },
    },
)


def _gap(function, hints, spans):
    return call(function, hints, spans=list(spans))


@exercise("Read a timeline", ours=solution)
def longest_gap(answer) -> str:
    cases = [(spans,) for spans in CASES]
    solution.compare_numbers("start, end", answer, cases, call=_gap)
    return (
        "nothing ran in it, so something else was waited for. Look at what ran before and after it."
    )
