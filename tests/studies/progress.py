"""A sign of life of a study: what it is doing now, on stderr. Its results alone are on stdout."""

import itertools
import sys
import time
from collections.abc import Callable


def say(text: str) -> None:
    """Print what begins now, after the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def announced(steps: dict[str, Callable]) -> dict[str, Callable]:
    """The same steps by name, each of which says that it begins. The first step is the one that compiles."""
    return {name: _announced(name, step) for name, step in steps.items()}


def _announced(name, step):
    count = itertools.count(1)

    def run() -> None:
        n = next(count)
        if n <= 4:  # later, a GPU repeats a step within one measurement
            say(f"{name}: step {n}")
        step()

    return run
