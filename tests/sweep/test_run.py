"""Sweeps of a problem of one's own, two runs at a time: done once, interrupted, killed, failed, raced for."""

import os
import re
import signal
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
import yaml

from helpers.course.chapter_6.rehearsal import kill_one, wait_for_training
from helpers.course.notebook.project import start_project
from helpers.engine.scores import TEST_ACC
from helpers.run.run_folder import RESULT
from helpers.sweep.__main__ import main
from helpers.sweep.number import folder_of, read_result
from helpers.sweep.plan import OPTIONS, STARTS, make_plan, write_plan
from helpers.sweep.table import by_setting, count_differences, read_table, read_tests
from tests import ROOT

DESCRIBED = {
    "own": "my_problem",
    "fit": {
        "trainer.max_epochs": 6,
        "trainer.accelerator": "cpu",
        "last.every_n_train_steps": 5,
        "model.n_hidden": 20,
    },
    "try": {"model.learning_rate": {"from": 0.002, "to": 0.02, "log": True}},
    "settings": 2,
    "seeds": 2,
}
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "4"}  # of no effect


def started(*words: str) -> Popen:
    """In a session of its own, as a task of an array is."""
    command = [sys.executable, "-m", "helpers.sweep", *words]
    return Popen(
        command, stdout=PIPE, stderr=PIPE, text=True, env=ENVIRONMENT, start_new_session=True
    )


def sweep(*words: str, status: int = 0) -> str:
    process = started(*words)
    said, errors = process.communicate(timeout=200)
    assert process.returncode == status, said + errors
    assert "Traceback" not in errors
    return said + errors


def planned(folder: Path, **changes) -> Path:
    """The folder of a sweep that is planned here: the command imports PyTorch for it, which takes seconds."""
    folder.with_suffix(".yaml").write_text(yaml.safe_dump({**DESCRIBED, **changes}))
    write_plan(folder, make_plan(folder.with_suffix(".yaml")))
    return folder


def test_ctrl_c_while_it_is_loading_says_one_sentence(tmp_path, monkeypatch):
    """The moment is one of its imports, in which a stand-in sends the signal."""
    send = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n"
    (tmp_path / "tqdm.py").write_text(send)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", f"{tmp_path}:{ROOT}")
    assert sweep("table", "runs/some", status=130) == "\nstopped\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with a problem of one's own, and a file that says what is tried: no other line is written."""
    folder = tmp_path_factory.mktemp("project")
    start_project(folder)
    with open(folder / "my_problem.py", "a") as file:
        file.write('\nprint(torch.get_num_threads(), "threads")\n')
    (folder / "sweep.yaml").write_text(yaml.safe_dump(DESCRIBED))
    (folder / "signal.py").write_text("raise SystemExit('this is no module of Python')\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def alone(project):
    """A sweep that nothing disturbed."""
    sweep("plan", "sweep.yaml", "--folder", "alone")
    said = sweep("run", "alone", "--workers", "2")
    assert "(4 of 4)" in said
    return project / "alone"


def test_a_sweep_of_a_problem_of_ones_own(alone):
    rows = read_table(alone)
    assert [(row.state, row.starts) for row in rows] == [("done", 1)] * 4
    assert len({row.val_acc for row in rows}) > 1 and len({row.steps for row in rows}) == 1
    best, other = by_setting(rows)
    assert best.mean >= other.mean and best.low <= best.mean
    kept = [
        "config.yaml",
        "last.ckpt",
        "log.txt",
        "metrics.csv",
        OPTIONS,
        "result.json",
        STARTS,
        "test.json",
    ]
    for number in range(4):
        paths = folder_of(alone, number).rglob("*")
        assert sorted(path.name for path in paths if path.is_file()) == kept


def test_what_is_done_is_done_once_and_in_a_second(alone):
    begun = time.monotonic()
    assert "4 of 4 runs are done" in sweep("run", "alone")
    assert time.monotonic() - begun < 4  # no PyTorch was imported
    assert [row.starts for row in read_table(alone)] == [1] * 4


def test_the_table_is_printed_and_written_and_the_test_is_not_until_it_is_asked_for(alone, capsys):
    assert main(["table", str(alone)]) is None
    said = capsys.readouterr().out
    assert said.startswith("4 runs: 4 done; ") and "95 % interval" in said
    assert (alone / "table.png").stat().st_size > 10_000
    first, *others = (alone / "table.csv").read_text().splitlines()
    assert first.startswith("number,setting,seed,model.learning_rate,state,val_acc,")
    assert len(others) == 4
    assert len((alone / "curves.csv").read_text().splitlines()) == 1 + 4 * 6

    shown = [*alone.glob("*.csv"), *alone.glob("runs/*/result.json")]
    assert len(shown) == 7 and TEST_ACC not in said
    assert not [path for path in shown if TEST_ACC in path.read_text()]
    assert main(["table", str(alone), "--test"]) is None
    chosen = by_setting(read_table(alone))[0].number
    reached = sum(read_tests(alone)[2 * chosen :][:2]) / 2
    asked = f"test            setting {chosen}, {TEST_ACC} {reached:.4f}\n"
    assert capsys.readouterr().out.endswith(asked)


def test_interrupted_and_killed_it_ends_in_the_same_table(project, alone):
    disturbed = project / "disturbed"
    sweep("plan", "sweep.yaml", "--folder", "disturbed")
    process = started("run", "disturbed", "--workers", "2")
    run = wait_for_training(disturbed)
    for _ in range(2):
        os.killpg(process.pid, signal.SIGTERM)  # as SLURM does: all of its processes, and twice
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors and "failed" not in said + errors
    assert re.search(r"stopped, \d to do; go on with: python -m helpers.sweep run disturbed", said)

    ends = r"end after .* with status (130|0)\n"
    assert re.search(ends, (run / STARTS).read_text())  # it was waited for

    process = started("run", "disturbed", "--workers", "2")
    number = kill_one(disturbed)
    said, errors = process.communicate(timeout=100)
    assert process.returncode == 75  # so a job script starts it again
    assert f"number {number} was killed by signal 9" in said

    done = [row.number for row in read_table(disturbed) if row.state == "done"]
    result = folder_of(disturbed, done[0]) / RESULT
    result.write_text(result.read_text()[:40])  # it is told again, from the last checkpoint

    sweep("run", "disturbed", "--workers", "2")
    assert count_differences(alone, disturbed) == 0
    starts = [row.starts for row in read_table(disturbed)]
    assert min(starts) >= 1 and max(starts) <= 3 and 7 <= sum(starts) <= 8


def test_a_run_that_is_told_to_stop_before_its_first_step_has_not_failed(project):
    """The moment is when its network is made."""
    code = (project / "my_problem.py").read_text()
    send = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)\n"
    constructor = "        super().__init__()\n"
    network = code.replace(constructor, f"{constructor}        {send}")
    assert network != code
    (project / "stopping.py").write_text(network)
    stopped = planned(project / "stopped", own="stopping", settings=1, seeds=1)
    said = sweep("run", "stopped", status=75)  # so a job script starts it again
    assert "number 0 was stopped: run it again, and it goes on" in said
    assert "with status 130" in (folder_of(stopped, 0) / STARTS).read_text()


def test_a_run_that_fails_says_why_and_stops_no_other(project):
    tried = {"model.learning_rate": [0.01, -1]}
    planned(project / "failing", **{"try": tried, "seeds": 1, "settings": None, "threads": 2})
    said = sweep("run", "failing", status=2)
    sentence = "number 1 failed: learning_rate is -1.0: it must be a number above 0."
    assert sentence in said and "number 0 is done" in said
    log = folder_of(project / "failing", 0) / "log.txt"
    assert "2 threads" in log.read_text().splitlines()  # as the plan says
    said = sweep("table", "failing")
    assert said.startswith("2 runs: 1 done, 1 failed; ") and sentence in said


def test_of_many_that_want_one_number_one_gets_it(project):
    """And what is killed with -9 leaves nothing that others wait for."""
    wanted = planned(project / "wanted")
    processes = [started("run", "wanted", "--number", "1") for _ in range(20)]
    said = [process.communicate(timeout=300)[0] for process in processes]
    statuses = [process.returncode for process in processes]
    assert 0 in statuses and set(statuses) <= {0, 3}
    busy = "number 1 is being run by process "
    assert [busy in words for words in said] == [status == 3 for status in statuses]
    (row,) = [row for row in read_table(wanted) if row.starts]
    assert (row.number, row.starts, row.state) == (1, 1, "done")

    process = started("run", "wanted", "--number", "0")
    wait_for_training(wanted)
    process.kill()  # the worker alone: its run goes on, and then the next one finds it done
    process.communicate()
    deadline = time.monotonic() + 60
    while not read_result(folder_of(wanted, 0)) and time.monotonic() < deadline:
        started("run", "wanted", "--number", "0").communicate()
    assert read_table(wanted)[0].starts == 1


def test_there_is_no_such_number(alone, capsys, signals):
    assert main(["run", "alone", "--number", "4"]) == 2
    assert capsys.readouterr().err == "error: number 4 is not in the plan: it has 0 to 3.\n"
    assert main(["run", "alone", "--number", "1", "--each", "3"]) == 0
    assert "1 of 1 runs are done" in capsys.readouterr().out  # the last task has one run
