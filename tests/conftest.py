"""What several test files need."""

import os
import re
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch

from helpers.course.notebook.tell import WIDTH
from helpers.data import DigitsDataModule
from helpers.neuron import LIF
from helpers.spoken.data import SpokenDigits
from helpers.spoken.ear import hear
from helpers.spoken.recordings import Recordings, read_recordings
from tests import SLURM
from tests.forks import Forks

torch.set_num_threads(1)  # all tensors here are tiny: more threads only wait for each other
LIF()(torch.zeros(1, 1))  # compiles the neurons' kernel, and says so, before a test looks at it
os.environ["OMP_NUM_THREADS"] = "1"  # the same in the processes that tests start
# what a shell starts in the background ignores Ctrl-C, and so would the processes that tests start
signal.signal(signal.SIGINT, signal.default_int_handler)

# There is one practice cluster on a machine: these tests run one after another.
CLUSTER = ("test_slurm.py", "test_practice.py", *(f"gives_its_outputs[{name}]" for name in SLURM))
NAMES = (
    "train",
    "colab",
    "browser",
    "chapters",
    "recipe",
    "resuming",
    "any_network",
    "two_processes",
    "scaling",
    "own",
    "kernels",
    "site",
    "concurrent_learners",
    "run_command",
    "jobs",
)
LONG = (*CLUSTER, *(f"test_{name}.py" for name in NAMES))
# With these words a file of tests starts processes, browsers or notebooks.
STARTS = re.compile(r"subprocess|forks|Client\(|browser|num_workers|site_packages")


@cache
def starts_processes(path: Path) -> bool:
    """Whether a file of tests has a word of STARTS."""
    return STARTS.search(path.read_text()) is not None


def pytest_itemcollected(item) -> None:
    """Of `pytest -n 2 --dist loadgroup`, a worker takes a whole file, as its fixtures take long, or one notebook.

    `make quick` leaves out what starts processes.
    """
    if any(name in item.nodeid for name in CLUSTER):
        item.add_marker(pytest.mark.xdist_group("cluster"))
    elif item.path.name != "test_chapters.py":
        item.add_marker(pytest.mark.xdist_group(item.path.name))
    if item.path.name in LONG or starts_processes(item.path):
        item.add_marker(pytest.mark.processes)


def pytest_collection_modifyitems(items) -> None:
    """Run slow tests first, so that both workers end at about the same time."""
    items.sort(
        key=lambda item: next((n for n, name in enumerate(LONG) if name in item.nodeid), len(LONG))
    )


@pytest.fixture(scope="session")
def digits() -> DigitsDataModule:
    """The embedded digits, read into memory."""
    data = DigitsDataModule(source="embedded", batch_size=8)
    data.setup()
    return data


@pytest.fixture(scope="session")
def images(digits) -> torch.Tensor:
    """Three test images, (3, 1, 28, 28), normalised."""
    return digits.test[[0, 1, 2]][0]


@pytest.fixture(scope="session")
def forks():
    """Runs training commands without their imports."""
    with Forks() as forks:
        yield forks


@pytest.fixture
def seed() -> None:
    """The same random numbers, in particular the same initial weights, in each test that asks for them."""
    torch.manual_seed(0)


@pytest.fixture
def limited(tmp_path):
    """The start of a command that then finds, as in a container, these files of limits where Linux keeps them."""

    def limited(files: dict[str, str]) -> list[str]:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        bind = f"mount --bind '{tmp_path}' /sys/fs/cgroup && exec \"$@\""
        command = ["unshare", "--mount", "sh", "-c", bind, "sh"]
        if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
            pytest.skip("showing a process other limits takes root, on Linux")
        return command

    return limited


@pytest.fixture
def verdict(capsys):
    """What a check prints. It leaves the random state and a trace function as they were.

    It gives back what the chapter goes on with, where the course has an answer of its own, and else nothing.
    """

    def verdict(exercise, answer) -> str:
        before, trace = torch.get_rng_state(), sys.gettrace()
        given_back = exercise(answer)
        assert torch.equal(before, torch.get_rng_state()) and sys.gettrace() is trace
        printed = capsys.readouterr()
        lines = printed.out.splitlines()
        assert printed.err == "" and 1 <= len(lines) <= 7
        assert all(len(line) <= WIDTH or " " not in line for line in lines)
        ours = getattr(exercise, "ours", None)
        ours = getattr(ours, "function", ours)  # what the text of a Solution defines
        kept = given_back is (answer if ours and printed.out.startswith("Right: ") else ours)
        assert kept, "the check does not give back what the chapter is to go on with"
        return " ".join(lines)

    return verdict


@pytest.fixture(scope="session")
def recordings() -> Recordings:
    """All 2,700 recordings."""
    return read_recordings()


@pytest.fixture(scope="session")
def events(recordings) -> torch.Tensor:
    """What the ear sends for all recordings, (100, 2700, 80)."""
    return hear(recordings.samples)


@pytest.fixture(scope="session")
def spoken_digits() -> SpokenDigits:
    """The data module, read into memory."""
    data = SpokenDigits()
    data.setup()
    return data
