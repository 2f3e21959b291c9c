"""Executes notebooks in tests, and says which cell a test waits for.

nbclient (0.11) may miss the reply of a cell, and would then wait until its timeout. Known for a
widget that has an output, such as `interact`: https://github.com/jupyter/nbclient/issues/312
"""

import asyncio
import sys
import time
from collections.abc import Callable

from nbclient import NotebookClient
from nbformat import NotebookNode

LOOK_EVERY = 1.0  # s


class LostReply(Exception):
    """The kernel is idle, and what it should reply to a cell does not come."""


def print_error(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Waiting:
    """What a test waits for: a cell, and a kernel that is busy with it, done, or has not begun."""

    def __init__(
        self,
        chapter: str,
        say: Callable[[str], None] = print_error,
        say_after: float = 60.0,
        lost_after: float = 30.0,
    ):
        """Wait for cells of this chapter.

        Args:
            say: prints a sentence, when a cell has shown nothing for long
            say_after: seconds after which it does, and then again and again
            lost_after: seconds for which a kernel that is not busy may leave a cell without a reply
        """
        self.chapter = chapter
        self.say = say
        self.say_after = say_after
        self.lost_after = lost_after
        self.begin("")

    def begin(self, source: str) -> None:
        """Wait for this cell from now on."""
        self.first_line = source.partition("\n")[0]
        self.state = "idle, and has not begun"
        self.heard = self.said = time.monotonic()

    def note(self, message: dict) -> None:
        """The kernel sent this about the cell."""
        self.heard = self.said = time.monotonic()
        if message["msg_type"] == "status":
            self.state = message["content"]["execution_state"]

    def look(self) -> None:
        """Say what the test waits for, if it has waited for long.

        Raises:
            LostReply: if the kernel is not at work on the cell
        """
        now = time.monotonic()
        what = f"{self.chapter} waits for the cell `{self.first_line}`: "
        what += f"no message for {now - self.heard:.0f} s, and the kernel is {self.state}."
        if self.state != "busy" and now - self.heard > self.lost_after:
            raise LostReply(f"{what} Its reply is lost.")
        if now - self.said > self.say_after:
            self.said = now
            self.say(what)


class Client(NotebookClient):
    """Executes a notebook, and looks every second at what it waits for."""

    def __init__(self, notebook: NotebookNode, waiting: Waiting, **options):
        super().__init__(notebook, **options)
        self.waiting = waiting

    async def async_execute_cell(self, cell, cell_index, **options) -> NotebookNode:
        self.waiting.begin(cell.source)
        executing = asyncio.ensure_future(super().async_execute_cell(cell, cell_index, **options))
        try:
            while not executing.done():
                self.waiting.look()
                await asyncio.wait([executing], timeout=LOOK_EVERY)
            return executing.result()
        except LostReply:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}  # nbclient's, which would go on
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    def process_message(self, message, cell, cell_index) -> NotebookNode | None:
        self.waiting.note(message)
        return super().process_message(message, cell, cell_index)
