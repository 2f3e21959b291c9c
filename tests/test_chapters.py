"""Every chapter runs: solutions with their outputs compared, learners' copies untouched, alone in an empty folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
SOLUTIONS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.ipynb"))
COPIES = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_solution_gives_the_stored_outputs(path, tmp_path):
    shutil.copy(path, tmp_path)
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300", "-p", "no:cacheprovider", "-q"]
    command = [sys.executable, "-m", "pytest", *nbval, "--rootdir", tmp_path, tmp_path / path.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r"\d+ passed", done.stdout)


@pytest.mark.parametrize("path", COPIES, ids=lambda path: path.stem)
def test_learners_copy_runs_untouched_and_alone(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    environment = {**os.environ, "HOME": str(tmp_path)}  # an empty home folder
    environment.pop("PYTHONPATH", None)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute(env=environment)
    exercises = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith("check.")]
    printed = ["".join(output.get("text", "") for output in cell.outputs) for cell in exercises]
    assert len(printed) >= 5 and all("is not done yet" in text for text in printed)
    assert not [o for cell in notebook.cells for o in cell.get("outputs", []) if o.get("name") == "stderr"]
