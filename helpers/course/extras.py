"""Pre-flight checks for what the chapters can do without: a compiler, TensorBoard, sliders.

Each check returns its state and a line of text, as those of helpers/course/preflight.py do.
"""

from __future__ import annotations  # a Python that is too old gets far enough to say so

import importlib
import os
import shlex
import shutil
import sys
import sysconfig
import tempfile
from importlib.metadata import version
from pathlib import Path

# States of a check: see helpers/course/preflight.py
OK = "ok"
OPTIONAL = "optional"
NEEDED = "NEEDED"

PIP = f"{shlex.quote(sys.executable)} -m pip install"


def check_compiler() -> tuple[str, str]:
    """Look for what torch.compile needs. Trying it would take half a minute the first time."""
    torch = sys.modules.get("torch")  # another line of the pre-flight says if it is missing
    # On an NVIDIA GPU, Triton has a C compiler build what starts each kernel.
    needs_c = bool(torch) and torch.cuda.is_available()
    if needs_c:
        variable = "CC"
        usual = "gcc"
        other = "clang"
    else:
        variable = "CXX"
        usual = "g++"
        other = "clang++"
    chosen = os.environ.get(variable) or usual
    paths = [shutil.which(name) for name in (chosen, usual, other)]
    path = next(filter(None, paths), None)
    without = "chapter 3 goes on without torch.compile"
    if path is None:
        return OPTIONAL, f"no {usual}: {without}; install {usual} to see it work"
    header = Path(sysconfig.get_path("include"), "Python.h")  # Triton's code includes it
    if needs_c and not header.exists():
        return OPTIONAL, f"no {header}: {without}; install python3-dev to see it work"
    return OK, f"{path}, for torch.compile in chapter 3"


def check_tensorboard() -> tuple[str, str]:
    """Check that metrics can be written for TensorBoard, and that its page can start."""
    from torch.utils.tensorboard import SummaryWriter

    with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
        writer.add_scalar("test", 1.0)
    try:
        importlib.import_module("tensorboard.main")
    except ImportError as error:
        return OPTIONAL, f"its page does not start ({error}): {PIP} --upgrade tensorboard"
    return OK, f"{version('tensorboard')}: it can write, and its page can start"


def check_sliders() -> tuple[str, str]:
    """Check that JupyterLab draws the slider of chapter 1.

    Colab has an older ipywidgets, and draws its own.
    """
    from packaging.version import Version

    found = version("ipywidgets")
    is_old = Version(found) < Version("7.8")
    if is_old and "COLAB_RELEASE_TAG" not in os.environ:
        advice = f"{PIP} --upgrade ipywidgets"
        return OPTIONAL, f"ipywidgets {found} shows none in JupyterLab 4: {advice}"
    return OK, f"ipywidgets {found}"
