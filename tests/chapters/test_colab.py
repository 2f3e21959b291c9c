"""Chapters in Colab, emulated: its packages, a stub of google.colab, a folder that holds nothing but the notebook.

The course comes from a git repository on this machine, which git takes for the address in the chapter's first cell;
what else is missing comes from the package registry. `make colab` runs every chapter with the PyTorch that Colab has
(a download of 3 GB); without it the first chapter runs, with the PyTorch of these tests.
"""

import os
import re
import shutil
import sys
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from packaging.requirements import Requirement

from tests import COPIES, ROOT, output_of, project, read, site_packages, sources, stem, without
from tests.chapters.test_chapters import BRIEF, check_outputs
from tests.execute import Client, Waiting

HOME = project("Home")
WHOLE = "COLAB" in os.environ

# Colab in August 2026, as far as the course meets it; what stands in PINS must stay, or Colab's own part breaks.
PINS = [
    "ipykernel==6.17.1",
    "ipython==7.34.0",
    "notebook==6.5.7",
    "tornado==6.5.1",
    "requests==2.32.4",
]
PACKAGES = [
    *PINS,
    "ipywidgets==7.7.1",
    "numpy==2.1.*",
    "matplotlib==3.10.*",
    "tensorboard==2.19.*",
    "setuptools==80.*",
]
PACKAGES += [
    "pip==24.1.2",
    "aiohttp",
    "babel",
    "h5py",
    "httpx",
    "markdown-it-py",
    "tqdm",
]  # in any version
TORCH = ["torch==2.11.0", "torchvision==0.26.0"]


def link(requirement: Requirement, packages: Path, present: set[str]) -> None:
    """Make links in a folder to an installed package and to all that it requires, but for what is present."""
    package = distribution(requirement.name)
    for extra in ("", *requirement.extras):
        if (key := f"{package.name.lower()} {extra}".strip()) in present:
            continue
        present.add(key)
        for entry in {file.parts[0] for file in package.files} - {"..", "__pycache__"}:
            if not (packages / entry).exists():
                (packages / entry).symlink_to(package.locate_file(entry))
        for needed in map(Requirement, package.requires or []):
            if needed.marker.evaluate({"extra": extra}) if needed.marker else not extra:
                link(needed, packages, present)


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """A folder whose virtual environment, "venv", has what Colab has."""
    machine = tmp_path_factory.mktemp("colab")
    python, installed = machine / "venv" / "bin" / "python", site_packages(machine / "venv")
    output_of(sys.executable, "-m", "venv", machine / "venv")
    install = ["-m", "pip", "install", "--quiet", "--no-compile"]
    output_of(python, *install, *PACKAGES, *(TORCH if WHOLE else []))
    if not WHOLE:  # outside the environment, as pip uninstalls nothing there
        (machine / "packages").mkdir()
        present = {package.name.lower() for package in distributions(path=[str(installed)])}
        for name in ("torch", "torchvision"):
            link(Requirement(name), machine / "packages", present)
        (installed / "packages.pth").write_text(f"{machine / 'packages'}\n")
    (installed / "google_colab-1.0.0.dist-info").mkdir()
    metadata = ["Metadata-Version: 2.1", "Name: google-colab", "Version: 1.0.0"]
    metadata += [f"Requires-Dist: {pin}" for pin in PINS]
    (installed / "google_colab-1.0.0.dist-info" / "METADATA").write_text("\n".join(metadata))
    (installed / "google" / "colab").mkdir(parents=True, exist_ok=True)
    (installed / "google" / "colab" / "__init__.py").touch()
    yield machine
    shutil.rmtree(machine)  # a gigabyte, or five


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """Environment variables with which git finds this working tree, committed or not, at the course's address."""
    bare = tmp_path_factory.mktemp("github") / "course.git"
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    git += ["-c", "core.bare=false", f"--git-dir={bare}", f"--work-tree={ROOT}"]
    output_of("git", "init", "--quiet", "--bare", bare)
    output_of("git", "-C", bare, "config", "uploadpack.allowFilter", "true")
    output_of(*git, "add", "--all")
    output_of(*git, "commit", "--quiet", "--message=all")
    address = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{bare}.insteadOf",
        "GIT_CONFIG_VALUE_0": HOME,
    }
    inherited = without("PYTHONPATH", "PIP_CACHE_DIR")
    return {**inherited, **address, "COLAB_RELEASE_TAG": "release-colab"}


@pytest.fixture
def runtime(colab) -> Path:
    """A fresh runtime, as each opened notebook gets one: a copy of the environment, by hard links, and its kernel."""
    shutil.rmtree(colab / "runtime", ignore_errors=True)
    shutil.copytree(colab / "venv", colab / "runtime", symlinks=True, copy_function=os.link)
    kernel = ["-m", "ipykernel", "install", "--prefix", colab / "runtime", "--name=colab"]
    output_of(colab / "runtime" / "bin" / "python", *kernel)
    return colab / "runtime"


@pytest.mark.parametrize("path", COPIES if WHOLE else COPIES[:1], ids=stem)
def test_chapter_runs_in_colab(path, runtime, environment, tmp_path, aloud):
    python = runtime / "bin" / "python"
    before = output_of(python, "-m", "pip", "list", "--format=freeze").split()
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kernels = KernelSpecManager(kernel_dirs=[str(runtime / "share" / "jupyter" / "kernels")])
    manager = AsyncKernelManager(kernel_name="colab", kernel_spec_manager=kernels)
    shutil.copy(path, tmp_path)
    resources = {"metadata": {"path": str(tmp_path)}}
    waiting = Waiting(path.stem, say=aloud)
    client = Client(notebook, waiting, km=manager, timeout=300, resources=resources)
    client.execute(env={**environment, **BRIEF, "HOME": str(tmp_path)})

    after = output_of(python, "-m", "pip", "list", "--format=freeze").split()
    assert set(before) <= set(after)
    output_of(python, "-m", "pip", "check")
    helpers = output_of(python, "-I", "-c", "import helpers; print(helpers.__file__)")
    assert helpers == f"{site_packages(runtime) / 'helpers' / '__init__.py'}\n"

    outputs = [output for cell in code for output in cell.outputs]
    printed = "".join(o.text for o in outputs if o.output_type == "stream")
    said = re.match(r"Installing the course takes a minute\.\ntorch (\S+) · norse .*\n", printed)
    assert f"torch=={said[1]}" in before

    check_outputs(code)
    assert len([o for o in outputs if "image/png" in o.get("data", {})]) >= 5


def test_every_chapter_installs_the_course_in_the_same_way():
    first = [sources(path)[0] for path in COPIES]
    parts = [part for source in first for part in source.split("\n\n") if "pip install" in part]
    assert len(parts) == len(COPIES) and len(set(parts)) == 1
