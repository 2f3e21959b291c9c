"""Options by word, by file and by JSON: each is used or refused, and saved ones come before the words."""

import json
from pathlib import Path

import pytest
import yaml

from helpers import InputError
from helpers.run.errors import BadOption
from helpers.run.options import SET_HERE, look_ahead
from helpers.run.run_folder import read_options, with_last_line
from helpers.sweep.plan import OURS, make_plan
from helpers.train import make_parser


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(words: list[str], saved: dict | None = None):
    """The options of fit, and which of them differ from the saved ones."""
    parser = make_parser("fit", "")
    return parser.read(words, saved or {})


def by_word(values: dict) -> list[str]:
    return [
        f"--{name}={value}" if value is not True else f"--{name}" for name, value in values.items()
    ]


def by_file(values: dict) -> list[str]:
    Path("options.yaml").write_text(yaml.safe_dump(values))
    return ["--config=options.yaml"]


def by_json(values: dict) -> list[str]:
    return [f"--config={json.dumps(values)}"]


WRITE = {"word": by_word, "file": by_file, "JSON": by_json}


@pytest.mark.parametrize("write", WRITE.values(), ids=WRITE)
def test_the_problem_and_the_run_are_read_however_they_are_given(write):
    given = {"own": "mine", "run": "base", "resume": True}
    asked = look_ahead(write(given))
    options, _ = read(write(given))
    for name, value in given.items():
        assert getattr(asked, name) == options[name] == value
    assert look_ahead(write({"run": "~/new"})).run == str(Path("~/new").expanduser())


@pytest.mark.parametrize("no_text", [7, 0, ["new"]])
def test_the_name_of_a_run_is_a_text(no_text):
    assert look_ahead(by_file({"run": no_text})).run == ""
    with pytest.raises(BadOption, match="run"):
        read(by_file({"run": no_text}))


FILES = {
    "ten.yaml": "model:\n  n_hidden: 010\n",
    "one_batch.yaml": "run: one\ntrainer:\n  limit_train_batches: 1\n",
}
USED = {  # one way of writing an option, and what is read
    ("--model.n_hidden=010",): ("model.n_hidden", 10),
    ("--config=ten.yaml",): ("model.n_hidden", 10),
    ('--model={"n_hidden": 10}',): ("model.n_hidden", 10),
    ("--config=one_batch.yaml", "--run=new"): ("run", "new"),
    ("--config=one_batch.yaml",): ("trainer.limit_train_batches", 1),
    ("--trainer.limit_train_batches=1.0",): ("trainer.limit_train_batches", 1.0),
}


@pytest.mark.parametrize("words", USED, ids=" ".join)
def test_a_value_is_what_it_says(words):
    for name, content in FILES.items():
        Path(name).write_text(content)
    name, value = USED[words]
    assert repr(read(words)[0][name]) == repr(value)  # 1 is not 1.0


def test_saved_options_come_before_the_words():
    saved = {"model": {"n_hidden": 30, "alpha": 2.0}, "data": {"batch_size": 8}}
    options, changed = read(["--model.n_hidden=40"], saved)
    assert (options.model.n_hidden, options.model.alpha, options.data.batch_size) == (40, 2.0, 8)
    assert changed == ["--model.n_hidden"]


REFUSED = {  # what files and words hold that was taken, or forgot what was given before
    ("--config=model: [1]",): r"model is \[1\] in --config model: \[1\]: it must have options",
    ("--config=model:",): "model is None in --config model:: it must have options",
    ("--config=trainer:",): "trainer is None",
    ("--config=data: 3",): "data is 3",
    ("--config=best:",): "best is None",
    ("--config=- 1",): "--config - 1 has no options: it must be a file with lines",
    ("--config=empty.yaml",): "--config empty.yaml has no options",
    ("--config=config: other.yaml",): "config: other.yaml names a config file: give that by --",
    ("--ckpt_path=",): "--ckpt_path is empty: give it a value, or leave it out",
    ("--run", "", "--resume"): "--run is empty",
    (
        "--config={model: {learning_rate: ~}}",
    ): "--model.learning_rate: Expected a float. Got value: None",
    ("--config=resume: 1",): "resume is 1: it must be true or false",
    ("--config=run:",): "--run: Expected a str. Got value: None",
    ("--config=ckpt_path: ''",): "--ckpt_path is empty: give it a value",
    ("--config=none.yaml",): "none.yaml has no options: .* in this folder or with its path",
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_has_no_value_or_no_names_is_refused(words):
    Path("empty.yaml").touch()
    with pytest.raises((InputError, BadOption), match=REFUSED[words]):
        look_ahead(words)
        read([*words])


CHANGED = {
    "n_hidden: 30": "n_hidden: 40",
    "model:\n  n_hidden: 30": "- model",
}


@pytest.mark.parametrize("old", CHANGED)
def test_options_of_a_run_that_were_changed_by_hand_are_refused(old):
    path = Path("config.yaml")
    path.write_text(with_last_line("model:\n  n_hidden: 30\n"))
    assert read_options(Path()) == {"model": {"n_hidden": 30}}
    path.write_text(path.read_text().replace(old, CHANGED[old]))
    with pytest.raises(InputError, match="config.yaml was changed after the run began"):
        read_options(Path())
    path.write_text(with_last_line("- model\n"))
    with pytest.raises(InputError, match="config.yaml has no options"):
        read_options(Path())


SET = {
    "logger": "false",
    "plugins": '{"class_path": "LightningEnvironment"}',
    "default_root_dir": "elsewhere",
}


@pytest.mark.parametrize("name", SET_HERE)
def test_what_the_command_sets_is_refused(name):
    with pytest.raises(InputError, match=f"^--trainer.{name} is set by this command: leave it out"):
        read([f"--trainer.{name}={SET[name]}"])


@pytest.mark.parametrize("name", OURS)
def test_what_a_sweep_sets_is_refused(name):
    Path("plan.yaml").write_text(yaml.safe_dump({"fit": {name: 1}, "try": {"model.alpha": [1]}}))
    with pytest.raises(InputError, match=f"{name} is set by the sweep itself"):
        make_plan(Path("plan.yaml"))
