"""The line of the learner's own code that an error comes from."""

import sys
import traceback
from pathlib import Path
from textwrap import shorten

# parts of the paths of files, first the helpers
OTHER_PEOPLES_CODE = (str(Path(__file__).parents[1]), "-packages", "lib/python", "<frozen")


def learners_line(error: BaseException) -> str:
    """Say where to look: at the last line of the learner's own code that the error came through.

    If it came through none, the text is empty.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not any(part in frame.filename for part in OTHER_PEOPLES_CODE):
            return f"Look at line {frame.lineno}: {frame.line}"
    return ""


def where_it_stops(error: BaseException) -> str:
    """Say how and where the learner's own code stopped. If it did not, the text is empty."""
    place = learners_line(error)
    problem = f"{type(error).__name__}: {error}".strip(": .")
    if place or isinstance(error, SyntaxError):  # which names its place
        return f"your code stops with {problem}. {place}"
    return ""


def where_a_package_stops(error: BaseException) -> str:
    """Say how and where another package stopped. If the course itself did, the text is empty.

    It is empty with `python -X dev`, too, which shows the whole traceback.
    """
    last = traceback.extract_tb(error.__traceback__)[-1]
    if OTHER_PEOPLES_CODE[0] in last.filename or sys.flags.dev_mode:
        return ""
    problem = shorten(f"{type(error).__name__}: {error}", 400)
    return f"{problem} ({Path(last.filename).name}, line {last.lineno})"
