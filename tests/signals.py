"""A process sends itself a signal, always at the same place."""

import functools
import itertools
import os
import threading
from collections.abc import Callable


def signal_at(
    owner: type, place: str, n: int, number: int, later: float = 0, count: Callable | None = None
) -> None:
    """Before the n-th call of a method of owner, or of os.fsync; or so many s later.

    count: the number of a call, by its arguments
    """
    if place == "fsync":
        owner = os
    function, calls = getattr(owner, place), itertools.count(1)

    @functools.wraps(function)
    def signalled(*args, **options):
        call = next(calls)
        if (count(*args) if count else call) == n:
            send = functools.partial(os.kill, os.getpid(), number)
            threading.Timer(later, send).start() if later else send()
        return function(*args, **options)

    setattr(owner, place, signalled)
