"""What a notebook or a command sets once, before it computes: threads, memory, and warnings that are no news.

A chapter's first cell and the commands call `setup`; nothing else here changes the process unasked, but for
`set_thread_variables`, which has to come before torch is imported.
"""

from __future__ import annotations  # so that also a Python that is too old gets as far as to say so

import ctypes
import logging
import os
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from pathlib import Path


def set_thread_variables() -> None:
    """Set the two variables that torch reads when it is imported. Those that are set already stay as they are.

    GOMP_SPINCOUNT: threads that wait for work spin for so many rounds before they sleep. GNU OpenMP's 300,000 are good
    for one notebook on an idle machine, and very bad for two that train at once: tests/studies/two_kernels.py.

    OMP_NUM_THREADS: no more threads than this process's share of the cores, as more only wait for each other. PyTorch
    sees neither the limit of a container nor that of JupyterHub, which is called CPU_LIMIT. Where a JupyterHub sets
    none, the share is two: all learners use one machine.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "700")
    if share := _share_of_cores():
        os.environ.setdefault("OMP_NUM_THREADS", str(share))


def _share_of_cores() -> int | None:
    """How many cores this process may use; None where that is all of them."""
    shares = []
    if "JUPYTERHUB_USER" in os.environ:
        with suppress(ValueError):
            shares.append(float(os.environ.get("CPU_LIMIT", 2)))
    with suppress(OSError, ValueError):  # no such file, or no limit in it
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        shares.append(int(quota) / int(period))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, int(min(shares))) if min(shares, default=cores) < cores else None


def divide_threads(processes: int) -> None:
    """Divide this process's share of the cores among as many processes. Where there is none, Lightning divides all."""
    import torch  # not before the environment is set

    share = _share_of_cores()
    if share and os.environ.get("OMP_NUM_THREADS") == str(share):  # so it was not the user who set it
        threads = max(1, share // processes)
        os.environ["OMP_NUM_THREADS"] = str(threads)  # of the processes that this one starts
        torch.set_num_threads(threads)


def setup() -> None:
    """What every notebook and every command of the course does first."""
    leave_job()
    quiet()
    keep_freed_memory()


def report(*packages: str) -> None:
    """Load these packages, and print their versions, and below them the device on which the chapters run."""
    import torch  # not before the environment is set

    from helpers.notebook.clock import Clock

    with Clock(f"loading {', '.join(packages)}"):
        for name in packages:
            import_module(name.replace("-", "_"))
    threads, used = torch.get_num_threads(), "used unless the text says the CPU"
    device = f"no GPU: the chapter runs on the CPU, {threads} thread{'s' * (threads > 1)}"
    if torch.cuda.is_available():
        device = f"{torch.cuda.get_device_name()}, {used}"
    elif torch.accelerator.is_available():
        device = f"{torch.accelerator.current_accelerator().type}, {used}"
    if packages:
        print(*(f"{name} {version(name)}" for name in packages), sep=" · ")
    print(device)


def announce(doing: str) -> None:
    """Say what a command is about to do, on stderr of the first process, and silence what its imports would say."""
    quiet()
    ranks = [os.environ.get(name, "0") for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID")]
    if set(ranks) == {"0"}:
        print(f"{doing} ...", file=sys.stderr, flush=True)


def leave_job() -> None:
    """Forget the SLURM job in which a notebook itself runs, as on a cluster's JupyterHub.

    What its cells start is no task of that job, and jobs that they submit are jobs of their own.
    """
    if "ipykernel" in sys.modules:
        for name in [name for name in os.environ if name.startswith("SLURM") and name != "SLURM_CONF"]:
            del os.environ[name]


def quiet() -> None:
    """Silence what Norse, Lightning and PyTorch say in every run of ours, and which calls for no action here."""
    for name in ("pytorch_lightning.utilities.rank_zero", "lightning_fabric.utilities"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in (
        "torchao",  # kernels for GPUs that are not needed
        "torch.utils._pytree",  # torchao's use of PyTorch
        "torch.utils.cpp_extension",  # a CUDA compiler without a GPU
        "torch.multiprocessing.spawn",  # where one process has failed, its partner is ended
    ):
        logging.getLogger(name).setLevel(logging.ERROR)
    for message in (
        "available but not used",  # a GPU, where the text is about the CPU
        "does not have many workers",  # the images are in memory
        "exists and is not empty",  # the folder of a run to be resumed
        "is not supported by the model summary",  # bf16-mixed: its weights do have 32 bits
        "dirpath has changed",  # a checkpoint is tested, or a run was moved
        "dataloader is not resumable",  # the data module keeps the position
        "`srun` command is available",  # helpers.cluster looks for itself
        "LeafSpec.* is deprecated",  # Lightning's own use of PyTorch
        "The AccumulateGrad node's stream",  # DDP on a GPU, PyTorch 2.10 with Lightning 2.6
        "Profiler clears events",  # PyTorch 2.11, of a single cycle too
        "torch.jit.script.* is deprecated",  # Norse 1.1 calls it while it is imported, and PyTorch 2.15 tells everybody
    ):
        warnings.filterwarnings("ignore", message=f".*{message}")
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
