"""The line of the learner's own code that an error comes from."""

import traceback
from pathlib import Path

HELPERS = str(Path(__file__).parents[1])
OTHER_PEOPLES_CODE = (HELPERS, "-packages", "lib/python")  # parts of the paths of files


def learners_line(error: BaseException) -> str:
    """Say where to look: at the last line of the learner's own code that the error came through.

    The result is empty where it came through none.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _is_other_peoples(frame.filename)]
    if not own:
        return ""
    return f"Look at line {own[-1].lineno}: {own[-1].line}"


def _is_other_peoples(filename: str) -> bool:
    return any(part in filename for part in OTHER_PEOPLES_CODE)
