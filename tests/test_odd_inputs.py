"""Odd inputs to the commands: what cannot work gets one sentence and exit status 2, help 0, Ctrl-C one sentence and 130.

Most commands run in forks of one process, as to start one takes seconds.
"""

import re
import signal
import sys
import time

import pytest

from helpers.course import preflight
from tests.test_train import OWN, TINY, TRAIN, load, start

FILES = {
    "README.md": "# Notes\n",
    "broken.yaml": "model:\n  n_hidden: [3\ntrainer:\n",
    "unknown.yaml": "model:\n  n_hiden: 3\n",
}
# Commands, and options of fit: for each, parts of its line
BAD_COMMANDS = {
    "": "the command is '': it must be one of fit, validate, test.",
    "test": "no run in runs has a last.ckpt to go on from: train first, by python -m helpers.train fit",
    "test --run=runs/9": "runs/9 has no last.ckpt to go on from: train first, by",
    "test --ckpt_path=no.ckpt": "there is no checkpoint no.ckpt.",
}
BAD_OPTIONS = {
    "--ckpt_path=README.md": "README.md is no whole checkpoint",
    "--epochs 3": "--epochs 3. Did you mean --trainer.max_epochs?",
    "resume": "resume. Did you mean --resume?",
    "--frobnicate": "--frobnicate. All options: python -m helpers.train fit --help-all",
    "--trainer.max_epochs=zwei": "max_epochs: it must be one of [int, NoneType]: it is zwei",
    "--data.batch_size=12.5": "--data.batch_size: Expected a int. Got value: 12.5",
    "--data.batch_size=-5": "batch_size is -5: it must be at least 1.",
    "--model.learning_rate=.nan": "learning_rate is nan: it must be a number above 0.",
    "--model.encoding=no_such": "--model.encoding: ... 'current' ... 'latency' ... no_such",
    "--model.n_classes=3": "n_classes is 3, and the data have labels from 0 to 9",
    "--own=nothing": "--own is nothing: this cannot be used (No module named 'nothing')",
    "--seed_everything=-1": "--seed_everything is -1: it must be between 0 and 4294967295",
    "--trainer.max_epochs=0": "--trainer.max_epochs is 0: it must be above 0.",
    "--trainer.fast_dev_run=true": "fast_dev_run and barebones keep no checkpoint, and a run",
    "--trainer.devices=99": "--trainer.devices is 99: each process needs a core, and here",
    "--trainer.num_nodes=2": "start it by srun or torchrun, which set the number.",
    "--trainer.strategy=ddp_spawn": "use ddp, which starts the command anew in each process.",
    "--trainer.strategy=dpp": "You selected an invalid strategy name: `strategy='dpp'`.",
    "--config=broken.yaml": "Problems parsing config: ... line 3 ... broken.yaml",
    "--config=unknown.yaml": "does not accept option 'model.n_hiden'",
    "--config=README.md": "--config README.md has no options: it must be a file with lines such as",
}
BAD = {**BAD_COMMANDS, **BAD_OPTIONS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files of someone who has not trained yet."""
    folder = tmp_path_factory.mktemp("odd")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("words", BAD)
def test_bad_input_gets_a_line_and_leaves_nothing(words, folder, forks):
    command = words.split()
    if words in BAD_OPTIONS:
        command = ["fit", *TINY, *command]
    before = {path.name for path in folder.iterdir()}
    (ended,) = forks.ends(folder, *command)
    lines = [line for line in ended.err.splitlines() if line.strip()]
    assert ended.status == 2 and ended.out == "", ended.out + ended.err
    assert len(lines) == 1 and lines[0].startswith("error: "), ended.err
    assert all(part in lines[0] for part in BAD[words].split(" ... ")), ended.err
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == before - {"__pycache__"}


HELPS = {
    ("--help",): "fit",
    ("test", "--help"): "--run",
    ("fit", "--own=spoken", "--help"): "--model.recurrent ... {max,mean,last} ... label_smoothing",
}


@pytest.mark.parametrize("arguments", HELPS, ids=" ".join)
def test_help_explains_and_ends_with_0(arguments, folder, forks):
    (ended,) = forks.ends(folder, *arguments)
    assert ended.status == 0 and ended.err == ""
    assert all(part in ended.out for part in HELPS[arguments].split(" ... "))


def test_the_help_is_short_and_lightnings_is_behind_help_all(folder, forks):
    short, whole = (forks(folder, "fit", option) for option in ("--help", "--help-all"))
    assert short.err == whole.err == ""
    assert len(short.out.splitlines()) < 130 < 300 < len(whole.out.splitlines())
    assert "--trainer.gradient_clip_val" not in short.out and short.last.endswith("--help-all")
    assert whole.out.index("--model.") < whole.out.index("--config CONFIG")  # ours come first
    assert "--trainer.gradient_clip_val" in whole.out and not re.search(r":\w+:`", whole.out)
    most_used = re.findall(r"^  (--trainer\.\w+)", short.out, re.MULTILINE)
    assert "--trainer.max_epochs" in most_used
    assert all(option in whole.out for option in most_used)


def test_the_pre_flight_explains_itself(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["helpers", "--help"])
    with pytest.raises(SystemExit) as end:
        preflight.main()
    assert end.value.code == 0
    said = capsys.readouterr().out.lower()
    assert "the pre-flight" in said and "python -m helpers" in said


# A network that is tested


def test_test_takes_the_newest_network_and_says_which(forks, tmp_path):
    """With the sizes and the data that it was trained with, and those of a problem of one's own."""
    one = [*TINY, "--trainer.max_epochs=1"]
    line = forks(tmp_path, *("fit", *one)).last
    tested = forks(tmp_path, "test", "--trainer.limit_test_batches=2", "--trainer.accelerator=cpu")
    assert "testing runs/1/last.ckpt, trained for 6 steps\n" in tested.out
    assert line.split()[1].rstrip("0") in tested.out
    validated = forks(tmp_path, "validate", "--run=runs/1", "--trainer.accelerator=cpu").out
    assert "validating runs/1/last.ckpt" in validated and "val_acc" in validated

    (tmp_path / "mine.py").write_text(
        "from helpers.course.template.my_problem import Data, Model\n"
    )
    forks(tmp_path, "fit", *OWN, "--trainer.max_epochs=1")
    tested = forks(tmp_path, "test", "--trainer.accelerator=cpu").out
    assert "testing runs/2/last.ckpt" in tested
    by_path = forks(tmp_path, "test", "--ckpt_path=runs/2/best.ckpt", "--trainer.accelerator=cpu")
    assert "testing" not in by_path.out and "test_acc" in by_path.out


# Ctrl-C

GO_ON = "go on with: python -m helpers.train fit --run runs/1 --resume"
BEFORE = "stopped before the first step"
AFTER = "stopped after the training; test it with: python -m helpers.train test --run runs/1"
PLACES = {  # for a method, which call of it, the sentence
    ("setup", 1): BEFORE,
    ("validation_step", 1): BEFORE,
    ("training_step", 1): f"stopped after step 1; {GO_ON}",
    ("fsync", 3): f"stopped after step 5; {GO_ON}",  # while it writes step 4
    ("validation_step", 4): f"stopped after step 6; {GO_ON}",
    ("test_step", 1): AFTER,
}


def check_stopped(ended, sentence: str, folder) -> None:
    said = [line for line in ended.out.splitlines() if line.strip()]
    assert ended.status == 130 and "Traceback" not in ended.err and "rror" not in ended.err, ended
    assert said[-1] == sentence and sum("stopped" in line for line in said) == 1
    assert (folder / "runs").exists() == (sentence != BEFORE)


@pytest.mark.parametrize("place, call", PLACES)
def test_ctrl_c_says_one_sentence_at_any_moment(place, call, forks, tmp_path):
    (ended,) = forks.ends(tmp_path, "fit", *TINY, stop=(place, call, signal.SIGINT))
    check_stopped(ended, PLACES[place, call], tmp_path)


def test_a_second_ctrl_c_stops_at_once(forks, tmp_path):
    code = f"""
from helpers.classifier import SpikingClassifier
def twice(self, optimizer):
    if self.trainer.global_step == 3:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
SpikingClassifier.on_before_zero_grad = twice
train.main({["fit", *TINY]})
"""
    (ended,) = forks.run(tmp_path, code, 1)
    check_stopped(ended, f"stopped at once; {GO_ON}", tmp_path)


def test_ctrl_c_stops_a_test(forks, tmp_path):
    forks(tmp_path, "fit", *TINY, "--trainer.max_epochs=1")
    stop = ("test_step", 1, signal.SIGINT)
    (ended,) = forks.ends(tmp_path, "test", "--trainer.accelerator=cpu", stop=stop)
    check_stopped(ended, "stopped: runs/1/last.ckpt is as it was", tmp_path)


@pytest.mark.parametrize("later", [0, 1.0, 3.5])
def test_ctrl_c_while_it_loads_says_one_sentence(later, tmp_path):
    """In a process of its own, some seconds after its first line, in a long epoch."""
    whole = "--trainer.limit_train_batches=1.0"
    process = start([*TRAIN, "fit", *TINY, whole], tmp_path)
    assert "is loading PyTorch" in process.stderr.readline()
    time.sleep(later)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert out.strip() == BEFORE or later > 2
    assert out.strip().count("stopped") == 1


# A run that goes on


def test_a_truncated_config_is_refused(forks, tmp_path):
    """Wherever it is cut: else the defaults would take the place of what is lost."""
    forks(tmp_path, "fit", *TINY, stop=("training_step", 3, signal.SIGINT), status=130)
    path = tmp_path / "runs/1/config.yaml"
    whole = path.read_bytes()
    last_line = whole.splitlines()[-1]
    for length in (0, len(whole) // 2, len(whole) - len(last_line) - 3):
        path.write_bytes(whole[:length])
        (ended,) = forks.ends(tmp_path, "fit", "--resume")
        assert ended.status == 2 and len(ended.err.splitlines()) == 1, ended.err
        assert "runs/1/config.yaml" in ended.err and "begin a new run, and name it" in ended.err
    path.unlink()
    (ended,) = forks.ends(tmp_path, "fit", "--resume")
    assert ended.status == 2 and "config.yaml is missing, so the options" in ended.err
    path.write_bytes(whole)
    assert "going on with runs/1 after step 3" in forks(tmp_path, "fit", "--resume").out


@pytest.mark.parametrize("size", [16, 4])
def test_another_batch_size_is_said_and_the_epoch_begins_again(size, forks, tmp_path):
    """After 4 of 6 batches of 8 come all 6 of another size; and then a validation."""
    options = [*TINY, "--trainer.max_epochs=1"]
    forks(tmp_path, "fit", *options, stop=("training_step", 4, signal.SIGINT), status=130)
    out = forks(tmp_path, "fit", "--resume", f"--data.batch_size={size}").out
    assert f"began with another batch size, 8 instead of {size}: its results" in out
    assert (tmp_path / "runs/1/best.ckpt").exists()  # there was a validation
    assert load(tmp_path / "runs/1/last.ckpt")["global_step"] == 4 + 6


def test_the_bar_of_a_run_that_goes_on_knows_its_length(forks, tmp_path):
    options = [option for option in TINY if "progress_bar" not in option]
    forks(tmp_path, "fit", *options, stop=("training_step", 3, signal.SIGINT), status=130)
    bar = forks(tmp_path, "fit", "--resume").out
    epoch = [line for line in re.split(r"[\r\n]", bar) if line.startswith("Epoch 0")]
    assert epoch and all(re.search(r"\d/6 ", line) for line in epoch), epoch
