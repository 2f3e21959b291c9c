"""The training command, in processes of its own: what it prints, writes and refuses, and how it survives a stop."""

import inspect
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.demos.boring_classes import BoringModel, RandomDataset
from pytorch_lightning.strategies import SingleDeviceStrategy
from torch.utils.data import DataLoader

from helpers import train
from helpers.classifier import SpikingClassifier
from helpers.cluster import scaling
from helpers.course.template import my_problem
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.engine.scores import LOSS, TEST_ACC, VAL_ACC, read_scores, score_name
from helpers.run import exact
from helpers.run.exact import KeepLast, WholeCheckpoints, find_last
from helpers.run.run_folder import find_run, trained_run
from helpers.train import KeepBest
from tests import ROOT
from tests.test_data import disk

TRAIN = [sys.executable, "-m", "helpers.train"]
TINY = [
    "--data.source=embedded",
    "--data.batch_size=8",
    "--model.n_hidden=20",
    "--model.decode=mean",
    "--model.encoding=poisson",  # random spikes: resuming has to bring those back as well
    "--model.seq_length=8",
    "--trainer.max_epochs=2",
    "--trainer.limit_train_batches=6",
    "--trainer.log_every_n_steps=2",
    "--trainer.limit_val_batches=2",
    "--trainer.limit_test_batches=2",
    "--trainer.accelerator=cpu",
    "--last.every_n_train_steps=2",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
]


def start(command, folder, **variables: str) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **variables}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, env=environment, **pipes)


def load(path):
    return torch.load(path, weights_only=True)


def differences(a, b, path) -> list[str]:
    """Where two parts of a checkpoint differ, be it by one bit."""
    if isinstance(a, dict | list) and type(a) is type(b) and len(a) == len(b):
        a, b = (x if isinstance(x, dict) else dict(enumerate(x)) for x in (a, b))
        return [place for key in a for place in differences(a[key], b.get(key), f"{path}/{key}")]
    same = torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
    return [] if same else [path]


def assert_same_training(folder, reference):
    """Two runs ended with the same weights, averages, optimiser and learning rate, and hold the same best network."""
    ours, theirs = load(folder / "last.ckpt"), load(reference / "last.ckpt")
    weights = ("state_dict", "current_model_state", "averaging_state")
    for part in (*weights, "optimizer_states", "lr_schedulers", "global_step", "epoch"):
        assert differences(ours[part], theirs[part], part) == []
    best, expected = load(folder / "best.ckpt"), load(reference / "best.ckpt")
    assert best["global_step"] == expected["global_step"]
    assert differences(best["state_dict"], expected["state_dict"], "best") == []


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with one finished run, of a command as a learner gives it, and what it said last."""
    folder = tmp_path_factory.mktemp("finished")
    process = start([*TRAIN, "fit", *TINY], folder)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0 and "Traceback" not in err, err
    assert err.startswith("helpers.train fit is loading PyTorch and Lightning ...\n")
    return folder, out.strip().split("\n")[-1]


def test_a_run_ends_with_its_accuracy_and_leaves_its_files(finished):
    folder, line = finished
    assert re.fullmatch(rf"{TEST_ACC} 0\.\d{{4}}", line)
    assert [path.name for path in folder.iterdir()] == ["runs"]
    files = {path.name for path in (folder / "runs" / "1").iterdir()}
    files.discard(".lock")  # filelock leaves it since version 4
    assert files == {
        "best.ckpt",
        "last.ckpt",
        "previous.ckpt",
        "config.yaml",
        "metrics",
        "tensorboard",
        "curves.png",
        "digits.png",
        "result.json",
    }
    result = json.loads((folder / "runs/1/result.json").read_text())
    assert f"{TEST_ACC} {result[TEST_ACC]:.4f}" == line
    assert result["steps"] == 12 and {"processors", "seconds", "memory_mib"} <= set(result)
    scores = read_scores(folder)
    assert {score_name("train", LOSS), VAL_ACC, TEST_ACC, "rate_lif3"} <= set(scores)
    steps, accuracies = scores[VAL_ACC]
    best = load(folder / "runs/1/best.ckpt")["global_step"]
    assert best == max(zip(accuracies, steps))[1] + 1  # logged before it counts


def test_a_best_network_that_is_not_the_last_is_tested_too(forks, tmp_path):
    out = forks(
        tmp_path, "fit", *TINY, f"--best.monitor={score_name('val', LOSS)}", "--best.mode=min"
    ).out
    tested = dict(
        re.findall(rf"^checkpoint +runs/1/(\w+).ckpt, {TEST_ACC} (0\.\d{{4}})$", out, re.MULTILINE)
    )
    assert list(tested) == ["best", "last"] and out.endswith(f"\n{TEST_ACC} {tested['last']}\n")


# What is refused: status 2 and a sentence, never a traceback

OWN = ["--own=mine", *(option for option in TINY if option.startswith("--trainer"))]
MINE = """
from helpers.course.template.my_problem import Data, Model as XOR
class Model(XOR):
    def __init__(self, n_hidden: int = 5, learning_rate: float = 0.01):
        if n_hidden > 5:
            raise ValueError("five neurons are enough.")
        super().__init__(n_hidden)
    def validation_step(self, batch, batch_idx):
        self.log("my_acc", 0.5)
    def test_step(self, batch, batch_idx):  # what it logs after the training was not seen before
        self.log("my_acc" if self.global_step else "test_acc", 0.5)
"""
MISSES = "there is no {} among what was logged: my_acc."

REFUSED_OPTIONS = {  # of fit, and for each a part of its sentence
    "--run=notes --data.batch_size=9000": "a process has 8250 training examples.",
    "--model.graph=true": "--model.graph is true: it takes an NVIDIA GPU, one",
    "--run=half.ckpt/1": "half.ckpt/1 cannot be written",
    "--run=dead": "curves.png': mend that, then go on with: python -m helpers.train fit",
    "--run=closed": "closed/metrics': mend that, then give the same command again: there was",
    "--run=theirs": "theirs has digits.png, config.yaml, which would be overwritten",
    "--run=best": "best has best.ckpt, which would be overwritten",
    "--ckpt_path=weights.ckpt": "weights.ckpt has weights alone, and nothing to go on from",
    "--run=runs/1": "runs/1 holds a run already: go on with it by --resume",
}
FIT_MINE = " ".join(["fit", *OWN])
REFUSED = {
    **{" ".join(["fit", *TINY, options]): part for options, part in REFUSED_OPTIONS.items()},
    f"{FIT_MINE} --model.n_hidden=6": "error: five neurons are enough.",
    FIT_MINE: MISSES.format(VAL_ACC),
    f"{FIT_MINE} --best.monitor=my_acc --run=kept": MISSES.format(TEST_ACC),
    "fit --run=again --resume --trainer.max_epochs=3 --data.batch_size=9000": "8250 training examples.",
    "test --ckpt_path=half.ckpt": "half.ckpt is no whole checkpoint",
    "fit --run=half --resume": "half has neither a whole last.ckpt nor a whole previous.ckpt",
    "fit --resume --model.alpha=2": "runs/1 goes on as it began: leave --model.alpha as it is",
    "fit --resume --best.monitor=val_loss": "leave --best.monitor as it is",
}


@pytest.fixture(scope="module")
def refusals(forks, finished, tmp_path_factory):
    """What each of the commands above says, all in one folder with a run, half a run, half a checkpoint and notes."""
    folder = tmp_path_factory.mktemp("refused")
    shutil.copytree(finished[0] / "runs", folder / "runs")
    for name in ("half", "again"):
        shutil.copytree(finished[0] / "runs" / "1", folder / name)
    whole = (folder / "runs/1/last.ckpt").read_bytes()
    for broken in ("half.ckpt", "half/last.ckpt", "half/previous.ckpt"):
        (folder / broken).write_bytes(whole[: len(whole) // 2])
    (folder / "mine.py").write_text(MINE)
    for name in ("notes", "dead", "closed", "theirs", "best"):
        (folder / name).mkdir()
    (folder / "theirs" / "config.yaml").write_text("# notes\n")
    shutil.copy(folder / "runs/1/best.ckpt", folder / "best")
    (folder / "notes" / "mine.txt").touch()
    (folder / "theirs" / "digits.png").touch()
    weights = {"state_dict", "hyper_parameters", "global_step", "pytorch-lightning_version"}
    checkpoint = load(folder / "best" / "best.ckpt")
    torch.save({name: checkpoint[name] for name in weights}, folder / "weights.ckpt")
    (folder / "dead" / "curves.png").symlink_to("nowhere/curves.png")
    (folder / "closed" / "metrics").touch()
    return folder, {words: forks.ends(folder, *words.split())[0] for words in REFUSED}


@pytest.mark.parametrize("words", REFUSED, ids=lambda words: words.split()[-1])
def test_what_cannot_work_is_refused_with_a_sentence(words, refusals):
    status, out, err = refusals[1][words]
    assert status == 2 and "Traceback" not in err
    assert out in ("", "going on with again after step 12\n")
    assert REFUSED[words] in err[err.rindex("error: ") :]


def test_what_is_refused_changes_nothing(refusals, finished):
    """Nor does it leave a new folder; but one that was there, or that holds a checkpoint, is never taken away."""
    folder = refusals[0]
    assert contents(folder / "runs") == contents(finished[0] / "runs")
    folders = {path.name for path in folder.iterdir() if path.is_dir()}
    made = {"runs", "half", "again", "notes", "dead", "closed", "theirs", "best"}
    assert folders - {"__pycache__"} == made | {"kept"}
    assert (folder / "theirs" / "config.yaml").read_text() == "# notes\n"
    assert "batch_size: 8\n" in (folder / "again" / "config.yaml").read_text()
    assert (folder / "notes/mine.txt").exists()
    assert load(folder / "kept/last.ckpt")["global_step"] == 12


def contents(folder) -> dict[str, bytes | None]:
    """Everything below a folder: the bytes of files, None for folders."""
    return {
        str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None
        for p in folder.rglob("*")
    }


def said_at_once(command, arguments, capsys) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command that ends before it starts any work: here, in this process."""
    with pytest.raises(SystemExit) as end:
        command(arguments)
    return end.value.code, *capsys.readouterr()


def fit(arguments):
    train.main(["fit", *arguments])


def test_on_a_gpu_checkpoints_and_looks_for_signals_are_rare(tmp_path, monkeypatch):
    saved, looked = [], set()

    class KeepLastOnAGPU(KeepLast):
        def _begin(self, begin):
            with monkeypatch.context() as here:
                here.setattr(exact, "name_of_processor", str)
                here.setattr(SingleDeviceStrategy, "root_device", torch.device("cuda"))
                super()._begin(begin)

        def _save(self, is_due=False):
            super()._save(is_due)
            self.saved_at -= 0.026  # as if each step had taken 26 ms

        def on_save_checkpoint(self, trainer, module, checkpoint):
            saved.append(trainer.global_step)

    def decide(strategy, decision, all):
        looked.add(trainer.global_step)
        return decision

    monkeypatch.setattr(SingleDeviceStrategy, "reduce_boolean_decision", decide)
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=1,
        default_root_dir=tmp_path,
        callbacks=[KeepLastOnAGPU()],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(BoringModel(), DataLoader(RandomDataset(32, 300)))
    assert saved == [50, 250, 300]  # and after the epoch
    assert looked == set(range(10, 301, 10))


def test_the_checkpoint_before_takes_the_place_of_a_last_one_that_is_broken(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    run = Path("runs") / "1"
    for step in (2, 4, 6):
        WholeCheckpoints().save_checkpoint({"global_step": step}, run / "last.ckpt")
    assert find_last(run) == 6 and capsys.readouterr().out == ""
    (run / "last.ckpt").write_bytes((run / "last.ckpt").read_bytes()[:300])
    assert trained_run() == run and find_last(run) == load(run / "last.ckpt")["global_step"] == 4
    assert "runs/1/last.ckpt is missing or broken: previous.ckpt," in capsys.readouterr().out


def test_a_restarted_job_that_finds_no_checkpoint_says_that_it_begins_anew(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "runs" / "job7").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": "1"})
    with ExitStack() as held:
        assert find_run("", False, held) == "runs/job7"
    assert (
        capsys.readouterr().out
        == "runs/job7 has no last.ckpt: this restart begins with the first step\n"
    )


# The command explains itself

BOTH = {
    f"model.{name}"
    for model in (DigitsClassifier, SpikingClassifier)
    for name in inspect.signature(model).parameters
} - {"model.data", "model.net", "model.options"}  # data is data.name
BOTH |= {f"data.{name}" for name in inspect.signature(DigitsDataModule).parameters}
FIT_OPTIONS = {
    "run",
    "resume",
    "own",
    "best.monitor",
    "best.mode",
    "last.every_n_train_steps",
} | BOTH
SCALING = {"processes", "threads", "repeats", "steps", "accuracy", "out"} | BOTH - {"model.graph"}


@pytest.mark.parametrize(
    "command, options", [(fit, FIT_OPTIONS), (scaling.main, SCALING)], ids=["fit", "scaling"]
)
def test_the_help_has_a_sentence_for_each_of_our_options(command, options, capsys):
    _, text, _ = said_at_once(command, ["--help"], capsys)
    entries = {entry.split()[0]: " ".join(entry.split()[1:]) for entry in re.split(r"\n +--", text)}
    for option in options:
        sentence = re.sub(r"^({\S+}|[A-Z_]+) |\((type|default): .*", "", entries[option])
        assert len(sentence.split()) >= 3, (option, entries[option])


# Runs, one after the other


def test_a_second_run_leaves_the_first_alone(forks, finished, tmp_path):
    """And one that is over in the middle of an epoch, before any validation, ends well too, and can be tested again."""
    shutil.copytree(finished[0] / "runs", tmp_path / "runs")
    line = forks(tmp_path, "fit", *TINY, "--trainer.max_steps=3").last
    assert line.startswith(f"{TEST_ACC} 0.")
    assert load(tmp_path / "runs/2/last.ckpt")["global_step"] == 3

    before = contents(tmp_path)
    options = [option for option in TINY if re.match("--data|--trainer.(limit_test|acc)", option)]
    tested = forks(tmp_path, "test", "--ckpt_path=runs/2/last.ckpt", *options)
    assert line.split()[1].rstrip("0") in tested.out and "Warning" not in tested.err
    assert contents(tmp_path) == before
    assert contents(tmp_path / "runs" / "1") == contents(finished[0] / "runs" / "1")


def test_the_newest_run_goes_on_with_its_options_unless_they_are_given_anew(
    forks, finished, tmp_path
):
    shutil.copytree(finished[0] / "runs", tmp_path / "runs")
    (tmp_path / "runs" / "2").mkdir()  # has no checkpoint to go on from
    assert forks(tmp_path, "fit", "--resume", "--trainer.max_epochs=3").last.startswith(
        f"{TEST_ACC} 0."
    )
    assert load(tmp_path / "runs/1/last.ckpt")["global_step"] == 18
    options = (tmp_path / "runs/1/config.yaml").read_text()
    assert (
        "max_epochs: 3\n" in options
        and "batch_size: 8\n" in options
        and "encoding: poisson\n" in options
    )


# Runs that are stopped


def test_a_run_killed_again_and_again_ends_as_if_never_killed(forks, finished, tmp_path):
    """While it writes step 6; then, as it goes on, some time after it has written another one."""
    last = tmp_path / "runs" / "1" / "last.ckpt"
    forks(tmp_path, "fit", *TINY, stop=("fsync", 5, signal.SIGKILL), status=-signal.SIGKILL)
    (half,) = last.parent.glob(".last.ckpt.*")
    half.write_bytes(half.read_bytes()[:1000])
    assert load(last)["global_step"] == 4

    later = random.uniform(0.001, 0.2)  # s
    forks(
        tmp_path,
        "fit",
        "--resume",
        stop=("fsync", 4, signal.SIGKILL, later),
        status=-signal.SIGKILL,
    )
    assert load(last)["global_step"] > 4, later
    assert forks(tmp_path, "fit", "--resume").last == finished[1], later
    assert_same_training(last.parent, finished[0] / "runs" / "1")


def test_the_best_network_has_the_highest_accuracy_and_is_the_latest_of_several(tmp_path):
    """Also where its folder was moved before the run went on."""
    accuracies = [0.25, 0.5, 0.5, 0.25]

    class Model(my_problem.Model):
        def validation_step(self, batch, batch_idx):
            self.log(VAL_ACC, accuracies[self.current_epoch])

    def fit(folder, checkpoint=None):
        trainer = Trainer(
            max_epochs=len(accuracies),
            limit_train_batches=1,
            limit_val_batches=1,
            default_root_dir=folder,
            callbacks=[KeepBest()],
            logger=False,
            accelerator="cpu",
        )
        trainer.fit(Model(), my_problem.Data(n_train=64), ckpt_path=checkpoint)
        assert load(folder / "best.ckpt")["global_step"] == 3

    fit(tmp_path / "run")
    moved = (tmp_path / "run").rename(tmp_path / "moved")
    fit(moved, moved / "best.ckpt")


class Weights(Callback):
    """Keeps a weight as it is after each step."""

    def on_train_batch_end(self, trainer, module, *_):
        self.seen = [*getattr(self, "seen", []), module.net.out.weight.detach().clone()]


def test_the_network_of_a_run_is_an_average_of_its_steps_and_comes_back(
    digits, images, tmp_path, seed
):
    weights = Weights()
    trainer = Trainer(
        max_epochs=1,
        limit_train_batches=5,
        limit_val_batches=1,
        callbacks=[weights],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
    )
    trainer.fit(model := DigitsClassifier(decode="mean", n_hidden=10), digits)
    average = weights.seen[0]
    for n, weight in enumerate(weights.seen[1:], start=1):
        average = average + (weight - average) * 9 / (n + 10)
    torch.testing.assert_close(model.net.out.weight, average)
    assert not torch.allclose(average, weights.seen[-1])

    trainer.save_checkpoint(path := tmp_path / "a.ckpt")
    trainer.test(model, digits, ckpt_path=path, verbose=False, weights_only=True)
    torch.testing.assert_close(model.net.out.weight, average)
    loaded = DigitsClassifier.load_from_checkpoint(path)
    assert loaded.hparams == model.hparams and loaded.hparams.n_hidden == 10
    torch.testing.assert_close(loaded.net.out.weight, average)
    assert model(images).any() and torch.equal(loaded(images), model(images))


def test_a_full_disk_is_an_error_and_leaves_the_checkpoint_before(tmp_path):
    with disk(tmp_path, "size=200k"):
        WholeCheckpoints().save_checkpoint({"n": torch.zeros(1000)}, tmp_path / "a.ckpt")
        with pytest.raises(OSError, match="No space left on device"):
            WholeCheckpoints().save_checkpoint({"n": torch.zeros(1_000_000)}, tmp_path / "a.ckpt")
        assert [path.name for path in tmp_path.iterdir()] == ["a.ckpt"]
        assert load(tmp_path / "a.ckpt")["n"].shape == (1000,)


LOST = "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:538] Connection closed by peer"


@pytest.mark.parametrize("message, status", [(LOST, 75), ("the igloo is cold", 2)])
def test_a_lost_process_is_told_from_a_mistake_and_both_in_their_own_words(
    message, status, monkeypatch, tmp_path, capsys
):
    def fail(*_, **__):
        raise RuntimeError(message)

    monkeypatch.setattr(DigitsDataModule, "setup", fail)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        fit(TINY)
    assert end.value.code == status
    said = capsys.readouterr().err
    is_lost = "another process of this run has ended" in said
    assert message in said and is_lost == (status == 75)
