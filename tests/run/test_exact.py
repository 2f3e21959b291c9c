"""An exact restart of any Lightning script: other people's scripts, what is said of the others, and the file alone."""

import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from importlib.metadata import distribution
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from packaging.requirements import Requirement
from pytorch_lightning import Callback, Trainer, seed_everything
from pytorch_lightning.callbacks import LambdaCallback, ModelCheckpoint
from pytorch_lightning.demos.boring_classes import BoringModel, RandomDataset
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from torch import optim
from torch.utils.data import BatchSampler, DataLoader, IterableDataset, Sampler, get_worker_info

from helpers.run import exact, run_folder, slurm
from helpers.setup import environment
from tests.run.stopped import ENDED, differing, start
from tests.test_train import differences, load

BATCH = "on_train_batch_start"
# A script, its processes, and where it is stopped each time it starts: in a batch, or at the n-th
# validation batch or checkpoint of this start. The last start has other workers.
STOPPED = {
    "transforms": (1, [("SIGINT", BATCH, 7), ("SIGKILL", "fsync", 2), ("SIGTERM", BATCH, 45)]),
    "gan": (
        2,
        [("SIGHUP", BATCH, 3), ("SIGUSR1", "on_save_checkpoint", 3), ("SIGKILL", BATCH, 22)],
    ),
    "callbacks": (3, [("SIGTERM", "on_validation_batch_start", 4), ("SIGKILL", BATCH, 12)]),
    "habits": (2, [("SIGTERM", BATCH, 4), ("SIGINT", BATCH, 13), ("SIGTERM", BATCH, 24)]),
}


@pytest.mark.parametrize("script", STOPPED)
def test_a_script_stopped_anywhere_ends_as_if_left_alone(script, forks, tmp_path):
    size, stops = STOPPED[script]
    job = {"SLURM_JOB_ID": "1"}  # SIGUSR1 is its warning
    start(forks, script, tmp_path / "alone", size)
    for n_workers, stop in enumerate(stops):
        ends = start(forks, script, tmp_path / "run", size, stop, WORKERS=str(n_workers), **job)
        assert ends[-1].status == ENDED.get(stop[0], 130), ends[-1].err
    ends = start(forks, script, tmp_path / "run", size, WORKERS="1", CONTEXT="spawn")
    assert [ended.status for ended in ends] == [0] * size, ends[0].err
    assert differing(tmp_path / "run", tmp_path / "alone") == []
    kept = load(tmp_path / "run" / "last.ckpt")["callbacks"]["KeepLast"]["left out"][-1]
    assert bool(kept["parted"]) == (script == "habits")
    n_best, n_best_alone = (
        len([*folder.rglob("step=*.ckpt")]) for folder in (tmp_path / "run", tmp_path / "alone")
    )
    assert n_best == n_best_alone


TOLD = [
    "seed_everything was not called",
    "with StochasticWeightAveraging, a run that was stopped is not exact",
    "with Timer, a run that was stopped is not exact",
    "a sampler of the script: if it counts its epochs",
    "the dataset gives something else for the same index",
]
CHANGED = ["number of workers", "number of processes", "batch size", "seed", "number of threads"]


def test_what_cannot_be_exact_is_said(forks, tmp_path):
    stop = "SIGTERM", BATCH, 2
    said = start(forks, "told", tmp_path / "1", 1, stop)[0].out
    assert all(sentence in said for sentence in TOLD), said


def test_what_changes_on_resuming_is_said(forks, tmp_path):
    start(forks, "told", tmp_path / "1", 1, ("SIGTERM", BATCH, 2), STREAM="1")
    said = start(forks, "told", tmp_path / "1", 2, STREAM="2")[0].out
    assert re.findall("began with another (.+?), ", said) == CHANGED, said


def test_code_in_a_checkpoint_is_refused_before_the_first_step(forks, tmp_path):
    (ended,) = start(forks, "told", tmp_path / "1", 1, ("SIGKILL", BATCH, 0), CODE="1")
    assert ended.status == 1
    assert re.search("this run would hold .*print, but only data are read from it", ended.err)


def test_a_folder_in_use_and_two_broken_checkpoints_are_refused(tmp_path):
    with FileLock(tmp_path / ".lock"), pytest.raises(MisconfigurationException, match="in use by"):
        exact.fit(tmp_path, None)
    for name in (exact.LAST, exact.PREVIOUS):
        (tmp_path / name).write_text("broken")
    with pytest.raises(MisconfigurationException, match="neither a whole last.ckpt nor a whole"):
        exact.fit(tmp_path, None)


def train(
    folder,
    make_optimizer=optim.Adam,
    n_examples=12,
    lr=0.1,
    betas=(0.9, 0.99),
    shuffle=False,
    has_frozen_bias=False,
    **options,
):
    """Train a tiny network in this folder, in four steps of an epoch."""
    seed_everything(0, verbose=False)
    model = BoringModel()
    model.layer.bias.requires_grad = not has_frozen_bias
    kinds = {"lr": lr, "betas": betas} if make_optimizer is optim.Adam else {"lr": lr}
    model.configure_optimizers = lambda: make_optimizer(model.parameters(), **kinds)
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    loader = DataLoader(RandomDataset(32, n_examples), 3, shuffle, drop_last=True)
    return exact.fit(folder, model, loader, accelerator="cpu", **quiet | options)


CHANGES = {
    "lr": 0.01,
    "betas": (0.5, 0.9),
    "gradient_clip_val": 0.5,
    "accumulate_grad_batches": 2,
    "precision": "bf16-mixed",
}


def test_a_script_that_was_changed_is_told_what_it_goes_on_with(tmp_path, capsys):
    train(tmp_path, fast_dev_run=True, callbacks=None)
    train(tmp_path, max_epochs=1)
    said = capsys.readouterr().out
    assert "began with another number of batches, 1 instead of 4: its results are not" in said
    train(tmp_path, max_epochs=2, **CHANGES)
    said = capsys.readouterr().out
    changed = re.findall("began with another (.+?)(?: of optimizer 1)?, ", said)
    assert {"number of batches", *CHANGES} == {*changed}, said
    assert "began with another lr of optimizer 1, 0.1 instead of 0.01, and keeps it" in said
    train(tmp_path, max_epochs=2, **CHANGES)
    assert "this run is done: nothing is left to train" in capsys.readouterr().out
    train(tmp_path, max_epochs=3, **CHANGES, shuffle=True, has_frozen_bias=True)
    said = capsys.readouterr().out
    assert "began with another shuffle, False instead of True: its results" in said
    assert "another requires_grad of layer.bias, True instead of False, and keeps it" in said


class FreezesLate(Callback):
    def on_load_checkpoint(self, trainer, module, checkpoint):
        module.layer.bias.requires_grad_(False)


def test_what_a_hook_freezes_is_no_change_of_the_script(tmp_path, capsys):
    for n_epochs in (1, 2):
        train(tmp_path, max_epochs=n_epochs, callbacks=FreezesLate())
    assert "began with another" not in capsys.readouterr().out


def test_a_changed_group_or_scheduler_is_said(tmp_path, capsys):
    def make(parameters, lr, kind=optim.lr_scheduler.StepLR, when=1):
        weight, bias = parameters
        optimizer = optim.SGD([{"params": [weight]}, {"params": [bias], "lr": lr}], lr=0.1)
        return [optimizer], [kind(optimizer, when, gamma=lr)]

    train(tmp_path, make, max_epochs=1, lr=0.5)
    assert "began with another" not in capsys.readouterr().out
    train(tmp_path, make, max_epochs=2, lr=0.2)
    said = capsys.readouterr().out
    for name in ("lr of group 2 of optimizer 1", "gamma of scheduler 1"):
        assert f"began with another {name}, 0.5 instead of 0.2, and keeps it" in said, said
    assert said.count("began with another") == 2, said
    sentence = "began with SGD, StepLR, and cannot go on with SGD, MultiStepLR: name another"
    other = partial(make, kind=optim.lr_scheduler.MultiStepLR, when=[1])
    with pytest.raises(MisconfigurationException, match=sentence):
        train(tmp_path, other, max_epochs=3)


NO_TRAINING = {
    "no example": ({"n_examples": 0}, "there is no batch to train on"),
    "fewer examples than a batch": ({"n_examples": 2}, "there is no batch to train on"),
    "no batches": ({"limit_train_batches": 0}, "there is no batch to train on"),
    "another optimiser": ({"make_optimizer": optim.SGD}, "began with Adam, and cannot go on with"),
    "a callback's class": (
        {"callbacks": [exact.SeedBatches]},
        "callbacks has <class.*it must be a",
    ),
}


@pytest.mark.parametrize("options, sentence", NO_TRAINING.values(), ids=NO_TRAINING)
def test_what_would_train_nothing_or_something_else_is_refused(options, sentence, tmp_path):
    if "make_optimizer" in options:
        train(tmp_path, max_epochs=1)
    with pytest.raises(MisconfigurationException, match=sentence):
        train(tmp_path, max_epochs=2, **options)


@pytest.mark.parametrize("steps", [0, 2.5])
def test_an_interval_that_is_no_number_of_steps_is_refused(steps, tmp_path):
    with pytest.raises(MisconfigurationException, match="it must be a whole number from 1 on"):
        train(tmp_path, every_n_train_steps=steps)


@pytest.mark.parametrize("part", ["state_dict", "optimizer_states"])
def test_a_checkpoint_with_nan_is_refused(part, tmp_path):
    train(tmp_path, max_epochs=1)
    checkpoint = load(tmp_path / "last.ckpt")
    weight = checkpoint["state_dict"]["layer.weight"]
    if part == "optimizer_states":
        weight = checkpoint["optimizer_states"][0]["state"][0]["exp_avg"]
    weight[0, 0] = torch.nan
    torch.save(checkpoint, tmp_path / "last.ckpt")
    with pytest.raises(MisconfigurationException, match="last.ckpt has .* with inf or nan"):
        train(tmp_path, max_epochs=2)


@pytest.mark.parametrize("weights_only", [None, False, True])
def test_weights_that_have_become_nan_are_not_written(weights_only, tmp_path):
    def write(trainer, *_):
        if weights_only is not None:
            trainer.save_checkpoint(tmp_path / "last.ckpt", weights_only)

    with pytest.raises(MisconfigurationException, match=r"step \d has a weight, .* inf or nan"):
        train(tmp_path, max_epochs=1, lr=1e37, callbacks=LambdaCallback(on_train_batch_end=write))
    written = load(tmp_path / "last.ckpt")["state_dict"]
    assert all(weight.isfinite().all() for weight in written.values())


def test_a_run_goes_on_with_infinities_that_are_not_weights_it_trains(tmp_path):
    def add(trainer, module, stage):
        module.mask = torch.nn.Parameter(torch.zeros(()))

    def freeze(trainer, module):
        module.mask.requires_grad_(False).fill_(-torch.inf)
        if trainer.global_step:
            trainer.optimizers[0].state[module.layer.weight]["exp_avg_sq"][0, 0] = torch.inf

    hooks = LambdaCallback(setup=add, on_train_epoch_start=freeze)
    for n_epochs in (2, 3):
        train(tmp_path, max_epochs=n_epochs, callbacks=hooks)
    assert load(tmp_path / "last.ckpt")["global_step"] == 12


def test_a_script_may_change_its_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    train("runs", max_epochs=1, callbacks=LambdaCallback(lambda *_, **__: os.chdir("sub")))
    assert (tmp_path / "runs" / "last.ckpt").exists() and not any(Path("runs").glob("*"))
    Path("sub/runs/1").mkdir(parents=True)
    with ExitStack() as held:
        run_folder.find_run("", False, held)
        os.chdir("sub")
    assert Path("runs/1").exists() and not Path("../runs/1").exists()


def test_a_byte_that_has_changed_is_found(tmp_path, capsys):
    train(tmp_path, max_epochs=2)
    left = tmp_path / f".{exact.LAST}.part"  # of a process that was killed while it wrote
    left.touch()
    bytes_of_last = bytearray((tmp_path / exact.LAST).read_bytes())
    weight = load(tmp_path / exact.LAST)["state_dict"]["layer.weight"]
    bytes_of_last[bytes_of_last.index(weight.numpy().tobytes()) + 3] ^= 64
    (tmp_path / exact.LAST).write_bytes(bytes_of_last)
    train(tmp_path, max_epochs=3)
    said = capsys.readouterr().out
    assert "last.ckpt is missing or broken: previous.ckpt, the one before it, takes its" in said
    assert not left.exists()
    (tmp_path / exact.LAST).write_bytes(bytes_of_last)
    with pytest.raises(MisconfigurationException, match="last.ckpt is broken: use another"):
        train(tmp_path / "other", max_epochs=3, ckpt_path=tmp_path / exact.LAST)


class Counting(IterableDataset):
    """Counts its epochs in a worker that persists, and is told there what to begin with."""

    epoch = 0

    def __iter__(self):
        self.epoch += 1
        return iter(torch.full((4, 32), self.first + self.epoch))


def begin(worker):
    get_worker_info().dataset.first = 10.0


def test_a_stream_is_what_it_is_to_lightning(tmp_path, capfd):
    orders = []
    for is_exact in (False, True):
        seen = []
        note = LambdaCallback(
            on_train_batch_start=lambda *arguments, seen=seen: seen.append(arguments[2][0, 0])
        )
        loader = DataLoader(
            Counting(), 2, num_workers=1, persistent_workers=True, worker_init_fn=begin
        )
        options = {"max_epochs": 3, "accelerator": "cpu", "logger": False, "callbacks": [note]}
        if is_exact:
            exact.fit(tmp_path, BoringModel(), loader, **options)
        else:
            Trainer(enable_checkpointing=False, **options).fit(BoringModel(), loader)
        orders.append([int(x) for x in seen])
    assert orders[0] == orders[1] == [11, 11, 12, 12, 13, 13]
    assert capfd.readouterr().out.count("in persistent workers, counts its epochs or draws") == 1


class Evens(Sampler):
    def __iter__(self):
        return iter(range(0, 12, 2))


LOADERS = {
    "a sampler of the script: ": DataLoader(
        RandomDataset(32, 12), batch_sampler=BatchSampler(Evens(), 2, drop_last=True)
    ),
    "a loader that is no DataLoader: ": iter([torch.ones(2, 32)]),
}


@pytest.mark.parametrize("sentence", LOADERS)
def test_a_loader_that_may_not_be_exact_is_said(sentence, tmp_path, capsys):
    options = {"max_epochs": 1, "limit_train_batches": 1, "accelerator": "cpu", "logger": False}
    exact.fit(tmp_path, BoringModel(), LOADERS[sentence], **options)
    assert f"{sentence}if it counts its epochs" in capsys.readouterr().out


class Counter(Callback):
    n = 0

    def on_train_batch_end(self, *_):
        self.n += 1


def test_a_callback_finds_its_state_where_others_were(tmp_path):
    for n_epochs, others in ((1, [LambdaCallback()]), (2, [])):
        bar = dict.fromkeys(("enable_progress_bar", "enable_model_summary"), bool(others))
        counter = Counter()
        kept = [*others, counter, ModelCheckpoint(tmp_path)]
        train(tmp_path, max_epochs=n_epochs, callbacks=kept, **bar)
    assert load(tmp_path / "last.ckpt")["epoch"] == n_epochs and counter.n == 8


class Ended(RandomDataset):
    def __getitem__(self, index):
        return next(iter([]))


def test_a_dataset_cannot_end_an_epoch_by_stop_iteration(tmp_path):
    with pytest.raises(RuntimeError, match="StopIteration"):
        exact.fit(tmp_path, BoringModel(), DataLoader(Ended(32, 12), 3), accelerator="cpu")


class Killed(RandomDataset):
    """Ends the process that loads it, as Linux does when the memory is used up."""

    def __getitem__(self, index):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_asks_for_a_restart(tmp_path):
    loader = DataLoader(Killed(32, 12), 3, num_workers=1)
    with pytest.raises(SystemExit) as ended:
        exact.fit(tmp_path, BoringModel(), loader, accelerator="cpu", logger=False)
    assert ended.value.code == exact.START_AGAIN


@pytest.mark.parametrize("restarts", ["0", "1"])
def test_what_stands_twice_is_the_same(restarts, tmp_path, monkeypatch):
    """Here, as this file may be copied, and where no PyTorch is imported."""
    for name in ("LAST", "PREVIOUS", "LOCK"):
        assert getattr(exact, name) == getattr(run_folder, name)
    assert (exact.STOPPED, exact.START_AGAIN) == (environment.STOPPED, slurm.START_AGAIN)
    monkeypatch.setenv("SLURM_RESTART_COUNT", restarts)
    assert exact.hold(tmp_path).timeout == slurm.seconds_for_lock()


ALONE = """
import os, signal
from contextlib import suppress
from pytorch_lightning import seed_everything
from pytorch_lightning.demos.boring_classes import BoringModel
from exact import fit

class Model(BoringModel):
    def training_step(self, batch, batch_idx):
        if batch_idx == 9:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().training_step(batch, batch_idx)

for model, run in (BoringModel, "alone"), (Model, "stopped"), (BoringModel, "stopped"):
    seed_everything(0)
    with suppress(SystemExit):
        fit(run, model(), max_epochs=1, logger=False, accelerator="cpu")
"""


def needed(names: set[str]) -> set[str]:
    """These packages and all that they need."""
    found = set()
    while names:
        name = names.pop()
        wanted = Requirement(name)
        if wanted.name in found:
            continue
        found.add(wanted.name)
        for text in distribution(wanted.name).requires or ():
            marker = Requirement(text).marker
            extras = wanted.extras or {""}
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                names.add(text)
    return found


def test_the_file_alone_needs_torch_lightning_and_filelock(tmp_path):
    packages = tmp_path / "packages"
    packages.mkdir()
    for name in needed({"torch", "pytorch-lightning", "filelock"}):
        for path in distribution(name).files:
            link = packages / path.parts[0]
            if path.parts[0] not in ("..", "__pycache__") and not link.exists():
                link.symlink_to(distribution(name).locate_file(path.parts[0]))
    (tmp_path / "exact.py").write_text(Path(exact.__file__).read_text())
    (tmp_path / "mine.py").write_text(ALONE)
    command = [sys.executable, "-S", "mine.py"]
    environment = {"PYTHONPATH": str(packages)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "going on with stopped after step 10" in done.stdout, done.stderr
    ours, theirs = (load(tmp_path / run / "last.ckpt") for run in ("stopped", "alone"))
    assert differences(ours["state_dict"], theirs["state_dict"], "") == []


PLANTED = """
import copy, os, sys
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler
from exact import fit

steps = [0]
is_planted = "planted" in sys.argv

class Data(pl.LightningDataModule):
    def setup(self, stage):
        self.x = torch.randn(80, 4)

    def train_dataloader(self):
        sampler = WeightedRandomSampler(torch.ones(80), 80)
        return DataLoader(TensorDataset(self.x), 4, sampler=sampler)

class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(4, 1)
        self.__dict__["target"] = copy.deepcopy(self.net)

    def training_step(self, batch, batch_idx):
        loss = (self.net(batch[0]) - self.target(batch[0])).pow(2).mean() * (1 + steps[0])
        if is_planted:
            steps[0] += 1
            self.target.bias.data += 0.1
            self.trainer.train_dataloader.sampler.weights[:9] += 1
            self.trainer.datamodule.x[:] *= 0.99
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())

if __name__ == "__main__":
    pl.seed_everything(0)
    n = int(os.environ.get("WORLD_SIZE", 1))
    options = {"accelerator": "cpu", "devices": n, "enable_progress_bar": False}
    fit("mine", Model(), Data(), max_epochs=99, **options)
    print("not here")
"""
NOT_KEPT = {
    "steps of __main__",
    "target of Model",
    "weights of WeightedRandomSampler",
    "x of Data",
}


def prove(folder, *command: str) -> subprocess.CompletedProcess:
    """Prove the script with the copied file alone."""
    (folder / "exact.py").write_text(Path(exact.__file__).read_text())
    (folder / "mine.py").write_text(PLANTED)
    command = [sys.executable, "exact.py", "prove", *command]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_prove_names_what_differs_and_what_is_behind_it(tmp_path):
    done = prove(tmp_path, "mine.py", "planted")
    assert "not here" not in done.stdout and "stopped after step" in done.stdout, done.stderr
    assert not any(tmp_path.glob("mine/*"))
    assert done.returncode == 1
    assert "\n state_dict net.weight\n" in done.stdout
    said = re.findall("^(.+) changes in the training, and is not kept", done.stdout, re.M)
    assert {*said} == NOT_KEPT


def test_prove_starts_several_processes(tmp_path):
    torchrun = "-m", "torch.distributed.run", "--nproc-per-node=2"
    done = prove(tmp_path, *torchrun, "mine.py")
    assert "stopped after step" in done.stdout and done.stdout.endswith("\nnothing differs\n")
    assert done.returncode == 0
