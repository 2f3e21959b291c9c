"""A job script is read as bash would read it, and nothing of it is run."""

import pytest

from helpers.course.judge.shell import Reading

TRAIN = "srun python -m helpers.train"
STARTED = TRAIN.split()


@pytest.mark.parametrize(
    "script, words",
    [
        (f'{TRAIN} "$@" >>log 2>&1', ["--a=b c", "--d"]),
        (f"{TRAIN} # it's not \\\n", []),
        (f"{TRAIN} \\\n  $1", ["--a=b", "c"]),
        (f"RUN='a b'\n{TRAIN} \"$RUN\" ${{RUN}} '$RUN'", ["a b", "a", "b", "$RUN"]),
        (f"if [ -d x ]; then RUN=1; fi; {TRAIN} $RUN", ["$RUN"]),
        (f'exec > >(tee "it\'s"); {TRAIN} $(which python)', ["python"]),
        (f"echo $(date | head -n 1); {TRAIN} $SLURM_JOB_ID", ["1234"]),
    ],
)
def test_words_are_those_of_bash(script, words):
    assert Reading(script, ("--a=b c", "--d")).starts == [[*STARTED, *words]]


@pytest.mark.parametrize(
    "script, is_waited_for",
    [
        (f"{TRAIN} &\nwait", True),
        (f"nvidia-smi &\n{TRAIN}\nkill $!", True),
        (f"{TRAIN} && hostname &", False),
        (f"{TRAIN} &\nwait\n{TRAIN} &", False),
    ],
)
def test_what_no_wait_came_after_is_left_in_the_background(script, is_waited_for):
    assert Reading(script, ()).is_waited_for == is_waited_for


def test_nothing_is_run(tmp_path):
    file = tmp_path / "file"
    file.write_text("text")
    Reading(f"touch {file}2\n: > {file}\n{TRAIN}\n/bin/rm {file}", ())
    assert [path.read_text() for path in tmp_path.iterdir()] == ["text"]
