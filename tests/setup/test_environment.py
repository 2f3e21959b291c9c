"""What a process sets once: no more threads than its share of the cores; a notebook leaves the job it runs in."""

import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

CORES = len(os.sched_getaffinity(0))


def printed(code: str, *start: str, **variables: str) -> str:
    """What Python prints that runs this code, with these variables and no number of threads."""
    given = {name: text for name, text in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [*start, sys.executable, "-c", code]
    pipes = {"capture_output": True, "text": True}
    done = subprocess.run(command, env={**given, **variables}, timeout=100, **pipes)
    assert done.returncode == 0, done.stderr
    return done.stdout


HUB, ALL = {"JUPYTERHUB_USER": "ada"}, "as many as there are cores"
SHARES = [
    ({**HUB, "CPU_LIMIT": "1.5"}, "1" if CORES > 1 else ALL),
    ({**HUB, "CPU_LIMIT": "0.5"}, "1"),
    (HUB, "2" if CORES > 2 else ALL),
    ({**HUB, "CPU_LIMIT": "1", "OMP_NUM_THREADS": "2"}, "2"),
    ({"CPU_LIMIT": "1"}, ALL),
]


@pytest.mark.parametrize("variables, threads", SHARES)
def test_a_kernel_has_no_more_threads_than_its_share_of_the_cores(variables, threads):
    code = f"import helpers, os; print(os.environ.get('OMP_NUM_THREADS', {ALL!r}))"
    assert printed(code, **variables) == f"{threads}\n"


def test_nor_than_its_container_allows(limited):
    code = "import helpers, torch; print(torch.get_num_threads())"
    assert printed(code, *limited({"cpu.max": "100000 100000"})) == "1\n"


DIVIDE = """
import os
os.sched_getaffinity = lambda process: range(16)
from helpers.setup import environment
before = os.environ["OMP_NUM_THREADS"]
environment.divide_threads(3)
print(before, os.environ["OMP_NUM_THREADS"])
"""


@pytest.mark.parametrize("variables, threads", [({}, "8 2\n"), ({"OMP_NUM_THREADS": "6"}, "6 6\n")])
def test_processes_divide_the_share_and_keep_what_the_user_set(variables, threads):
    assert printed(DIVIDE, **HUB, CPU_LIMIT="8", **variables) == threads


LOOK = """
import os
from helpers.setup import environment
environment.setup()
print(*sorted(name for name in os.environ if name.startswith("SLURM")))
"""
SESSION = {
    "SLURM_JOB_ID": "7",
    "SLURM_NTASKS": "1",
    "SLURMD_NODENAME": "node1",
    "SLURM_CONF": "slurm.conf",
}


def test_what_a_notebook_starts_is_no_task_of_the_job_that_the_notebook_runs_in():
    """As on a cluster's JupyterHub. A program that is no notebook keeps its job."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LOOK)])
    NotebookClient(notebook, timeout=100).execute(env={**os.environ, **SESSION})
    assert notebook.cells[0].outputs[0].text == "SLURM_CONF\n"
    assert printed(LOOK, **SESSION).split() == sorted(SESSION)
