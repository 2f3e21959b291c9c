"""What a test says while it waits for a cell, and that a lost reply is an error."""

import os
import re
import subprocess
import sys

import nbformat
import pytest

from tests import ROOT
from tests.execute import Client, LostReply, Waiting

SLEEP = "import time\ntime.sleep(4)"
LOSE_REPLY = """kernel = get_ipython().kernel
send = kernel.session.send


def send_others(stream, kind, content=None, parent=None, **options):
    if kind == "execute_reply":
        return kernel.session.msg(kind, content, parent)
    return send(stream, kind, content, parent, **options)


kernel.session.send = send_others
"""
BUSY = r"chapter waits for the cell `import time`: no message for \d s, and the kernel is busy\.\n"
IDLE = r"chapter waits for the cell `kernel = get_ipython\(\)\.kernel`: "
IDLE += r"no message for \d s, and the kernel is idle\. Its reply is lost\."


def notebook(*sources: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


def run_nbval(folder, source: str, *options: str) -> subprocess.CompletedProcess:
    nbformat.write(notebook(source), folder / "chapter.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env"]
    command += ["-p", "no:cacheprovider", "-p", "tests.chapters.silence", "--capture=no", *options]
    command += ["--rootdir", folder, folder / "chapter.ipynb"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"capture_output": True, "text": True}
    return subprocess.run(command, cwd=folder, env=environment, timeout=100, **pipes)


def test_a_test_names_the_cell_that_it_waits_for():
    said = []
    waiting = Waiting("chapter", said.append, say_after=1.5, lost_after=1)
    Client(notebook(SLEEP), waiting, timeout=60).execute()
    assert said and all(re.fullmatch(BUSY, f"{sentence}\n") for sentence in said)


def test_nbval_names_the_cell_that_it_waits_for(tmp_path):
    done = run_nbval(tmp_path, SLEEP, "--say-after=1.5", "--lost-after=1")
    assert done.returncode == 0 and re.fullmatch(f"({BUSY})+", done.stderr), done.stdout


def test_a_lost_reply_is_an_error():
    waiting = Waiting("chapter", lost_after=2)
    with pytest.raises(LostReply, match=IDLE):
        Client(notebook(LOSE_REPLY), waiting, timeout=60).execute()


def test_a_lost_reply_is_an_error_of_nbval(tmp_path):
    done = run_nbval(tmp_path, LOSE_REPLY, "--lost-after=2", "--nbval-cell-timeout=60")
    assert done.returncode == 1 and re.search(IDLE, done.stdout), done.stdout
