"""Process settings: threads, memory, Ctrl-C, and silence for known harmless warnings.

Each chapter and the commands call `setup`. Nothing else here changes the process unasked,
except `set_thread_variables`, which has to run before torch is imported. Nor is torch imported
here: that takes seconds, in which Ctrl-C comes too.
"""

from __future__ import annotations  # a Python that is too old gets far enough to say so

import ctypes
import functools
import logging
import os
import signal
import sys
import warnings
from contextlib import ExitStack, suppress
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from helpers.tools.plural import plural

STOPPED = 130  # exit status of what was asked to stop
# Variables with the number of a process: of torchrun, of Lightning, of srun
RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")
# Loggers whose messages below an error call for no action here
QUIET_LOGGERS = (
    "pytorch_lightning.utilities.rank_zero",  # the devices and the seed, at each start
    "lightning_fabric.utilities",
    "torchao",  # kernels for GPUs that are not needed
    "torch.utils._pytree",  # torchao's use of PyTorch
    "torch.utils.cpp_extension",  # a CUDA compiler without a GPU
    "torch.multiprocessing.spawn",  # where one process has failed, its partner is ended
)
HARMLESS_WARNINGS = (
    "available but not used",  # a GPU, where the text is about the CPU
    "does not have many workers",  # the images are in memory
    "exists and is not empty",  # the folder of a run to be resumed
    "is not supported by the model summary",  # bf16-mixed: its weights do have 32 bits
    "dirpath has changed",  # a checkpoint is tested, or a run was moved
    "dataloader is not resumable",  # the data module keeps the position
    "`srun` command is available",  # helpers.run asks SLURM itself
    # Lightning 2.6 with jsonargparse 4.49; their messages begin with an empty line
    r"\s*By default only one JsonargparseDeprecationWarning",
    r"\s*``instantiate_classes`` was deprecated",
    "LeafSpec.* is deprecated",  # Lightning's own use of PyTorch
    "The AccumulateGrad node's stream",  # DDP on a GPU, PyTorch 2.10 with Lightning 2.6
    "Profiler clears events",  # PyTorch 2.11, of a single cycle too
    "torch.jit.script.* is deprecated",  # Norse 1.1 at its import; PyTorch 2.15 shows it to all
)


def set_thread_variables() -> None:
    """Set the two variables that torch reads when it is imported, unless they are set already.

    GOMP_SPINCOUNT: threads that wait for work spin for so many rounds before they sleep. The
    300,000 of GNU OpenMP are good for one notebook on an idle machine, and very bad for two that
    train at once: on two cores, a step of 70 ms took 4 s beside another notebook, and with 3,000
    rounds 0.2 s. Fewer rounds slow down a notebook alone where waking up takes long: 700 are a
    compromise.

    OMP_NUM_THREADS: no more threads than this process's share of the cores, as more only wait for
    each other. PyTorch sees neither the limit of a container nor that of JupyterHub, which is
    called CPU_LIMIT. Where a JupyterHub sets none, the share is two: all learners use one machine.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "700")
    if count_cores() < _count_cores_of_machine():
        os.environ.setdefault("OMP_NUM_THREADS", str(count_cores()))


def count_cores() -> int:
    """How many cores this process may use."""
    limits = [_count_cores_of_machine()]
    if "JUPYTERHUB_USER" in os.environ:
        with suppress(ValueError):
            limits.append(float(os.getenv("CPU_LIMIT", 2)))
    with suppress(OSError, ValueError):  # no such file, or no limit in it
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        limits.append(int(quota) / int(period))
    return max(1, int(min(limits)))


def _count_cores_of_machine():
    """How many cores there are, or fewer if the process is bound to some of them."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def within_memory_limit(free: int) -> int:
    """Return the free bytes, or fewer where the limit of a container leaves fewer."""
    folder = Path("/sys/fs/cgroup")
    with suppress(OSError, ValueError):  # no such file, or no limit in it
        limit = int((folder / "memory.max").read_text())
        used = int((folder / "memory.current").read_text())
        return min(free, limit - used)
    return free


def divide_threads(processes: int) -> None:
    """Divide this process's share of the cores among so many, of which it may be one itself.

    A number of threads that the user has set stays, unless it is the whole share.
    """
    share = str(count_cores())
    if processes == 1 or os.getenv("OMP_NUM_THREADS", share) != share:
        return
    threads = max(1, count_cores() // processes)
    os.environ["OMP_NUM_THREADS"] = str(threads)  # of the processes that this one starts
    import torch  # it may have read the variable before

    torch.set_num_threads(threads)


def setup() -> None:
    """Prepare the process: every notebook and every command of the course calls this first."""
    if "ipykernel" in sys.modules:
        # A notebook may itself run in a SLURM job, as on a cluster's JupyterHub. What its cells
        # start is no task of that job, and jobs that they submit are jobs of their own.
        forget_job(but="SLURM_CONF")
    if "IPython" in sys.modules:  # elsewhere there are no cells
        from helpers.tools import cells

        # checks know then whether the cell of an answer ran, and `reveal` whether there is a guess
        cells.of_this_notebook()
    quiet()
    keep_freed_memory()


def report(*packages: str) -> None:
    """Load these packages, and print their versions and the device on which the chapters run."""
    from helpers.tools.clock import Clock

    with Clock(f"loading {', '.join(packages)}"):
        for name in packages:
            import_module(name.replace("-", "_"))
    print(*(f"{name} {version(name)}" for name in packages), sep=" · ")
    print(_describe_device())


def _describe_device():
    import torch  # not before the environment is set

    use = "used unless the text says the CPU"
    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name()}, {use}"
    if torch.accelerator.is_available():
        return f"{torch.accelerator.current_accelerator().type}, {use}"
    return f"no GPU: the chapter runs on the CPU, {plural(torch.get_num_threads(), 'thread')}"


def announce(doing: str) -> None:
    """Say what a command is about to do, and silence its imports.

    Only the first process says it, on stderr.
    """
    quiet()
    if is_first_process():
        print(f"{doing} ...", file=sys.stderr)


@functools.cache
def say_once(sentence: str) -> None:
    """Print this sentence when it is said for the first time, in the first process alone."""
    if is_first_process():
        print(sentence)


def is_first_process() -> bool:
    """Whether this is the first of the processes that srun, torchrun or Lightning started."""
    return all(os.getenv(rank, "0") == "0" for rank in RANKS)


class CtrlC:
    """Ends this process at Ctrl-C: one sentence, and exit status STOPPED, at any moment.

    Python raises KeyboardInterrupt wherever it is: in the middle of an import, of a callback from
    C, or where Lightning turns it into words of its own. So here the signal ends the process
    itself, as soon as Python is between two steps. While the network is trained, KeepLast has the
    signal: it saves the run first.

    Where several processes were started, the first one says it. What was started to ignore Ctrl-C,
    as a run of a sweep is, goes on ignoring it.
    """

    def __init__(self):
        self.say = lambda: "stopped before the first step"
        self.at_end = ExitStack()  # of what is called before
        self.handler_before = signal.getsignal(signal.SIGINT)
        if self.handler_before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._stop)

    def _stop(self, number, frame):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sentence = self.say()
        with suppress(Exception):
            self.at_end.close()
        with suppress(Exception):  # a print may be under way
            sys.stdout.flush()
        if is_first_process():
            os.write(1, f"\n{sentence}\n".encode())
        os._exit(STOPPED)

    def leave(self) -> None:
        """Give Ctrl-C back to what had it before."""
        signal.signal(signal.SIGINT, self.handler_before)


def forget_job(but: str) -> None:
    """Remove all variables of SLURM from the environment, except for the one of this name."""
    for name in list(os.environ):
        if name.startswith("SLURM") and name != but:
            del os.environ[name]


def quiet() -> None:
    """Silence known harmless messages of Norse, Lightning and PyTorch."""
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    for message in HARMLESS_WARNINGS:
        warnings.filterwarnings("ignore", message=f".*{message}")
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")


def keep_freed_memory() -> None:
    """Tell the C library to keep freed memory for the next tensor.

    On a CPU, fresh pages take a third of a step's time. In return, the memory of the process no
    longer shrinks. This works with glibc (Linux), and does nothing elsewhere.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.mallopt(-4, 0)  # M_MMAP_MAX, as numbered in malloc.h
        libc.mallopt(-1, -1)  # M_TRIM_THRESHOLD
