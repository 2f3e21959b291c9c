"""What several tests of sweeps need."""

import signal

import pytest


@pytest.fixture
def signals():
    """What a command does with signals, undone."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
