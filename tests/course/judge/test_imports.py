"""What a chapter's first cell imports is there in no time: it imports nothing that takes seconds."""

import subprocess
import sys

import pytest

from tests import ROOT

SECONDS = {"pytorch_lightning", "torchmetrics", "torchvision"}  # torch and norse are needed by all
COURSE = ROOT / "helpers" / "course"
FILES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("check*/[a-z]*.py", "plot.py", "notebook/[fp]i*.py")
    for path in COURSE.rglob(pattern)
)
FILES += ["helpers/model.py", "helpers/setup/download.py"]
RUN_ALL = """
import runpy, sys
for file in sys.argv[1:]:  # each by itself, without the package that imports all checks of a chapter
    before = set(sys.modules)
    runpy.run_path(file)
    print(file, *set(sys.modules) - before)
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """For each file what it imports, one after the other, in a process that has imported nothing else."""
    command = [sys.executable, "-c", RUN_ALL, *FILES]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {file: set(others) for file, *others in map(str.split, printed.splitlines())}


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_imported_in_no_time(imported, file):
    slow = " and ".join(sorted(SECONDS & imported[file]))
    assert not slow, (
        f"{file} imports {slow}, which takes seconds: import it inside the function that needs it"
    )
