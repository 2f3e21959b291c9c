"""The small module behind the course: data, network, training, checks and figures."""

import ctypes
import logging
import os
import sys
import warnings

# Threads of PyTorch that wait for work sleep, where by default they spin: beside another process on the same cores that
# slows each step several times. It has to be set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


class InputError(ValueError):
    """Something the user gave cannot be used. The message is one sentence: what was given and what is allowed."""


def require(condition: bool, message: str) -> None:
    """Raise InputError with this message unless the condition holds."""
    if not condition:
        raise InputError(message)


def quiet() -> None:
    """Silence what Lightning and PyTorch's profiler say in every run of ours, and which calls for no action here."""
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")  # the images are in memory
    warnings.filterwarnings("ignore", message=".*exists and is not empty.*")  # the folder of a run to be resumed
    warnings.filterwarnings("ignore", message=".*dirpath has changed.*")  # a checkpoint is tested, or a run was moved
    warnings.filterwarnings("ignore", message=".*LeafSpec.* is deprecated.*")  # Lightning's own use of PyTorch
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")


def keep_freed_memory() -> None:
    """Tell the C library to keep freed memory for the next tensor: fresh pages take a third of a step's time on a CPU.

    Works with glibc (Linux) and does nothing elsewhere. Costs: the memory of the process no longer shrinks.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            m_trim_threshold, m_mmap_max = -1, -4  # numbers of malloc.h
            libc.mallopt(m_mmap_max, 0)
            libc.mallopt(m_trim_threshold, -1)
