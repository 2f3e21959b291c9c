"""A job script is read by bash, which starts nothing real."""

import pytest

from helpers.course.chapter_4 import shell
from helpers.course.chapter_4.check import job_script as check
from helpers.course.chapter_4.shell import started_by
from tests.course.chapter_4.answers import job

HAS_ENDED = "srun a &\nwhile kill -0 $!; do :; done\n"


@pytest.mark.parametrize(
    "script, commands",
    [
        ('srun python "$@" > log &\nwait', [["srun", "python", "--a=b c"]]),
        ("# srun python\necho srun python", []),
        ("A=1 srun $SLURM_JOB_ID", [["srun", "1234"]]),
        ("for n in 1 2; do srun $n; done", [["srun", "1"], ["srun", "2"]]),
        ("cd /nowhere && exec srun a\nsrun b", [["srun", "a"]]),
        (f"{HAS_ENDED}wait", [["srun", "a"]]),  # what ended before wait has been waited for
        (HAS_ENDED, [["srun", "a"], ["&"]]),
    ],
)
def test_commands_are_those_that_bash_would_start(script, commands):
    assert started_by(script, "--a=b c") == commands


@pytest.mark.parametrize(
    "script, is_left",
    [
        ("srun a &\nsrun b &\nwait", False),
        ("srun a > >(tee log)", False),
        ("srun a &\nwait\nsrun b &", True),
    ],
)
def test_what_no_wait_came_after_is_left_in_the_background(script, is_left):
    assert (["&"] in started_by(script)) == is_left


def test_nothing_real_is_started(tmp_path):
    file = tmp_path / "file"
    for touch in ("touch", "/usr/bin/touch", "/bin/touch"):
        assert started_by(f"{touch} {file}") == [[touch, str(file)]]
    assert not file.exists()


def test_a_loop_ends_and_a_quote_is_missed(monkeypatch):
    monkeypatch.setattr(shell, "TIMEOUT", 0.5)
    assert started_by("while true; do srun a; done")[:1] == [["srun", "a"]]
    with pytest.raises(ValueError, match="unexpected EOF"):
        started_by("srun 'a")


def test_without_bash_the_lines_for_slurm_are_judged(verdict, monkeypatch):
    monkeypatch.setattr(shell, "BASH", "/nowhere/bash")
    assert verdict(check, job()).startswith("Right: as far as its #SBATCH lines go")
    assert "2 nodes" in verdict(check, job(nodes=3))
