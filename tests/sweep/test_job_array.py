"""The line that submits a sweep: what is left to do, within what the site allows. Arrays that run are in test_slurm.py."""

import json
import shlex

import pytest

from helpers import InputError
from helpers.sweep import job_array
from helpers.sweep.job_array import SCRIPT, array
from helpers.sweep.number import folder_of
from helpers.sweep.plan import Run, write_plan

RUNS = [Run(number, number // 2, number % 2, {"own": f"x{number // 2}"}) for number in range(10)]


CONFIG = """MaxArraySize            = {size}
SchedulerParameters     = bf_interval=2{more}
SelectType              = select/cons_tres"""


def site(monkeypatch, size: int, more: str = "") -> None:
    """What `scontrol show config` says."""
    config = CONFIG.format(size=size, more=more)
    monkeypatch.setattr(job_array, "ask", lambda *command: (config, ""))


@pytest.fixture(autouse=True)
def small_arrays(monkeypatch):
    site(monkeypatch, 4)


@pytest.fixture
def submission(tmp_path, capsys):
    """The lines that the command prints for the sweep."""

    def submission(**options) -> list[str]:
        write_plan(tmp_path, RUNS)
        array(tmp_path, **options)
        return capsys.readouterr().out.splitlines()

    return submission


def logs(sweep) -> str:
    return f"--output={sweep}/task-%a.log"


def finish(sweep, *numbers: int) -> None:
    for number in numbers:
        folder_of(sweep, number).mkdir(parents=True)
        result = {"seconds": 100.0 + number, "memory_mib": 600 - number}
        (folder_of(sweep, number) / "result.json").write_text(json.dumps(result))


def test_ranges_are_written_as_slurm_reads_them(submission, tmp_path, monkeypatch):
    site(monkeypatch, 1001)
    finish(tmp_path, 3, 4, 6, 9)
    assert " --array=0-2,5-5,7-8%8 " in submission()[-1]


def test_each_task_does_as_many_runs_as_the_largest_array_needs(submission, tmp_path):
    *lines, line = submission(at_once=2)
    assert lines[0] == "10 runs, 0 done, 10 to do" and "unknown until one run is done" in lines[1]
    assert line == f"sbatch --array=0-3%2 {logs(tmp_path)} {SCRIPT} {tmp_path} --each 3"


def test_only_what_is_left_is_submitted_with_time_and_memory_of_the_runs_so_far(
    submission, tmp_path
):
    finish(tmp_path, 0, 1, 2, 4, 9)
    *lines, line = submission(at_once=8, each=3)
    # number 3 is in task 1, 5 too, and 6 to 8 are task 2; (60 + 90 + 2 * 3 * 109) s are 14 min
    assert (
        line
        == f"sbatch --array=1-2%8 {logs(tmp_path)} --time=14 --mem-per-cpu=1200M {SCRIPT} {tmp_path} --each 3"
    )
    assert lines == [
        "10 runs, 5 done, 5 to do",
        "time            14 min a task: the longest run took 109 s",
        "memory          1200 MiB a core: the largest run had 600 MiB",
    ]


def test_a_folder_with_a_space_is_quoted(tmp_path, capsys):
    sweep = tmp_path / "my sweep"
    write_plan(sweep, RUNS)
    array(sweep)
    *_, line = capsys.readouterr().out.splitlines()
    assert shlex.split(line)[2:] == [logs(sweep), str(SCRIPT), str(sweep), "--each", "3"]


def test_nothing_is_left(submission, tmp_path):
    finish(tmp_path, *range(10))
    assert submission(at_once=8) == ["10 runs, 10 done, 0 to do"]


def test_what_the_site_does_not_allow_gets_a_sentence(submission, tmp_path):
    with pytest.raises(
        InputError, match="--each is 2: an array has at most 4 tasks here, so use at least 3"
    ):
        submission(at_once=8, each=2)


def test_a_site_that_allows_fewer_tasks_than_numbers(submission, tmp_path, monkeypatch):
    site(monkeypatch, 1001, more=",max_array_tasks=5")
    *_, line = submission(at_once=2)
    assert line == f"sbatch --array=0-4%2 {logs(tmp_path)} {SCRIPT} {tmp_path} --each 2"


def test_a_site_without_arrays_gets_a_sentence(submission, tmp_path, monkeypatch):
    site(monkeypatch, 0)
    with pytest.raises(InputError, match="^MaxArraySize is 0 here, so SLURM takes no arrays: "):
        submission(at_once=8)
