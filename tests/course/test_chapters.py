"""Every notebook runs in an empty folder: the solutions, with their outputs compared, and the learners' copies."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests import ROOT
from tests.cluster import slurm

# Lightning's Trainer takes these for what it is not told: how well a network learns is a matter of the solution.
BRIEF = {"PL_TRAINER_LIMIT_TRAIN_BATCHES": "20", "PL_TRAINER_LIMIT_VAL_BATCHES": "2"}
NOTEBOOKS = [*sorted((ROOT / "solutions").glob("*.ipynb")), *sorted((ROOT / "notebooks").glob("*.ipynb"))]
if not slurm.missing():
    NOTEBOOKS.remove(ROOT / "notebooks" / "04_cluster.ipynb")  # tests/cluster/test_slurm.py runs that one, on a cluster


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """For each notebook that is to be tested a promise of its run. Two run at a time, each on one thread."""
    chosen = [item.callspec.params["path"] for item in request.session.items if "runs" in item.fixturenames]
    with ThreadPoolExecutor(2) as pool:
        yield {path: pool.submit(run, path, tmp_path_factory.mktemp(path.stem)) for path in chosen}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_notebook_runs(path, runs):
    runs[path].result()


def run(path: Path, folder: Path) -> None:
    """Run a notebook in an empty folder. It raises what is wrong."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if path.parent.name == "solutions":
        check_solution(path, folder, environment)
    else:
        check_copy(path, folder, environment)


def check_solution(path: Path, folder: Path, environment: dict[str, str]) -> None:
    """Nothing fails, and the outputs that nbval compares are those that are stored."""
    shutil.copy(path, folder)
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300", "-p", "no:cacheprovider", "-q"]
    command = [sys.executable, "-m", "pytest", *nbval, "--rootdir", folder, folder / path.name]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and re.search(r"\d+ passed", done.stdout), (done.stdout + done.stderr)[-4000:]


def check_copy(path: Path, home: Path, environment: dict[str, str]) -> None:
    """With an empty home folder nothing fails, and each check says that its exercise is not done yet."""
    notebook = nbformat.read(path, as_version=4)
    alone = {name: value for name, value in environment.items() if name != "PYTHONPATH"} | {"HOME": str(home), **BRIEF}
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(home)}}).execute(env=alone)
    exercises = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith("check.")]
    printed = ["".join(output.get("text", "") for output in cell.outputs) for cell in exercises]
    assert len(printed) >= 5 and all("is not done yet" in text for text in printed)
    assert not [o for cell in notebook.cells for o in cell.get("outputs", []) if o.get("name") == "stderr"]
