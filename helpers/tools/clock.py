"""A sign of life in a notebook, while something takes long."""

import threading
import time

from IPython import get_ipython
from IPython.display import Pretty, display

EVERY = 1.0  # s between two updates of what a notebook shows


class Clock:
    """Says in a notebook what is being done and for how long, from the first second on.

    with Clock("compiling") as clock:
        ...
        clock.doing = "measuring"
    """

    def __init__(self, doing: str):
        self.doing = doing

    def __enter__(self):
        self.start = time.monotonic()
        self.shown = None
        self.over = threading.Event()
        self.ticking = threading.Thread(target=self._tick, daemon=True)
        self.ticking.start()
        return self

    def _tick(self):
        while not self.over.wait(EVERY):
            self.say(f"{self.doing} ... {time.monotonic() - self.start:.0f} s")

    def __exit__(self, *error) -> None:
        self.over.set()
        self.ticking.join()
        if self.shown:
            self.say(f"{self.doing}: {time.monotonic() - self.start:.0f} s")

    def say(self, text: str) -> None:
        """Show this text until the next tick."""
        if self.shown:
            self.shown.update(Pretty(text))
        elif get_ipython():
            self.shown = display(Pretty(text), display_id=True)
