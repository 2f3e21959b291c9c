"""The pre-flight, python -m helpers: each line is ok here, and each says what to do where something is really wrong."""

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from importlib.metadata import requires
from pathlib import Path

import pytest
import torchvision

from helpers.course import preflight
from tests import ROOT
from tests.test_data import FILES, T10K_IMAGES, copy, disk, resources

# Python reads sitecustomize.py at its start: these two are then not to be had.
MISSING = "import sys; sys.modules['torchao'] = sys.modules['tensorboard.main'] = None"


run_quietly = partial(subprocess.run, capture_output=True, text=True, timeout=200)


def run(folder, python=sys.executable, helpers=ROOT, **environment):
    """Exit status, the state and text of each line, and all that was printed to stdout."""
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{helpers}", **environment}
    done = run_quietly([python, "-m", "helpers"], cwd=folder, env=environment)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    found = re.findall(r"^(ok|optional|NEEDED) +(\w+) +(.+)", done.stdout, re.MULTILINE)
    lines = {name: (state, text) for state, name, text in found}
    return done.returncode, lines, done.stdout


LINES = [
    "Python",
    "disk",
    "packages",
    "processes",
    "device",
    "data",
    "TensorBoard",
    "SLURM",
]


def test_here_all_that_is_needed_is_found(tmp_path):
    status, lines, said = run(tmp_path)
    assert status == 0 and list(lines) == LINES, said
    optional = {"data", "SLURM"}
    # TensorBoard 2.20 beside setuptools 82
    if "No module named 'pkg_resources'" in lines["TensorBoard"][1]:
        optional.add("TensorBoard")
    assert {name for name, (state, _) in lines.items() if state != "ok"} <= optional, said
    assert said.endswith("\nThe chapters can run here.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_python_without_the_course_is_told_how_to_get_it(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    shutil.copytree(ROOT / "helpers", tmp_path / "helpers")
    status, lines, said = run(tmp_path, python, helpers=tmp_path)
    assert status == 1 and list(lines) == LINES, said
    how = f': in the folder of the course, run {python} -m pip install --editable ".[lab]"'
    assert lines["packages"][1].endswith(how)
    needed = ", ".join(name for name, (state, _) in lines.items() if state == "NEEDED")
    assert needed == "packages, processes, device, data, TensorBoard"
    assert said.endswith(f"\nTo do first: {needed}.\n")


def test_an_older_python_is_told_so():
    """Those that pyenv keeps beside this one, or that are on the PATH."""
    beside = sorted(Path(sys.base_prefix).parent.glob("3.[7-9].*/bin/python"))
    found = filter(shutil.which, ("python3.9", *beside))
    older = [python for python in found if run_quietly([python, "-c", ""]).returncode == 0]
    if not older:
        pytest.skip("there is no Python older than 3.10 here")
    status, lines, said = run(ROOT, older[-1])
    assert status == 1 and list(lines) == ["Python"], said
    assert re.fullmatch(
        r"3\.\d\.\d+ is too old: make an environment with Python 3.10 or newer.", lines["Python"][1]
    )


WRONG = [  # the state of a line, and patterns of what it says
    (
        "packages",
        "NEEDED",
        r"torchao cannot be imported \(import of torchao halted",
        r"jupyterlab 1\.2\.3 is here, but the course needs [!=\d.,]*>=",
        r"ipywidgets 7\.7\.1 is here, but the course needs >=7\.8",
        r"nowhere cannot be imported \(No package metadata was",
        r'-m pip install --upgrade "jupyterlab[!=\d.,]+>=[\d.]+" "ipywidgets>=7.8" "torchao>=[\d.]+" "nowhere>=1.0"$',
    ),
    ("processes", "NEEDED", r"do not reach each other \(.+\): try export GLOO_SOCKET_IFNAME=lo"),
    ("data", "NEEDED", "^cannot be tried .*end-of-stream.*: first do what the other lines say"),
    ("TensorBoard", "optional", "pip install --upgrade tensorboard"),
]


def test_each_thing_that_is_wrong_is_told(tmp_path):
    """Packages that are missing, too old or cannot be imported, half a file of digits, no programs, no way between."""
    (tmp_path / "sitecustomize.py").write_text(MISSING)
    packages = *requires(preflight.COURSE), "nowhere>=1.0"
    asked = "".join(f"Requires-Dist: {package}\n" for package in packages)
    for name, version, more in (
        ("jupyterlab", "1.2.3", ""),
        ("ipywidgets", "7.7.1", ""),
        (preflight.COURSE, "2", asked),
    ):
        metadata = f"Name: {name}\nVersion: {version}\n{more}".encode()
        copy({"METADATA": metadata}, tmp_path / f"{name.replace('-', '_')}-{version}.dist-info")
    shutil.copytree(
        ROOT / "helpers", tmp_path / "helpers", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "helpers" / "assets" / "mnist-10k" / T10K_IMAGES).write_bytes(
        FILES[T10K_IMAGES][:1000]
    )
    status, lines, said = run(tmp_path, helpers=tmp_path, PATH="", GLOO_SOCKET_IFNAME="nowhere")
    assert status == 1 and list(lines) == LINES, said
    for name, state, *patterns in WRONG:
        assert lines[name][0] == state
        assert all(re.search(pattern, lines[name][1]) for pattern in patterns), lines[name]
    assert lines["SLURM"] == (
        "optional",
        "none here: chapter 4 shows the recorded log of a cluster in its place",
    )
    assert said.endswith("\nTo do first: packages, processes, data.\n")


# One line each


@pytest.mark.parametrize(
    "options, text",
    [
        (
            "size=300k",
            "{} cannot be written (No space left on device): copy the notebooks to a folder of your own, and start there.",
        ),
        ("size=100m", "0.10 GB free in {}: make room, the chapters write up to 1 GB."),
    ],
)
def test_a_disk_that_does_not_do(options, text, tmp_path, monkeypatch):
    with disk(tmp_path, options), monkeypatch.context() as now:
        now.chdir(tmp_path)
        assert preflight.check_disk() == ("NEEDED", text.format(tmp_path))


def test_all_of_mnist_is_found_or_told_where_it_goes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "MNIST" / "raw"
    text = f"10,000 digits embedded, enough for all chapters; all of MNIST would go to {folder}"
    assert preflight.check_data() == ("optional", text)
    copy(FILES, folder)
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", resources())
    assert preflight.check_data() == ("ok", f"all of MNIST in {folder}, 10,000 digits embedded")


def test_a_container_with_little_memory(limited):
    command = limited({"memory.max": "1500000000", "memory.current": "300000000"})
    check = "from helpers.course.preflight import check_device; print(*check_device())"
    done = run_quietly([*command, sys.executable, "-c", check])
    assert re.match(
        r"NEEDED \d+ threads? of a CPU, 1\.2 of .+ GB of memory free: end other", done.stdout
    ), done.stderr


def test_a_cluster_that_does_not_answer(tmp_path, monkeypatch):
    for name in ("sbatch", "sinfo"):
        script = "#!/bin/sh\necho Unable to contact slurm controller >&2; exit 1\n"
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    why = "sbatch is here, but the cluster does not answer (Unable to contact slurm controller): ask those who run it"
    assert preflight.check_slurm() == ("optional", why)


def test_the_oldest_python_is_that_of_pyproject():
    text = (ROOT / "pyproject.toml").read_text()
    assert f'requires-python = ">={".".join(map(str, preflight.PYTHON))}"' in text
