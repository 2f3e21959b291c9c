"""The time at which work is done, on a GPU too."""

import time

import torch


def now() -> float:
    """Return the time, in s, at which the work so far is done: a GPU lags behind Python."""
    if torch.cuda.is_initialized():  # else none of it is on a GPU
        torch.cuda.synchronize()
    return time.perf_counter()
