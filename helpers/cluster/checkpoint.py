"""Checkpoints: written whole or not at all, kept up to date during a run, and looked at before they are used.

`KeepLast` is also our half of preemption: on a signal, all processes save the same step and stop. SLURM's half is
preemption.py.
"""

import os
import signal
import time
from pathlib import Path
from typing import Literal

import torch
from lightning_fabric.plugins.io import TorchCheckpointIO
from pytorch_lightning.callbacks import Checkpoint, ModelCheckpoint
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, require
from helpers.cluster.preemption import warned
from helpers.cluster.resuming import sort_gradients
from helpers.scores import VAL_ACC, Scores

LAST, PREVIOUS = "last.ckpt", "previous.ckpt"


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place and moves it there when it is whole.

    Lightning's lies in a temporary folder first: from another file system, its move is a copy, which may stop half-way.
    Of last.ckpt the one before is kept too, as previous.ckpt.
    """

    def save_checkpoint(self, checkpoint, path, storage_options=None):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(part, "wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            if path.name == LAST and path.exists():
                previous = path.with_name(PREVIOUS)
                previous.unlink(missing_ok=True)
                try:
                    os.link(path, previous)  # and not moved: somebody may wait for last.ckpt, or read it
                except OSError:  # a file system without links
                    os.replace(path, previous)
            os.replace(part, path)
        except RuntimeError as error:  # PyTorch's, when the disk is full
            raise (error.__context__ or error) from None
        finally:
            part.unlink(missing_ok=True)


class Interrupted(Exception):
    """The run was asked to stop, and is saved up to the step that it was at: a sentence, and whether SLURM asked."""


class KeepBest(ModelCheckpoint):
    """Writes best.ckpt, the network with the best validation so far. Of several that are equally good, the latest.

    It is for runs that get worse towards their end, and may be chosen by chance: see `after_fit` of helpers.train.

    Args:
        monitor: the name of what is compared, as it is logged
        mode: which is better, the highest or the lowest value
    """

    def __init__(self, monitor: str = VAL_ACC, mode: Literal["max", "min"] = "max"):
        super().__init__(filename="best", monitor=monitor, mode=mode, enable_version_counter=False)

    def setup(self, trainer, module, stage):
        self.dirpath = trainer.default_root_dir
        super().setup(trainer, module, stage)

    def on_validation_end(self, trainer, module):
        if not trainer.sanity_checking or self.monitor == VAL_ACC:  # what is never logged is missed before training
            Scores(trainer.callback_metrics)[self.monitor]
        super().on_validation_end(trainer, module)

    def check_monitor_top_k(self, trainer, current=None) -> bool:
        as_good = current is not None and bool(current == self.best_model_score)
        return trainer.strategy.reduce_boolean_decision(as_good) or super().check_monitor_top_k(trainer, current)


class KeepLast(Checkpoint):
    """Writes last.ckpt every few steps and after each epoch, and before it stops the training.

    It stops on Ctrl-C, on SIGTERM, and on SLURM's warning (see helpers.cluster.preemption); Ctrl-C after that stops at
    once. Only after whole steps: in the middle of one, weights are half updated or gradients half accumulated. Where a
    validation is due after the step, it comes first: on resuming, Lightning would leave it out.

    A GPU does a step in milliseconds: to ask all processes takes as long, to write a checkpoint far longer. So there
    it looks for a signal every LOOK steps, all processes at the same one, and writes every PAUSE seconds at most.

    Args:
        every_n_train_steps: write last.ckpt after so many steps; on a GPU, every 5 s at most
    """

    LOOK, PAUSE = 10, 5.0

    def __init__(self, every_n_train_steps: int = 50):
        require(every_n_train_steps >= 1, f"last.every_n_train_steps is {every_n_train_steps}: it must be at least 1.")
        self.every_n_train_steps, self.asked, self.before = every_n_train_steps, False, {}
        self.processes, self.due_after_validation, self.look, self.pause, self.written = 0, False, 1, 0.0, 0.0

    def state_dict(self) -> dict[str, int]:
        return {"processes": self.processes}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.processes = state["processes"]

    def on_train_start(self, trainer, module):
        if self.processes not in (0, trainer.world_size):
            now = f"{trainer.world_size} process{'es' * (trainer.world_size > 1)}"
            another = "from here on the batches, and so the results, are not those of a run that was never stopped"
            rank_zero_only(print)(f"going on in {now} instead of {self.processes}: {another}", flush=True)
        self.processes = trainer.world_size
        if trainer.strategy.root_device.type == "cuda":
            self.look, self.pause = self.LOOK, self.PAUSE
        sort_gradients(trainer.model)
        self.before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}

    def _ask(self, number, frame):
        self.asked = True
        signal.signal(signal.SIGINT, self.before[signal.SIGINT])  # SLURM may well send SIGTERM twice

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        if not trainer.is_last_batch and (batch_idx + 1) % trainer.accumulate_grad_batches == 0:
            loop = trainer.fit_loop
            self.due_after_validation = loop.epoch_loop._should_check_val_fx(loop._data_fetcher)
            if not self.due_after_validation:
                self._save(trainer)

    def on_validation_end(self, trainer, module):
        if self.due_after_validation:
            self.due_after_validation = False
            self._save(trainer)

    def on_train_epoch_end(self, trainer, module):
        self._save(trainer, epoch_ends=True)

    def _save(self, trainer, epoch_ends: bool = False):
        due = trainer.global_step % self.every_n_train_steps == 0
        if not (due or epoch_ends or trainer.global_step % self.look == 0):
            return
        any_process = trainer.strategy.reduce_boolean_decision
        stop = any_process(self.asked or warned(), all=False)
        # the clocks differ: what one process finds is done by all
        if stop or epoch_ends or due and any_process(time.monotonic() - self.written >= self.pause, all=False):
            trainer.save_checkpoint(Path(trainer.default_root_dir) / LAST, weights_only=False)
            self.written = time.monotonic()
        if stop:
            command = f"python -m helpers.train fit --run {trainer.default_root_dir} --resume"
            sentence = f"stopped after step {trainer.global_step}; go on with: {command}"
            raise Interrupted(sentence, any_process(warned(), all=False))

    def on_train_end(self, trainer, module):
        for number, handler in self.before.items():
            signal.signal(number, handler)


def resumable(run: Path) -> bool:
    """Whether the folder of a run holds something to go on from."""
    return any((run / name).is_file() for name in (LAST, PREVIOUS))


def check_last(run: Path) -> int:
    """The number of training steps behind last.ckpt of a run. If it is missing or broken, previous.ckpt replaces it.

    Raises InputError when that does not help.
    """
    last, previous = run / LAST, run / PREVIOUS
    try:
        return check_checkpoint(last)
    except InputError:
        try:
            step = check_checkpoint(previous)
        except InputError:
            none = f"{run} has neither a whole {LAST} nor a whole {PREVIOUS} to go on from"
            raise InputError(f"{none}: begin a new run, and name it by --run.") from None
        wrong = "broken" if last.exists() else "missing"
        print(f"{last} is {wrong}: the checkpoint before it, {PREVIOUS}, takes its place", flush=True)
        os.replace(previous, last)
        return step


def check_checkpoint(path: Path) -> int:
    """The number of training steps behind a checkpoint. Raises InputError unless it is there and whole."""
    require(path.is_file(), f"there is no checkpoint {path}.")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)["global_step"]
    except Exception as error:
        raise InputError(f"{path} is no whole checkpoint ({type(error).__name__}): use another one.") from None
