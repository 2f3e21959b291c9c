"""The line of the learner's own code that an error comes from."""

import sys
import traceback
from functools import cache
from pathlib import Path
from textwrap import shorten

# parts of the paths of files, first the helpers
OTHER_PEOPLES_CODE = (str(Path(__file__).parents[1]), "-packages", "lib/python", "<frozen")


@cache
def is_learners(filename: str) -> bool:
    """Return whether a file, or a cell of a notebook, is the learner's own."""
    return not any(part in filename for part in OTHER_PEOPLES_CODE)


def learners_line(error: BaseException) -> str:
    """Say where to look: at the last line of the learner's own code that the error came through.

    If it came through none, the text is empty.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_learners(frame.filename):
            return f"Look at line {frame.lineno}: {frame.line}"
    return ""


def where_it_stops(error: BaseException) -> str:
    """Say how and where the learner's own code stopped. If it did not, the text is empty."""
    place = learners_line(error)
    problem = f"{type(error).__name__}: {error}".strip(": .")
    if ": raise " in place and isinstance(error, ValueError):
        return str(error)  # it was raised there to say what is wrong
    if place or isinstance(error, SyntaxError):  # which names its place
        return f"your code stops with {problem}. {place}"
    return ""


def how_a_package_stops(error: BaseException) -> str:
    """Say how another package stopped. If it was the course itself, the text is empty.

    It is empty if Python is to exit, and with `python -X dev`, which shows the whole traceback.
    """
    place = traceback.extract_tb(error.__traceback__)[-1].filename
    if OTHER_PEOPLES_CODE[0] in place or isinstance(error, SystemExit) or sys.flags.dev_mode:
        return ""
    return shorten(f"{type(error).__name__}: {error}", 400)
