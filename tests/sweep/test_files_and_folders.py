"""What a sweep is given, a file, a folder or variables of SLURM: what is clear is used, all else gets a sentence."""

import json
import os
import tempfile
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from filelock import FileLock

from helpers import InputError
from helpers.sweep import table
from helpers.sweep.__main__ import main
from helpers.sweep.check_options import check_options
from helpers.sweep.number import NUMBER_LOCK
from helpers.sweep.plan import (
    OPTIONS,
    PLAN,
    STARTS,
    Run,
    folder_of,
    make_plan,
    read_plan,
    write_plan,
    write_runs,
)
from tests.test_data import nobody

RATE = "model.learning_rate"


def rates(choice: str, more: str = "settings: 8") -> str:
    """A file that tries learning rates."""
    return f"try: {{{RATE}: {choice}}}\n{more}\n"


FILES = {  # what a file says; how it is refused, or how many settings it has, with bounds of their values
    "a range near 1": (rates("{from: 0.9991, to: 0.9999}"), (8, 0.9991, 0.9999)),
    "as many settings as values": (rates("[1, 2, 3, 4, 5, 6, 7, 8]"), (8, 1, 8)),
    "more settings than values": (
        rates("[1, 2]"),
        "settings is 8, but `try` has only 2 different ones: ask for fewer.",
    ),
    "a value twice": (rates("[1, 1, 2]", ""), (2, 1, 2)),
    "a range to a text": (
        rates("{from: 0, to: high}"),
        "these must be two numbers, the higher one last.",
    ),
    "1:30 as a text": (
        rates("[1]", "seeds: 1:30"),
        "or a list of different whole numbers from 0 on.",
    ),
    "the number 0": (
        rates("[0.5]", "seeds: [0]\nfit: {model.dropout: 0.0}\nown: spoken"),
        (1, 0, 1),
    ),
    "nothing": ("", "has no `try:` with options to try."),
}


@pytest.mark.parametrize("text, expected", FILES.values(), ids=FILES)
def test_what_a_file_says_is_planned_or_refused(text, expected, tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text(text)
    if isinstance(expected, str):
        with pytest.raises(InputError) as error:
            make_plan(file)
        assert str(error.value).endswith(expected) and "\n" not in str(error.value)
        return
    runs = make_plan(file)
    n, lowest, highest = expected
    *_, values = zip(*(run.options.values() for run in runs))
    assert len(runs) == len(set(values)) == n
    assert all(lowest <= float(value) <= highest for value in values)


def test_a_setting_that_is_computed_as_another_is_refused():
    two = [
        Run(n, n, 0, {"trainer.limit_train_batches": word}) for n, word in enumerate(("1", "1.0"))
    ]
    check_options(two)  # one batch, and all of them
    two = [Run(n, n, 0, {RATE: word}) for n, word in enumerate(("1", "1.0"))]
    with pytest.raises(InputError, match="options of setting 1: it is the same as setting 0.$"):
        check_options(two)


RUNS = [Run(number, number // 2, number % 2, {RATE: f"0.{1 + number // 2}"}) for number in range(4)]
RESULT = {"val_acc": 0.5, "test_acc": 0.5, "steps": 3, "seconds": 9.0, "memory_mib": 500}


def begin(sweep: Path, runs: list[Run] = RUNS, n_done: int = 4) -> Path:
    """A sweep of which all runs have begun and some are done."""
    sweep.mkdir(exist_ok=True)
    write_runs(sweep / PLAN, runs)
    for run in runs:
        folder = folder_of(sweep, run.number)
        folder.mkdir(parents=True)
        (folder / OPTIONS).write_text("\n".join(run.lines))
        (folder / STARTS).write_text("2026-11-29T10:00:00 start on a (CPU), process 3\n")
        if run.number < n_done:
            (folder / "result.json").write_text(json.dumps(RESULT))
    return sweep


def change(old: str, new: str):
    """A change of plan.csv."""

    def change(sweep: Path) -> None:
        text = (sweep / PLAN).read_text()
        assert old in text
        (sweep / PLAN).write_text(text.replace(old, new))

    return change


def cut_result_off(sweep: Path) -> None:
    (folder_of(sweep, 1) / "result.json").write_text('{"val_acc": 0.5, "te')


def forget_validation(sweep: Path) -> None:
    for path in sweep.glob("runs/*/result.json"):
        path.write_text(path.read_text().replace("val_acc", "other_acc"))


def plan_as_before(sweep: Path) -> None:
    """The same run under several numbers, as a plan once was."""
    for path in (sweep / PLAN, *sweep.glob(f"runs/*/{OPTIONS}")):
        path.write_text(path.read_text().replace("0.2", "0.1"))


OTHERWISE = (
    f"error: number 0 was begun with --{RATE}=0.1, and the plan now says --{RATE}=0.9: plan the old "
    "file again, or the new one in another folder.\n"
)
ANEW = "plan.csv: make it by `python -m helpers.sweep plan`, in a folder that all nodes share.\n"
FOLDERS = {  # what happened to a folder, and what the commands then say
    "nothing": (
        lambda sweep: None,
        {"table": "4 runs: 4 done; ", "array": "4 done, 0 to do", "run": "nothing to do: 4 of 4"},
    ),
    "an option of a run that has begun was changed": (
        change(",0.1", ",0.9"),
        dict.fromkeys(("table", "array", "run"), OTHERWISE),
    ),
    "a run was moved to another setting": (
        change("2,1,0,", "2,0,0,"),
        {"table": "\n      0                  0.2   0.5000 "},
    ),
    "a line was cut off": (change("0.2\n3,1,1,0.2", "0.2\n3,1"), {"table": ANEW, "run": ANEW}),
    "a result was cut off": (
        cut_result_off,
        {"table": "4 runs: 3 done, 1 interrupted; ", "array": "4 runs, 3 done, 1 to do\n"},
    ),
    "no setting was validated": (
        forget_validation,
        {"table": "4 runs: 4 done without validation; ", "array": "4 done, 0 to do"},
    ),
    "a run has several numbers": (
        plan_as_before,
        {"table": "4 runs: 4 done; ", "array": "4 done, 0 to do", "run": "nothing to do: 4 of 4"},
    ),
}


@pytest.mark.parametrize("happened, commands", FOLDERS.values(), ids=FOLDERS)
def test_what_a_folder_holds_is_used_or_refused(
    happened, commands, tmp_path, monkeypatch, capsys, signals
):
    monkeypatch.setattr(table, "plot_sweep", MagicMock())  # a second each
    happened(begin(tmp_path / "sweep"))
    for command, expected in commands.items():
        status = main([command, str(tmp_path / "sweep")])
        said = "".join(capsys.readouterr())
        assert expected in said and (status == 2) == said.startswith("error: "), said


PLANNED = {  # what happened to a folder, and whether the plan of its runs can be made anew
    "the plan is gone": (lambda sweep: (sweep / PLAN).unlink(), True),
    "an option was changed": (change(",0.1", ",0.9"), True),
    "a run has several numbers": (plan_as_before, False),
}


@pytest.mark.parametrize("happened, is_clear", PLANNED.values(), ids=PLANNED)
def test_the_options_of_runs_decide_whether_a_plan_is_theirs(happened, is_clear, tmp_path):
    sweep = begin(tmp_path / "sweep")
    happened(sweep)
    begun = "its runs have begun: more settings or seeds extend it; for|number 0 was begun with"
    with pytest.raises(InputError, match=begun):
        write_plan(sweep, [run._replace(options={RATE: "0.7"}) for run in RUNS])
    if not is_clear:
        with pytest.raises(InputError, match=begun):
            write_plan(sweep, RUNS)
        return
    write_plan(sweep, RUNS)
    assert read_plan(sweep) == RUNS


@pytest.mark.parametrize("name", [PLAN, "table.csv", "table.png"])
def test_a_file_of_the_users_is_not_overwritten(name, tmp_path):
    (tmp_path / name).write_bytes(b"\xff number,mine\n1,2\n")
    with pytest.raises(InputError, match=f"has a {name} that is not of a sweep, and would be"):
        write_plan(tmp_path, RUNS)
    assert (tmp_path / name).read_bytes() == b"\xff number,mine\n1,2\n"


@pytest.mark.parametrize("with_table", [False, True])
def test_a_plan_that_is_cut_off_or_gone_is_made_anew(with_table, tmp_path):
    write_plan(tmp_path, RUNS)
    text = (tmp_path / PLAN).read_text()
    if with_table:
        (tmp_path / PLAN).rename(tmp_path / "table.csv")
    else:
        (tmp_path / PLAN).write_text(text[:-5])
    write_plan(tmp_path, RUNS)
    assert read_plan(tmp_path) == RUNS


def test_a_folder_of_somebody_else(capsys):
    """It may be read alone: the table is printed, and what cannot be written is said. A run may be in progress."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = begin(Path(folder, "sweep"), n_done=2)
        assert main(["array", str(sweep)]) is None  # imports what others may not read
        held = FileLock(folder_of(sweep, 3) / NUMBER_LOCK)
        held.acquire()
        for path in (Path(folder), sweep, *sweep.rglob("*")):
            if path.is_dir():
                path.chmod(0o555)
        capsys.readouterr()
        with nobody():
            statuses = [main([command, str(sweep)]) for command in ("table", "array", "run")]
        held.release()
        for path in (sweep, *sweep.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
    said, errors = capsys.readouterr()
    assert statuses == [2, None, 2] and errors.count("\n") == 2
    assert "4 runs: 2 done, 1 interrupted, 1 running; " in said and "0.5000" in said
    assert errors.count("error: [Errno 13] Permission denied: ") == 2 and "table.csv" in errors


ARRAY = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_JOB_ID": "77", "SLURM_JOB_ID": "80"}
NO_TASK = "SLURM_ARRAY_TASK_ID is 3, but this is no task of an array: unset it, or name the run by"
VARIABLES = {  # what is set, and what the command says
    "a task": ([*ARRAY], "nothing to do: 1 of 1 runs are done"),
    "an array without a job": (["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_JOB_ID"], NO_TASK),
    "a job without an array": (["SLURM_ARRAY_TASK_ID", "SLURM_JOB_ID"], NO_TASK),
    "a job": (["SLURM_JOB_ID"], "nothing to do: 4 of 4 runs are done"),
}


@pytest.mark.parametrize("names, expected", VARIABLES.values(), ids=VARIABLES)
def test_variables_of_an_array_without_their_job(
    names, expected, tmp_path, monkeypatch, capsys, signals
):
    begin(tmp_path / "sweep")
    for name in [name for name in os.environ if name.startswith("SLURM")]:
        monkeypatch.delenv(name)
    for name in names:
        monkeypatch.setenv(name, ARRAY[name])
    main(["run", str(tmp_path / "sweep")])
    assert expected in "".join(capsys.readouterr())
    assert main(["run", str(tmp_path / "sweep"), "--number=2"]) == 0
