"""Every notebook runs in an empty folder: the solutions, with their outputs compared, and the learners' copies.

The copies run section by section, each as if the ones before it had been left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests import CHECK, COPIES, ROOT, SLURM, SOLUTIONS, read, stem, without
from tests.execute import Client, Waiting

# Lightning's Trainer takes these for what it is not told. How well a network learns is a matter of other tests, and of
# the outputs that are stored: in a copy a few batches do, in a solution those with which its checks still hold.
BRIEF = {"PL_TRAINER_LIMIT_TRAIN_BATCHES": "10", "PL_TRAINER_LIMIT_VAL_BATCHES": "2"}
SHORT_EPOCH = {"PL_TRAINER_LIMIT_TRAIN_BATCHES": "60"}
COPIES = [
    path for path in COPIES if path.stem != "00_half_hour"
]  # one story, executed by test_colab.py

# How exact a speed is, and how good a network, is a matter of the outputs that are stored: here, one round each, and
# one epoch for the networks of chapter 2 where a section finds none.
BRIEFLY = """
def be_brief():
    from helpers.course.chapter_3 import ladder
    from helpers.course.notebook import measure, trained

    measure.measure_throughput.__defaults__ = (1, 1)
    ladder.N_RUNS = 1
    trained.trained.__defaults__ = (*trained.trained.__defaults__[:-1], 1)


be_brief()
del be_brief
"""
SHORTER = {  # what cells of chapters 2 and 4 say, and what is done here
    "epochs = 2  #": "epochs = 1  #",
    '"--processes=2"': '"--processes=2", "--repeats=2"',  # of the scaling command
}
# Trainings of a copy end after two steps, and those of a sweep after an epoch.
FEW_STEPS = """
def end_after_two_steps():
    import functools

    from pytorch_lightning import Trainer

    begin = Trainer.__init__

    @functools.wraps(begin)  # Lightning reads its options
    def two_steps(self, *args, **options):
        if "val_check_interval" not in options:  # else the chapter shows what was validated
            options["max_steps"] = 2
        begin(self, *args, **options)

    Trainer.__init__ = two_steps


end_after_two_steps()
del end_after_two_steps
"""
ONE_EPOCH = """
def of_one_epoch(file, make_plan=plan.make_plan):
    one = {"trainer.max_epochs": "1"}
    return [run._replace(options={**run.options, **one}) for run in make_plan(file)]


plan.make_plan = of_one_epoch
"""
SECTION = re.compile(r"## \d+\.\d")
KEEP = "import builtins\nbuiltins.kept = dict(globals())"
ALONE = """
for name in set(globals()) - set(kept):
    del globals()[name]
globals().update(kept)
__import__("os").chdir(__import__("tempfile").mkdtemp(dir=__import__("os").environ["HOME"]))
"""

SILENCE = 10  # s for which a cell may show nothing new: on a quiet machine 3, and here other tests run beside it


def shorten(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        for said, done in SHORTER.items():
            cell.source = cell.source.replace(said, done)


def begin_with(source: str, notebook: nbformat.NotebookNode) -> None:
    """Insert this cell after the first ones, which load what all sections take."""
    section = next(n for n, cell in enumerate(notebook.cells) if SECTION.match(cell.source))
    notebook.cells.insert(section, nbformat.v4.new_code_cell(source))


def test_what_is_done_shorter_is_said_in_a_chapter():
    texts = "".join(path.with_suffix(".md").read_text() for path in SOLUTIONS)
    assert all(said in texts for said in SHORTER)


@pytest.mark.parametrize("path", SOLUTIONS, ids=stem)
def test_solution_gives_its_outputs(path, tmp_path, capsys):
    """Nothing fails, the outputs that nbval compares are those that are stored, and no cell is silent for long.

    What a chapter leaves lies in `runs`; in `own` stands what a learner may go on with.
    """
    notebook = read(path)
    shorten(notebook)
    begin_with(BRIEFLY, notebook)
    nbformat.write(notebook, tmp_path / path.name)
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300", "-q"]
    nbval += ["-p", "no:cacheprovider", "-p", "tests.chapters.silence", "--capture=no"]
    command = [sys.executable, "-m", "pytest", *nbval, "--rootdir", tmp_path, tmp_path / path.name]
    # Messages are read every second while a cell goes on. ZeroMQ may drop what does not fit into
    # its queues, of 1,000 each. Those of Lightning's bars fit if they move at every fourth batch.
    environment = {**os.environ, **SHORT_EPOCH, "PYTHONPATH": str(ROOT), "TQDM_MINITERS": "4"}
    options = {"cwd": tmp_path, "env": environment, "stdout": subprocess.PIPE, "text": True}
    with capsys.disabled():  # which cell it waits for is to be seen at once, on stderr
        process = subprocess.Popen(command, **options)
    said, _ = process.communicate()
    assert process.returncode == 0 and re.search(r"\d+ passed", said), said[-4000:]
    silent = [
        cell for cell in json.loads((tmp_path / "silence.json").read_text()) if cell[0] > SILENCE
    ]
    assert silent == [], "seconds without a sign of life, and the first line of the cell"
    left = {entry.name for entry in tmp_path.iterdir()} - {path.name, "silence.json"}
    assert left <= {"runs", "own"}, left


@pytest.mark.parametrize("path", COPIES, ids=stem)
def test_copy_runs(path, tmp_path, aloud):
    """With an empty home folder, each section after the first cells alone; what would submit jobs finds no SLURM.

    The very first cell is left out, as after a restart: all that it does is to install and to show a picture.
    """
    notebook = read(path)
    notebook.cells.remove(next(cell for cell in notebook.cells if cell.cell_type == "code"))
    sections = [n for n, cell in enumerate(notebook.cells) if SECTION.match(cell.source)]
    for section in reversed(sections[1:]):
        notebook.cells.insert(section, nbformat.v4.new_code_cell(ALONE))
    shorten(notebook)
    few = ONE_EPOCH if "helpers.sweep import plan" in path.read_text() else ""
    begin_with(BRIEFLY + FEW_STEPS + few + KEEP, notebook)
    environment = {**without("PYTHONPATH"), "HOME": str(tmp_path), **BRIEF}
    if path.stem in SLURM:
        (tmp_path / "sh").symlink_to(shutil.which("sh"))
        (tmp_path / "bash").symlink_to(shutil.which("bash"))
        environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), str(tmp_path)])
    resources = {"metadata": {"path": str(tmp_path)}}
    waiting = Waiting(path.stem, say=aloud)
    Client(notebook, waiting, timeout=300, resources=resources).execute(env=environment)
    check_outputs([cell for cell in notebook.cells if cell.cell_type == "code"])


def check_outputs(code: list) -> None:
    """Nothing went wrong in these cells, and each check says that its exercise is not done yet."""
    assert not [
        output for cell in code for output in cell.outputs if output.get("name") == "stderr"
    ]
    checks = [
        "".join(o.get("data", {}).get("text/plain", "") for o in cell.outputs)
        for cell in code
        if CHECK.match(cell.source)
    ]
    assert len(checks) >= 4 and all("is not done yet" in text for text in checks)
