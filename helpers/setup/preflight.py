"""The pre-flight: about ten seconds that tell whether the course runs here, and what to do where it does not.

    python -m helpers

Run it in the folder of the notebooks: data and runs go there too. Each line of it begins with one of

    ok        it works here
    optional  it does not work, but the chapters run without it
    NEEDED    it does not work, and the chapters need it: the line says what to do, and the exit status is 1
"""

from __future__ import annotations  # so that also a Python that is too old gets as far as to say so

import importlib
import os
import platform
import shlex
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from helpers.setup import environment

OK, OPTIONAL, NEEDED = "ok", "optional", "NEEDED"
COURSE = "norse-hbp-workshop"
PYTHON = (3, 10)  # the oldest
IMPORTED = "torch", "torchvision", "torchao", "norse", "pytorch-lightning"  # fail where they do not fit each other
MEMORY, DISK, GB = 2.0, 1.0, 1e9  # GB that the chapters take, rounded up
PIP = f"{shlex.quote(sys.executable)} -m pip install"


def check_python() -> tuple[str, str]:
    """Whether this Python is new enough."""
    if sys.version_info < PYTHON:
        return NEEDED, f"{platform.python_version()} is too old: make an environment with Python 3.10 or newer."
    return OK, f"{platform.python_version()}, {sys.executable}"


def check_disk() -> tuple[str, str]:
    """Whether the folder for temporary files and this one can be written, and have room."""
    for folder in (Path(tempfile.gettempdir()), Path.cwd()):
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(1_000_000))
        except OSError as error:
            copy = "copy the notebooks to a folder of your own, and start there."
            return NEEDED, f"{folder} cannot be written ({error.strerror}): {copy}"
        free = shutil.disk_usage(folder).free / GB
        if free < DISK:
            return NEEDED, f"{free:.2f} GB free in {folder}: make room, the chapters write up to {DISK:.0f} GB."
    return OK, f"{free:.0f} GB free in {folder}"


def check_packages() -> tuple[str, str]:
    """Whether each package that the course asks for is here and new enough, and can be imported where that may fail."""
    try:
        asked = requires(COURSE)
    except PackageNotFoundError:
        return NEEDED, f"this Python has no {COURSE}: in the folder of the course, run {PIP} --editable ."
    from packaging.requirements import Requirement

    found, wrong = [], {}
    for package in map(Requirement, asked):
        if package.marker and not package.marker.evaluate({"extra": ""}):
            continue
        try:
            found.append(f"{package.name} {version(package.name)}")
            if not package.specifier.contains(version(package.name), prereleases=True):
                wrong[f'"{package}"'] = f"{found[-1]} is here, but the course needs {package.specifier}"
            elif package.name in IMPORTED:
                importlib.import_module(package.name.replace("-", "_"))
        except Exception as error:  # also what a package built for another version of torch raises
            wrong[f'"{package}"'] = f"{package.name} cannot be imported ({_last_line(error)})"
    if wrong:
        return NEEDED, f"{'; '.join(wrong.values())}: run {PIP} --upgrade {' '.join(wrong)}"
    return OK, ", ".join(found)


def check_processes() -> tuple[str, str]:
    """Whether two processes reach each other."""
    from torch.multiprocessing import start_processes

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port, start = free.getsockname()[1], time.monotonic()
    try:  # a fork is faster, as it imports nothing anew
        start_processes(average, [port], nprocs=2, start_method="fork" if sys.platform == "linux" else "spawn")
    except Exception as error:  # what one of them raised
        interface = "lo0" if sys.platform == "darwin" else "lo"
        why = f"two processes do not reach each other ({_last_line(error)})"
        return NEEDED, f"{why}: try export GLOO_SOCKET_IFNAME={interface}"
    return OK, f"two processes averaged a tensor, {time.monotonic() - start:.1f} s after their start"


def average(rank: int, port: int) -> None:
    """Process `rank` of two: average 1 and 3, of which each has one, as training does with the gradients."""
    import torch
    import torch.distributed as dist

    for stream in (1, 2):  # what Gloo says about its connections
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    address, patience = f"tcp://127.0.0.1:{port}", timedelta(seconds=30)
    dist.init_process_group("gloo", init_method=address, timeout=patience, rank=rank, world_size=2)
    number = torch.tensor([1.0, 3.0])[rank]
    dist.all_reduce(number)
    assert number / 2 == 2
    dist.destroy_process_group()


def check_device() -> tuple[str, str]:
    """What the chapters compute on, and how much memory is free there."""
    import psutil  # comes with Jupyter's kernel
    import torch

    memory = psutil.virtual_memory()
    free, take = _within_limit(memory.available) / GB, f"the chapters take up to {MEMORY:.0f} GB."
    threads = torch.get_num_threads()
    cpu = f"{threads} thread{'s' * (threads > 1)} of a CPU, {free:.1f} of {memory.total / GB:.1f} GB of memory free"
    if free < MEMORY:
        return NEEDED, f"{cpu}: end other programs and notebooks, {take}"
    if not torch.accelerator.is_available():
        return OK, f"{cpu}; no GPU, but every chapter runs without one"
    kind = torch.accelerator.current_accelerator().type
    try:
        torch.ones(1, device=kind).add(1).item()
    except RuntimeError as error:
        why = _last_line(error)
        return NEEDED, f'{kind} does not work ({why}): mend its driver, or hide it by export CUDA_VISIBLE_DEVICES=""'
    if kind != "cuda":
        return OK, f"{kind}; {cpu}"
    free, total = (size / GB for size in torch.cuda.mem_get_info())
    gpu = f"{torch.cuda.get_device_name()}, {free:.1f} of {total:.1f} GB of its memory free"
    if free < MEMORY:
        return NEEDED, f"{gpu}: end what else runs on it, {take}"
    several = f"{torch.cuda.device_count()} GPUs, the first is " if torch.cuda.device_count() > 1 else ""
    return OK, f"{several}{gpu}; {cpu}"


def _within_limit(free: int) -> int:
    """Free bytes, where the container that this may be has a limit of its own, as those of JupyterHub have."""
    try:
        limit, used = (int(Path(f"/sys/fs/cgroup/memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):  # none, or "max"
        return free
    return min(free, limit - used)


def check_data() -> tuple[str, str]:
    """Whether the embedded digits are whole, and where all of MNIST is, if it is."""
    from helpers.data import DigitsDataModule
    from helpers.digits import EMBEDDED, read
    from helpers.setup.download import faults

    digits = f"{sum(len(read(EMBEDDED, part)[0]) for part in ('train', 't10k')):,} digits embedded"
    folder = DigitsDataModule().folder.absolute()
    if faults(folder, "MNIST"):
        return OPTIONAL, f"{digits}, enough for all chapters; all of MNIST would go to {folder}"
    return OK, f"all of MNIST in {folder}, {digits}"


def check_compiler() -> tuple[str, str]:
    """Whether torch.compile finds what it needs: looked for, not tried, since the first time takes half a minute."""
    # on an NVIDIA GPU, Triton has a C compiler build what starts each kernel, with Python's own headers
    torch = sys.modules.get("torch")  # another line says if it is not here
    name, *others = ("CC", "gcc", "clang") if torch and torch.cuda.is_available() else ("CXX", "g++", "clang++")
    found = next(filter(None, map(shutil.which, (os.environ.get(name) or others[0], *others))), None)
    if found is None:
        return OPTIONAL, f"no {others[0]}: chapter 3 goes on without torch.compile; install {others[0]} to see it work"
    header = Path(sysconfig.get_path("include"), "Python.h")
    if name == "CC" and not header.exists():
        return OPTIONAL, f"no {header}: chapter 3 goes on without torch.compile; install python3-dev to see it work"
    return OK, f"{found}, for torch.compile in chapter 3"


def check_tensorboard() -> tuple[str, str]:
    """Whether metrics can be written for TensorBoard, and its page can start."""
    from torch.utils.tensorboard import SummaryWriter

    with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
        writer.add_scalar("test", 1.0)
    try:
        importlib.import_module("tensorboard.main")
    except ImportError as error:
        return OPTIONAL, f"its page does not start ({error}): {PIP} --upgrade tensorboard"
    return OK, f"{version('tensorboard')}: it can write, and its page can start"


def check_sliders() -> tuple[str, str]:
    """Whether JupyterLab draws the slider of chapter 1. Colab, whose ipywidgets is older, draws its own."""
    from packaging.version import Version

    found = version("ipywidgets")
    if Version(found) < Version("7.8") and "COLAB_RELEASE_TAG" not in os.environ:
        return OPTIONAL, f"ipywidgets {found} shows none in JupyterLab 4: {PIP} --upgrade ipywidgets"
    return OK, f"ipywidgets {found}"


def check_slurm() -> tuple[str, str]:
    """Whether SLURM's commands are here, and its controller answers."""
    if shutil.which("sbatch") is None:
        return OPTIONAL, "none here: chapter 4 shows the recorded log of a cluster in its place"
    try:
        sinfo = ["sinfo", "--noheader", "--format=%P %D nodes %a"]
        done = subprocess.run(sinfo, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        from helpers.cluster.practice import missing

        if not missing():
            return OK, "chapter 4 starts a practice cluster"
        why = _last_line(getattr(error, "stderr", None) or error)
        return OPTIONAL, f"sbatch is here, but the cluster does not answer ({why}): ask those who run it"
    return OK, "; ".join(done.stdout.strip().split("\n"))


CHECKS = {
    "Python": check_python,
    "disk": check_disk,
    "packages": check_packages,
    "processes": check_processes,  # before the device: what is done there does not survive a fork
    "device": check_device,
    "data": check_data,
    "compiler": check_compiler,
    "TensorBoard": check_tensorboard,
    "sliders": check_sliders,
    "SLURM": check_slurm,
}


def main() -> int:
    """Run all checks and print a line for each. Returns the exit status."""
    if words := sys.argv[1:]:
        print(f"error: python -m helpers takes no {words[0]!r}. To train: python -m helpers.train fit", file=sys.stderr)
        return 2
    environment.quiet()
    warnings.simplefilter("ignore")
    needed = []
    for name, check in CHECKS.items():
        try:
            state, text = check()
        except Exception as error:  # what cannot be looked at is not known to work
            state, text = NEEDED, f"cannot be tried ({_last_line(error)}): first do what the other lines say."
        print(f"{state:9} {name:12} {text}", flush=True)
        if state == NEEDED:
            needed.append(name)
        if needed == ["Python"]:
            return 1
    print(f"\nTo do first: {', '.join(needed)}." if needed else "\nThe chapters can run here.")
    return int(bool(needed))


def _last_line(error: object) -> str:
    return (str(error).strip() or type(error).__name__).split("\n")[-1]
