"""Chapters in Colab, emulated: its packages, a stub of google.colab, a folder that holds nothing but the notebook.

The course comes from a git repository on this machine, which git takes for the address in the chapter's first cell;
what else is missing comes from the package registry. `make colab` runs every chapter with the PyTorch that Colab has
(a download of 3 GB); without it the first chapter runs, with the PyTorch of these tests.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution, distributions
from pathlib import Path

import nbformat
import pytest
import torch
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from packaging.requirements import Requirement

from tests import ROOT

COPIES = sorted((ROOT / "notebooks").glob("*.ipynb"))
HOME = re.search(r'^Home = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE).group(1)
WHOLE = "COLAB" in os.environ

# Colab in August 2026, as far as the course meets it; what stands in PINS must stay, or Colab's own part breaks.
PINS = ["ipykernel==6.17.1", "ipython==7.34.0", "notebook==6.5.7", "tornado==6.5.1", "requests==2.32.4"]
PACKAGES = [*PINS, "ipywidgets==7.7.1", "numpy==2.1.*", "matplotlib==3.10.*", "tensorboard==2.19.*", "setuptools==80.*"]
PACKAGES += ["pip==24.1.2", "aiohttp", "babel", "h5py", "httpx", "markdown-it-py", "tqdm"]  # in any version
TORCH = ["torch==2.11.0", "torchvision==0.26.0"]
STAY = ["torch", "torchvision", "numpy", "matplotlib", "ipython", "ipykernel", "ipywidgets", "notebook", "tornado"]

PROBE = f"""
import resource
from importlib.metadata import distribution
import helpers
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("seconds", used.ru_utime + used.ru_stime)
print("helpers", helpers.__file__)
for name in {STAY}:
    print(name, distribution(name).version, distribution(name).locate_file(""))
"""


def run(*command, **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def pip_install(python: Path, *requirements: str) -> None:
    """Install from the package registry. Without a network the test is skipped, but not where CI runs it."""
    command = [python, "-m", "pip", "install", "--quiet", *requirements]
    done = subprocess.run(command, capture_output=True, text=True)
    if "(from versions: none)" in done.stderr and not os.environ.get("CI"):
        pytest.skip("there is no network, from which Colab's packages would come")
    assert done.returncode == 0, done.stderr[-2000:]


def site(folder: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "posix_prefix", {"base": str(folder)}))


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


def install(machine: Path) -> None:
    """Make the virtual environment that has what Colab has."""
    python = machine / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", machine / "venv")
    pip_install(python, *PACKAGES, *(TORCH if WHOLE else []))
    if not WHOLE:  # outside the environment, as pip uninstalls nothing there
        packages = machine / "packages"
        packages.mkdir()
        present = {package.name.lower() for package in distributions(path=[str(site(machine / "venv"))])}
        for name in ("torch", "torchvision"):
            link(Requirement(name), packages, present)
        (site(machine / "venv") / "packages.pth").write_text(f"{packages}\n")
    stub = site(machine / "venv") / "google_colab-1.0.0.dist-info"
    stub.mkdir()
    requires = "\n".join(f"Requires-Dist: {pin}" for pin in PINS)
    (stub / "METADATA").write_text(f"Metadata-Version: 2.1\nName: google-colab\nVersion: 1.0.0\n{requires}\n")
    (stub.parent / "google" / "colab").mkdir(parents=True, exist_ok=True)
    (stub.parent / "google" / "colab" / "__init__.py").touch()
    run(python, "-m", "pip", "check")


@pytest.fixture(scope="session")
def colab(pytestconfig):
    """A folder with the environment, made once for each list of versions and kept in pytest's cache."""
    versions = [*PACKAGES, *TORCH, str(WHOLE), sys.version, distribution("torch").version]
    machine = Path(pytestconfig.cache.mkdir("colab-" + hashlib.sha256(str(versions).encode()).hexdigest()[:8]))
    if not (machine / "done").exists():
        shutil.rmtree(machine)
        machine.mkdir()
        install(machine)
        (machine / "done").touch()
    return machine


@pytest.fixture(scope="session")
def environment(colab, tmp_path_factory) -> dict[str, str]:
    """Environment variables with which git finds this working tree, committed or not, at the course's address."""
    bare = tmp_path_factory.mktemp("github") / "course.git"
    git = ["git", "-c", "core.bare=false", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    git += [f"--git-dir={bare}", f"--work-tree={ROOT}"]
    run("git", "init", "--quiet", "--bare", bare)
    run("git", "-C", bare, "config", "uploadpack.allowFilter", "true")
    run(*git, "add", "--all")
    run(*git, "commit", "--quiet", "--message=all")
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{bare}.insteadOf",
        "GIT_CONFIG_VALUE_0": HOME,
        "PIP_CACHE_DIR": str(colab / "pip"),
        "COLAB_RELEASE_TAG": "release-colab",
    }


@pytest.fixture
def runtime(colab) -> Path:
    """A fresh runtime, as each opened notebook gets one: a copy of the environment, by hard links, and its kernel."""
    runtime = colab / "runtime"
    shutil.rmtree(runtime, ignore_errors=True)
    shutil.copytree(colab / "venv", runtime, symlinks=True, copy_function=os.link)
    command = [str(runtime / "bin" / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = runtime / "kernels" / "colab" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": command, "language": "python", "display_name": "Python 3"}))
    return runtime


def read_probe(text: str) -> dict[str, str]:
    """What PROBE printed: the first word of each line, and the rest of it."""
    return dict(line.split(" ", 1) for line in text.splitlines())


@pytest.mark.parametrize("path", COPIES if WHOLE else COPIES[:1], ids=lambda path: path.stem)
def test_chapter_runs_in_colab(path, runtime, environment, tmp_path):
    folder = tmp_path / "content"
    folder.mkdir()
    shutil.copy(path, folder)
    before = read_probe(run(runtime / "bin" / "python", "-c", PROBE, cwd=ROOT))
    notebook = nbformat.read(path, as_version=4)
    setup = next(cell for cell in notebook.cells if cell.cell_type == "code")
    probe = nbformat.v4.new_code_cell(PROBE)
    notebook.cells.insert(notebook.cells.index(setup) + 1, probe)
    kernels = KernelSpecManager(kernel_dirs=[str(runtime / "kernels")])
    manager = AsyncKernelManager(kernel_name="colab", kernel_spec_manager=kernels)
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    client = NotebookClient(notebook, km=manager, timeout=300, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**inherited, **environment, "HOME": str(folder)})

    after = read_probe(probe.outputs[0].text)
    assert float(after.pop("seconds")) < 20  # of a processor: those on the clock depend on what else runs here
    assert after.pop("helpers") == str(site(runtime) / "helpers" / "__init__.py")
    assert after == {name: before[name] for name in STAY}
    run(runtime / "bin" / "python", "-m", "pip", "check")

    version = re.escape(after["torch"].split()[0])
    said = "".join(output.text for output in setup.outputs)
    assert re.fullmatch(rf"Installed the course: torch {version} · norse .*\n", said)
    assert torch.cuda.is_available() or "no GPU: it runs on the CPU" in said

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    checks = ["".join(o.get("text", "") for o in c.outputs) for c in code if c.source.startswith("check.")]
    assert len(checks) >= 5 and all("is not done yet" in text for text in checks)
    assert not [o for cell in code for o in cell.outputs if o.get("name") == "stderr"]
    assert len([o for cell in code for o in cell.outputs if "image/png" in o.get("data", {})]) >= 5


def test_every_chapter_installs_the_course_in_the_same_way():
    first = [next(c.source for c in nbformat.read(p, as_version=4).cells if c.cell_type == "code") for p in COPIES]
    parts = [part for source in first for part in source.split("\n\n") if "pip install" in part]
    assert len(parts) == len(COPIES) and len(set(parts)) == 1
