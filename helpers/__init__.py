"""The small module behind the course: data, network, training, checks and figures."""

import ctypes
import logging
import os
import sys
import warnings
from importlib.metadata import version

# Threads that wait for work spin for a while before they sleep. With the default of GNU OpenMP, beside one other busy
# process on two cores, a training step took 1.7 s; with this it takes 0.24 s there, and alone 0.11 s instead of 0.10 s.
# Read when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "3000")


class InputError(ValueError):
    """Something the user gave cannot be used. The message is one sentence: what was given and what is allowed."""


def require(condition: bool, message: str) -> None:
    """Raise InputError with this message unless the condition holds."""
    if not condition:
        raise InputError(message)


def report(*packages: str) -> None:
    """Print one line: the versions of these packages, and the device on which the chapters run."""
    import torch  # not before GOMP_SPINCOUNT is set

    cpu = f"no GPU: it runs on the CPU, {torch.get_num_threads()} threads"
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else cpu
    print(*(f"{name} {version(name)}" for name in packages), device, sep=" · ")


def quiet() -> None:
    """Silence what Lightning and PyTorch's profiler say in every run of ours, and which calls for no action here."""
    for name in ("pytorch_lightning.utilities.rank_zero", "lightning_fabric.utilities"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")  # the images are in memory
    warnings.filterwarnings("ignore", message=".*exists and is not empty.*")  # the folder of a run to be resumed
    warnings.filterwarnings("ignore", message=".*dirpath has changed.*")  # a checkpoint is tested, or a run was moved
    warnings.filterwarnings("ignore", message=".*dataloader is not resumable.*")  # the data module keeps the position
    warnings.filterwarnings("ignore", message=".*`srun` command is available.*")  # helpers.cluster looks for itself
    warnings.filterwarnings("ignore", message=".*LeafSpec.* is deprecated.*")  # Lightning's own use of PyTorch
    warnings.filterwarnings("ignore", message=".*Profiler clears events.*")  # PyTorch 2.11, of a single cycle too
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # a CUDA compiler, and no GPU to use it
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
