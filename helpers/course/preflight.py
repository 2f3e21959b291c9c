"""The pre-flight: ten seconds that tell whether the course runs here, and what to do if not.

    python -m helpers

Run it in the folder of the notebooks: data and runs go there too. Each line begins with one of

    ok        it works here
    optional  it does not work, but the chapters run without it
    NEEDED    it does not work, and the chapters need it: the line says what to do

The exit status is 1 where something is NEEDED.
"""

from __future__ import annotations  # a Python that is too old gets far enough to say so

import importlib
import os
import platform
import shlex
import shutil
import socket
import sys
import tempfile
import time
import warnings
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from helpers.setup import environment
from helpers.tools.plural import plural

# Each check returns two texts: its state, which is one of these, and its line
OK = "ok"
OPTIONAL = "optional"
NEEDED = "NEEDED"

COURSE = "norse-hbp-workshop"
PYTHON = (3, 10)  # the oldest that will do
# These cannot be imported where they do not fit each other.
IMPORTED = ("torch", "torchvision", "torchao", "norse", "pytorch-lightning")
GB = 1e9
MEMORY = 2.0  # GB that the chapters take, rounded up
DISK = 1.0  # GB that they write, rounded up
PIP = f"{shlex.quote(sys.executable)} -m pip install"


def check_python() -> tuple:
    """Check that this Python is new enough."""
    found = platform.python_version()
    if sys.version_info < PYTHON:
        return NEEDED, f"{found} is too old: make an environment with Python 3.10 or newer."
    return OK, f"{found}, {sys.executable}"


def check_disk() -> tuple:
    """Check that this folder and the one for temporary files can be written, and have room."""
    for folder in (tempfile.gettempdir(), Path.cwd()):
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(1_000_000))
        except OSError as error:
            advice = "copy the notebooks to a folder of your own, and start there."
            return NEEDED, f"{folder} cannot be written ({error.strerror}): {advice}"
        free = shutil.disk_usage(folder).free / GB
        if free < DISK:
            advice = f"make room, the chapters write up to {DISK:.0f} GB."
            return NEEDED, f"{free:.2f} GB free in {folder}: {advice}"
    return OK, f"{free:.0f} GB free in {folder}"


def check_packages() -> tuple:
    """Check that each package of the course is here, new enough, and fits the others."""
    try:
        asked = requires(COURSE)
    except PackageNotFoundError:
        advice = f'in the folder of the course, run {PIP} --editable ".[lab]"'
        return NEEDED, f"this Python has no {COURSE}: {advice}"
    from packaging.requirements import Requirement

    extra = "lab"
    if "COLAB_RELEASE_TAG" in os.environ:  # it has a notebook of its own
        extra = ""
    found = []
    faults = {}
    for package in map(Requirement, asked):
        if package.marker and not package.marker.evaluate({"extra": extra}):
            continue
        package.marker = None
        wanted = f'"{package}"'
        try:
            number = version(package.name)
            found.append(f"{package.name} {number}")
            if not package.specifier.contains(number, prereleases=True):
                needs = f"the course needs {package.specifier}"
                faults[wanted] = f"{package.name} {number} is here, but {needs}"
            elif package.name in IMPORTED:
                importlib.import_module(package.name.replace("-", "_"))
        except Exception as error:  # a package built for another torch may raise anything
            faults[wanted] = f"{package.name} cannot be imported ({_last_line(error)})"
    if faults:
        return NEEDED, f"{'; '.join(faults.values())}: run {PIP} --upgrade {' '.join(faults)}"
    return OK, ", ".join(found)


def check_processes() -> tuple:
    """Check that two processes reach each other."""
    from torch.multiprocessing import start_processes

    with socket.create_server(("127.0.0.1", 0)) as probe:
        _, port = probe.getsockname()
    # fork is faster, as it imports nothing anew
    method = "fork" if sys.platform == "linux" else "spawn"
    interface = "lo0" if sys.platform == "darwin" else "lo"
    start = time.monotonic()
    try:
        start_processes(average, [port], nprocs=2, start_method=method)
    except Exception as error:  # what one of them raised
        problem = f"two processes do not reach each other ({_last_line(error)})"
        return NEEDED, f"{problem}: try export GLOO_SOCKET_IFNAME={interface}"
    return (
        OK,
        f"two processes averaged a tensor, {time.monotonic() - start:.1f} s after their start",
    )


def average(rank: int, port: int) -> None:
    """Average the numbers 1 and 3 of two processes, as training averages gradients.

    rank: which of the two this is, 0 or 1
    """
    from torch import distributed, tensor

    for stream in (1, 2):  # hide what Gloo says about its connections
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    distributed.init_process_group(
        "gloo",
        init_method=f"tcp://127.0.0.1:{port}",
        timeout=timedelta(seconds=30),
        rank=rank,
        world_size=2,
    )
    number = tensor([1.0, 3.0])[rank]
    distributed.all_reduce(number)
    assert number / 2 == 2
    distributed.destroy_process_group()


def check_device() -> tuple:
    """Check the device that the chapters compute on, and the memory that is free there."""
    import psutil  # comes with Jupyter's kernel
    import torch

    memory = psutil.virtual_memory()
    free = environment.within_memory_limit(memory.available) / GB
    cpu = (
        f"{plural(torch.get_num_threads(), 'thread')} of a CPU, "
        f"{free:.1f} of {memory.total / GB:.1f} GB of memory free"
    )
    demand = f"the chapters take up to {MEMORY:.0f} GB."
    if free < MEMORY:
        return NEEDED, f"{cpu}: end other programs and notebooks, {demand}"
    if not torch.accelerator.is_available():
        return OK, f"{cpu}; no GPU, but every chapter runs without one"
    kind = torch.accelerator.current_accelerator().type
    try:
        torch.ones(1, device=kind).add(1).item()
    except RuntimeError as error:
        advice = 'mend its driver, or hide it by export CUDA_VISIBLE_DEVICES=""'
        return NEEDED, f"{kind} does not work ({_last_line(error)}): {advice}"
    if kind != "cuda":
        return OK, f"{kind}; {cpu}"
    free, total = torch.cuda.mem_get_info()
    gpu = (
        f"{torch.cuda.get_device_name()}, {free / GB:.1f} of {total / GB:.1f} GB of its memory free"
    )
    if free / GB < MEMORY:
        return NEEDED, f"{gpu}: end what else runs on it, {demand}"
    n_gpus = torch.cuda.device_count()
    if n_gpus > 1:
        gpu = f"{n_gpus} GPUs, the first is {gpu}"
    return OK, f"{gpu}; {cpu}"


def check_data() -> tuple:
    """Check that the embedded digits are whole, and look for all of MNIST."""
    from helpers.assets.digits import EMBEDDED, read
    from helpers.data import DigitsDataModule
    from helpers.setup.download import faults

    n_digits = sum(len(read(EMBEDDED, part)[0]) for part in ("train", "t10k"))
    digits = f"{n_digits:,} digits embedded"
    folder = DigitsDataModule().folder.absolute()
    if faults(folder, "MNIST"):
        return OPTIONAL, f"{digits}, enough for all chapters; all of MNIST would go to {folder}"
    return OK, f"all of MNIST in {folder}, {digits}"


def check_tensorboard() -> tuple:
    """Check that what writes metrics for TensorBoard can be imported, and its page as well."""
    importlib.import_module("torch.utils.tensorboard")
    try:
        importlib.import_module("tensorboard.main")
    except ImportError as error:
        return OPTIONAL, f"its page does not start ({error}): {PIP} --upgrade tensorboard"
    return OK, f"{version('tensorboard')}: what writes for it, and its page, can be imported"


def check_slurm() -> tuple:
    """Check that SLURM's commands are here, and that its controller answers."""
    from helpers.cluster.practice import why_impossible
    from helpers.run.slurm import ask

    if not shutil.which("sbatch"):
        return OPTIONAL, "none here: chapter 4 shows the recorded log of a cluster in its place"
    partitions, problem = ask("sinfo", "--noheader", "--format=%P %D nodes %a", seconds=10)
    if not problem:
        return OK, partitions.replace("\n", "; ")
    if not why_impossible():
        return OK, "chapter 4 starts a practice cluster"
    problem = f"sbatch is here, but the cluster does not answer ({problem})"
    return OPTIONAL, f"{problem}: ask those who run it"


CHECKS = {
    "Python": check_python,
    "disk": check_disk,
    "packages": check_packages,
    "processes": check_processes,  # before the device: what is done there does not survive a fork
    "device": check_device,
    "data": check_data,
    "TensorBoard": check_tensorboard,
    "SLURM": check_slurm,
}


def main() -> int:
    """Run all checks and print a line for each. Returns the exit status."""
    ArgumentParser(
        prog="python -m helpers",
        usage="python -m helpers, without options. To train: python -m helpers.train fit",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    ).parse_args()
    environment.quiet()
    warnings.simplefilter("ignore")
    needed = []
    for name, check in CHECKS.items():
        try:
            state, text = check()
        except Exception as error:  # what cannot be tried is not known to work
            state = NEEDED
            text = f"cannot be tried ({_last_line(error)}): first do what the other lines say."
        print(f"{state:9} {name:12} {text}", flush=True)
        if state == NEEDED:
            needed.append(name)
        if needed == ["Python"]:
            return 1
    if needed:
        print(f"\nTo do first: {', '.join(needed)}.")
        return 1
    print("\nThe chapters can run here.")
    return 0


def _last_line(error: object) -> str:
    text = str(error).strip() or type(error).__name__
    return text.split("\n")[-1]
