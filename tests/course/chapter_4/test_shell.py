"""A job script is read by bash, which starts nothing real, and by sbatch where there is one."""

import os
import sys

import pytest

from helpers.course.chapter_4 import shell
from helpers.course.chapter_4.check import job_script as check
from helpers.course.chapter_4.shell import started_by
from tests.course.chapter_4.answers import job

module = sys.modules["helpers.course.chapter_4.check.job_script"]


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


def test_a_loop_ends_and_a_quote_is_missed():
    assert started_by("while true; do srun a; done", seconds=3)[:1] == [["srun", "a"]]
    with pytest.raises(ValueError, match="unexpected EOF"):
        started_by("srun 'a")


def test_without_bash_the_lines_for_slurm_are_judged(verdict, monkeypatch):
    monkeypatch.setattr(shell, "BASH", "/nowhere/bash")
    assert verdict(check, job()).startswith("Right: as far as its #SBATCH lines go")
    assert "2 nodes" in verdict(check, job(nodes=3))


@pytest.mark.parametrize(
    "said, right",
    [
        ("sbatch: error: Invalid --signal specification", False),
        ("allocation failure: Requested node configuration is not available", True),
        ("sbatch: error: Unable to contact slurm controller (connect failure)", True),
    ],
)
def test_the_practice_cluster_is_asked_where_it_is_up(said, right, verdict, monkeypatch, tmp_path):
    """With a stand-in for sbatch, which reads the script and refuses it."""
    program = tmp_path / "sbatch"
    program.write_text(f'#!/bin/bash\ngrep -q helpers.train && echo "{said}" >&2\nexit 1\n')
    program.chmod(0o755)
    conf = tmp_path / "slurm.conf"
    conf.touch()
    monkeypatch.setattr(module, "CONF", conf)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    printed = verdict(check, job())
    assert printed.startswith("Right: " if right else f"SLURM refuses the script: {said}")
