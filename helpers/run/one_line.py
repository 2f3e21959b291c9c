"""What jsonargparse says about an option, in one line.

This module imports no Lightning: that takes seconds.
"""

import re


def in_one_line(message: str) -> str:
    """Return an error of jsonargparse without line breaks, with the option as it is typed."""
    # one error for each type that was named before
    message = re.sub(r"Errors:.*(?=Given value:)", "", message, flags=re.DOTALL)
    message = re.sub(
        r"Does not validate .*\s+Subtypes: (.*)\s+Given value:",
        r"it must be one of \1: it is",
        message,
    )
    message = re.sub(r"<class '[\w.]*?(\w+)'>|typing\.", r"\1", message)
    message = re.sub(r'Parser key "([\w.]+)":', r"--\1:", message)
    return " ".join(message.split())
