"""A sign of life of a study: what it is doing now, on stderr. Its results alone are on stdout."""

import sys
import time


def say(text: str) -> None:
    """Print what begins now, after the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
