"""What goes wrong in a command, in one line.

This module imports neither PyTorch nor Lightning: that takes seconds.
"""

import re
from difflib import get_close_matches

from helpers.tools.learners_code import how_a_package_stops, where_it_stops

# What other programs call an option of ours
OTHER_NAMES = {
    "lr": "--model.learning_rate",
    "epochs": "--trainer.max_epochs",
    "gpus": "--trainer.devices",
    "checkpoint": "--ckpt_path",
    "bs": "--data.batch_size",
}
TOO_LARGE = (
    "out of memory|memoryerror|allocate memory|overflow(ed| when)|invalid size|"
    r"dimensions? .*too large"
)
# the words of gloo, when the connection to another process is lost
LOST_CONNECTION = r"gloo[/\\].*(connection|timed out|peer|socket)"


class BadOption(SystemExit):
    """An option, or its value, is not known. jsonargparse catches any Exception, and goes on."""


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
    message = re.sub(r"Group '(\w+)' (does not accept option) '", r"fit \2 '\1.", message)
    message = re.sub(r'Parser key "([\w.]+)":', r"--\1:", message)
    return " ".join(message.split())


def find_near(word: str, options: list[str]) -> str:
    """Return the option that was probably meant, or ""."""
    names = {other: option for other, option in OTHER_NAMES.items() if option in options}
    for option in options:
        names.setdefault(option.lstrip("-").split(".")[-1], option)
    given = word.lstrip("-").partition("=")[0].split(".")[-1]
    near = get_close_matches(given, names, n=1, cutoff=0.75)
    return names[near[0]] if near else ""


def why_it_stops(error: BaseException) -> str:
    """Say what stops the command: too large a network, the learner's code or another package's.

    If it was the course itself, the text is empty.
    """
    if re.search(TOO_LARGE, f"{type(error).__name__}: {error}", re.IGNORECASE):
        return (
            "out of memory: give each process a smaller --data.batch_size, or fewer time steps, or "
            "make the network smaller."
        )
    return where_it_stops(error) or how_a_package_stops(error)
