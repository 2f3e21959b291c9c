"""A job script is read as bash would read it, and nothing of it is run."""

import pytest

from helpers.course.judge.shell import read_start

TRAIN = "srun python -m helpers.train"


@pytest.mark.parametrize(
    "script, words",
    [
        (f'{TRAIN} "$@" >>log 2>&1', ["--a=b c", "--d"]),
        (f"# it's \\\n{TRAIN} # it's not \\\n", []),
        (f"{TRAIN} \\\n  --a", ["--a"]),
        (f"RUN=a\n{TRAIN} \"$RUN b\" ${{RUN}} '$RUN'", ["a b", "a", "$RUN"]),
        (f'exec > >(tee "it\'s"); {TRAIN} $(which python)', ["python"]),
        (f'echo "$(date); a" && {TRAIN} $SLURM_JOB_ID', ["1234"]),
    ],
)
def test_words_are_those_of_bash(script, words):
    found, *_ = read_start(script, ("--a=b c", "--d"))
    assert found == [*TRAIN.split(), *words]


def test_nothing_is_run(tmp_path):
    file = tmp_path / "file"
    file.write_text("text")
    read_start(f"touch {file}2\n: > {file}\n{TRAIN}\n/bin/rm {file}", ())
    assert [path.read_text() for path in tmp_path.iterdir()] == ["text"]
