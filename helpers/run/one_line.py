"""What jsonargparse says about an option, in one line.

This module imports no Lightning: that takes seconds.
"""

import re

TYPE = r"<class '(\w+)'>|typing\."
ERRORS = r"Errors:.*(?=Given value:)"  # one for each type that was named before


def in_one_line(message: str) -> str:
    """Return an error of jsonargparse without line breaks, with the option as it is typed."""
    message = re.sub(ERRORS, "", message, flags=re.DOTALL)
    message = re.sub(TYPE, r"\1", message)
    message = re.sub(r'Parser key "([\w.]+)":', r"--\1:", message)
    return " ".join(message.split())
