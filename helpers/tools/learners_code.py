"""The line of the learner's own code that an error comes from."""

import traceback
from pathlib import Path

HELPERS = str(Path(__file__).parents[1])
OTHER_PEOPLES_CODE = (HELPERS, "-packages", "lib/python")  # parts of the paths of files


def learners_line(error: BaseException) -> str:
    """Say where to look: at the last line of the learner's own code that the error came through.

    If it came through none, the text is empty.
    """
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if not any(part in frame.filename for part in OTHER_PEOPLES_CODE):
            return f"Look at line {frame.lineno}: {frame.line}"
    return ""
