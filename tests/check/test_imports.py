"""What a chapter's first cell imports is there in no time: it imports nothing that takes seconds."""

import subprocess
import sys

import pytest

from tests import ROOT

SECONDS = {"pytorch_lightning", "torchmetrics", "torchvision"}  # torch and norse are needed by all
FILES = [path for room in ("check", "figures") for path in sorted((ROOT / "helpers" / room).glob("[a-z]*.py"))]
MODULES = [f"helpers.{path.parent.name}.{path.stem}" for path in FILES]
IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    before = set(sys.modules)
    importlib.import_module(name)
    print(name, *set(sys.modules) - before)
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """For each module what it imports, one after the other, in a process that has imported nothing else."""
    command = [sys.executable, "-c", IMPORT_ALL, *MODULES]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name: set(others) for name, *others in map(str.split, printed.splitlines())}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_imported_in_no_time(imported, module, request):
    if module == "helpers.figures.chapter_6":
        request.applymarker(pytest.mark.xfail(reason="helpers.deploy.energy imports Lightning", strict=True))
    slow = " and ".join(sorted(SECONDS & imported[module]))
    assert not slow, f"{module} imports {slow}, which takes seconds: import it inside the function that needs it"
