"""One at a time: thirty learners on one machine, or in one shared folder, start the same thing in the same second."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None


@contextmanager
def lock(path: Path, wait: bool = False) -> Iterator[bool]:
    """Hold a file, made where it is missing, or a folder, until the end of the with block or of the process.

    wait: until whoever holds it lets go

    The value is False where another process holds it, and True where none is known to: Windows, and some network file
    systems, cannot tell. Raises OSError where the file cannot be opened.
    """
    opened = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield _take(opened, wait)
    finally:
        os.close(opened)


def _take(opened: int, wait: bool) -> bool:
    try:
        if fcntl:
            fcntl.flock(opened, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # this file system has no locks
    return True
