"""The pre-flight: a few seconds that tell whether the course runs here, and what to do where it does not.

    python -m helpers

In the folder that the notebooks are run in, since the data and the runs go there too. Each line begins with one of

    ok        it works here
    optional  it does not, and the chapters run without it
    NEEDED    it does not, and the chapters need it: the line says what to do, and the exit status is 1
"""

from __future__ import annotations  # so that also a Python that is too old gets as far as to say so

import importlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from helpers.setup import process
from helpers.setup.two_processes import Pair

OK, OPTIONAL, NEEDED = "ok", "optional", "NEEDED"
COURSE = "norse-hbp-workshop"
PYTHON = (3, 10)  # the oldest
MEMORY, DISK = 2.0, 1.0  # GB that the chapters take, rounded up
GB = 1e9


def check_python() -> tuple[str, str]:
    """Whether this Python is new enough."""
    if sys.version_info < PYTHON:
        return NEEDED, f"{platform.python_version()} is too old: make an environment with Python 3.10 or newer."
    return OK, f"{platform.python_version()}, {sys.executable}"


def check_disk() -> tuple[str, str]:
    """Whether this folder and the one for temporary files can be written, and have room."""
    free = []
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(1_000_000))
        except OSError as error:
            return NEEDED, f"{folder} cannot be written ({error.strerror}): go to a folder of your own, with a copy."
        free.append(shutil.disk_usage(folder).free / GB)
        if free[-1] < DISK:
            return NEEDED, f"{free[-1]:.2f} GB free in {folder}: make room, the chapters write up to {DISK:.0f} GB."
    return OK, f"{free[0]:.0f} GB free in {Path.cwd()}"


def check_packages() -> tuple[str, str]:
    """Whether each package that the course asks for is here, new enough, and can be imported."""
    try:
        asked = [text for text in requires(COURSE) if "extra ==" not in text]
    except PackageNotFoundError:
        return NEEDED, f"this Python has no {COURSE}: in the folder of the course, {_pip('--editable .')}"
    found, wrong, install = [], [], []
    for text in asked:
        name, oldest = re.match(r"([\w-]+).*>=([\d.]+)", text).groups()
        try:
            importlib.import_module(name.replace("-", "_"))
            found.append(f"{name} {version(name)}")
            if _numbers(version(name)) >= _numbers(oldest):
                continue
            wrong.append(f"{name} {version(name)} is older than {oldest}")
        except Exception as error:  # also what a package built for another version of torch raises
            wrong.append(f"{name} cannot be imported ({_last_line(error)})")
        install.append(f'"{text}"')
    if wrong:
        return NEEDED, f"{'; '.join(wrong)}: {_pip('--upgrade ' + ' '.join(install))}"
    return OK, ", ".join(found)


def check_device() -> tuple[str, str]:
    """What the chapters compute on, and how much memory is free there."""
    import psutil  # comes with Jupyter's kernel
    import torch

    memory = psutil.virtual_memory()
    free = _within_limit(memory.available) / GB
    cpu = f"{torch.get_num_threads()} threads of a CPU, {free:.1f} of {memory.total / GB:.1f} GB of memory free"
    if free < MEMORY:
        return NEEDED, f"{cpu}: end other programs and notebooks, the chapters take up to {MEMORY:.0f} GB."
    if not torch.accelerator.is_available():
        return OK, f"{cpu}; no GPU, and every chapter runs without"
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
        return NEEDED, f"{gpu}: end what else runs on it, the chapters take up to {MEMORY:.0f} GB."
    return OK, f"{torch.cuda.device_count()} GPUs, the first is {gpu}; {cpu}"


def check_data() -> tuple[str, str]:
    """Whether the embedded digits are whole, and where all of MNIST is, if it is."""
    from helpers.data import DigitsDataModule, is_complete

    digits = DigitsDataModule(source="embedded")
    digits.setup()
    n = sum(map(len, (digits.train, digits.val, digits.test)))
    folder = DigitsDataModule().folder.absolute()
    if is_complete(folder, "MNIST"):
        return OK, f"all of MNIST in {folder}, {n:,} digits embedded"
    return OPTIONAL, f"{n:,} digits embedded, enough for all chapters; all of MNIST would go to {folder}"


def check_compiler() -> tuple[str, str]:
    """Whether torch.compile finds a C++ compiler: looked for, not tried, since the first time takes half a minute."""
    found = shutil.which(os.environ.get("CXX", "g++")) or shutil.which("clang++")
    if found is None:
        return OPTIONAL, "no C++ compiler: chapter 3 goes on without torch.compile; install g++ to see it work"
    return OK, f"{found}, for torch.compile in chapter 3"


def check_tensorboard() -> tuple[str, str]:
    """Whether metrics can be written for TensorBoard, and its page can start."""
    from torch.utils.tensorboard import SummaryWriter

    with tempfile.TemporaryDirectory() as folder:
        with SummaryWriter(folder) as writer:
            writer.add_scalar("test", 1.0)
        written = sum(path.stat().st_size for path in Path(folder).iterdir())
    try:
        importlib.import_module("tensorboard.main")
    except ImportError as error:
        return OPTIONAL, f"its page does not start ({error}): {_pip('--upgrade tensorboard')}"
    return OK, f"{version('tensorboard')} writes ({written} bytes), and its page can start"


def check_sliders() -> tuple[str, str]:
    """Whether JupyterLab draws the slider of chapter 1. Colab, whose ipywidgets is older, draws its own."""
    found = version("ipywidgets")
    if _numbers(found) < [7, 8] and "COLAB_RELEASE_TAG" not in os.environ:
        return OPTIONAL, f"ipywidgets {found} shows none in JupyterLab 4: {_pip('--upgrade ipywidgets')}"
    return OK, f"ipywidgets {found}"


def check_slurm() -> tuple[str, str]:
    """Whether SLURM's commands are here, and its controller answers."""
    if shutil.which("sbatch") is None:
        return OPTIONAL, "none here: chapter 4 shows the recorded log of a cluster in its place"
    try:
        command = ["sinfo", "--noheader", "--format=%P %D nodes %a"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        if done.returncode == 0:
            return OK, "; ".join(done.stdout.split("\n")).strip("; ")
        why = _last_line(done.stderr)
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error
    return OPTIONAL, f"sbatch is here, but the cluster does not answer ({why}): ask who runs it"


def check_processes(pair: Pair) -> tuple[str, str]:
    """Whether two processes reach each other."""
    try:
        return OK, f"two processes averaged a tensor, {pair.seconds():.1f} s after their start"
    except RuntimeError as error:
        loopback = "lo0" if sys.platform == "darwin" else "lo"
        why = _last_line(error)
        return NEEDED, f"two processes do not reach each other ({why}): try export GLOO_SOCKET_IFNAME={loopback}"


def report(name: str, check: Callable[[], tuple[str, str]]) -> bool:
    """Print the line of a check. False where something is needed."""
    try:
        state, text = check()
    except Exception as error:  # what cannot be looked at is not known to work
        state, text = NEEDED, f"cannot be tried ({_last_line(error)}): first do what the other lines say."
    print(f"{state:9} {name:12} {text}", flush=True)
    return state != NEEDED


def main() -> int:
    """Run all checks and print a line for each. Returns the exit status."""
    if not report("Python", check_python):
        return 1
    process.quiet()
    warnings.simplefilter("ignore")
    pair = Pair()
    checks = {
        "disk": check_disk,
        "packages": check_packages,
        "device": check_device,
        "data": check_data,
        "compiler": check_compiler,
        "TensorBoard": check_tensorboard,
        "sliders": check_sliders,
        "SLURM": check_slurm,
        "processes": partial(check_processes, pair),
    }
    needed = [name for name, check in checks.items() if not report(name, check)]
    print(f"\nTo do first: {', '.join(needed)}." if needed else "\nThe chapters can run here.")
    return int(bool(needed))


def _within_limit(free: int) -> int:
    """Free bytes, where the container that this may be has a limit of its own, as those of JupyterHub have."""
    try:
        limit, used = (int(Path(f"/sys/fs/cgroup/memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):  # none, or "max"
        return free
    return min(free, limit - used)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version.split("+")[0])]


def _pip(arguments: str) -> str:
    return f"{shlex.quote(sys.executable)} -m pip install {arguments}"


def _last_line(error: object) -> str:
    return (str(error).strip() or type(error).__name__).split("\n")[-1]


if __name__ == "__main__":
    sys.exit(main())
