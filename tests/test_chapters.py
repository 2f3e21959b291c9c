"""Every chapter runs: the solution with its outputs compared, and the learner's copy, alone in an empty folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import slurm
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
COPIES = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Lightning's Trainer takes these for what it is not told: how well a network learns is a matter of the solution.
BRIEF = {"PL_TRAINER_LIMIT_TRAIN_BATCHES": "20", "PL_TRAINER_LIMIT_VAL_BATCHES": "2"}


@pytest.mark.parametrize("copy", COPIES, ids=lambda path: path.stem)
def test_solution_gives_the_stored_outputs_and_the_copy_runs(copy, tmp_path):
    """Both at once, each on one thread: with two they would wait for each other."""
    solution, home = tmp_path / "solution", tmp_path / "home"
    solution.mkdir()
    home.mkdir()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    shutil.copy(ROOT / "solutions" / copy.name, solution)
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300", "-p", "no:cacheprovider", "-q"]
    command = [sys.executable, "-m", "pytest", *nbval, "--rootdir", solution, solution / copy.name]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=solution, env=environment, **pipes) as running:
        try:
            if copy.stem != "04_cluster" or slurm.missing():  # tests/test_slurm.py runs that one, on a cluster
                check_copy(copy, home, environment)
            said = running.communicate()[0]
        finally:
            running.kill()
    assert running.returncode == 0 and re.search(r"\d+ passed", said), said[-4000:]


def check_copy(copy: Path, home: Path, environment: dict[str, str]) -> None:
    """Run it with an empty home folder: nothing fails, and each check says that its exercise is not done yet."""
    notebook = nbformat.read(copy, as_version=4)
    alone = {name: value for name, value in environment.items() if name != "PYTHONPATH"} | {"HOME": str(home), **BRIEF}
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(home)}}).execute(env=alone)
    exercises = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith("check.")]
    printed = ["".join(output.get("text", "") for output in cell.outputs) for cell in exercises]
    assert len(printed) >= 5 and all("is not done yet" in text for text in printed)
    assert not [o for cell in notebook.cells for o in cell.get("outputs", []) if o.get("name") == "stderr"]
