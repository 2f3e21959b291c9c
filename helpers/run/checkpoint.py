"""Which checkpoints a run keeps: the best network, and at any time all it takes to go on.

`KeepLast` is also our half of preemption: on a signal, all processes save the same step and stop.
SLURM's half is slurm.py.
"""

import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from lightning_fabric.plugins.io import TorchCheckpointIO
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Checkpoint, ModelCheckpoint
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from torch.nn.parallel import DistributedDataParallel

from helpers import require
from helpers.engine import private_names
from helpers.engine.exact_restart import ResumableLoader
from helpers.engine.scores import VAL_ACC, Scores
from helpers.run import slurm
from helpers.run.run_folder import LAST, PREVIOUS, how_to_resume
from helpers.tools.plural import plural
from helpers.tools.write_whole import write_whole


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes checkpoints whole or not at all, and keeps the last.ckpt before as previous.ckpt.

    Lightning's lies in a temporary folder first: from another file system, its move is a copy,
    which may stop half-way.
    """

    def save_checkpoint(self, checkpoint, path, storage_options=None):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write_whole(path, partial(_write, checkpoint, path))
        except RuntimeError as error:  # PyTorch's, when the disk is full
            raise (error.__context__ or error) from None


def _write(checkpoint, path, file):
    torch.save(checkpoint, file)
    if path.name != LAST or not path.exists():
        return
    previous = path.with_name(PREVIOUS)
    previous.unlink(missing_ok=True)
    try:
        os.link(path, previous)  # and not moved: somebody may wait for last.ckpt, or read it
    except OSError:  # a file system without links
        os.replace(path, previous)


class Interrupted(Exception):
    """The run was asked to stop, and is saved up to the step that it was at.

    Its arguments: a sentence, and whether SLURM has to be asked to start the job again.
    """


class KeepBest(ModelCheckpoint):
    """Writes best.ckpt, the network with the best validation so far.

    Of several that are equally good, it keeps the latest. It is for runs that get worse towards
    their end, and may be chosen by chance: see `after_fit` of helpers.train.

    Args:
        monitor: the name of what is compared, as it is logged
        mode: which is better, the highest or the lowest value
    """

    def __init__(self, monitor: str = VAL_ACC, mode: Literal["max", "min"] = "max"):
        super().__init__(filename="best", monitor=monitor, mode=mode, enable_version_counter=False)

    def setup(self, trainer, module, stage):
        self.dirpath = trainer.default_root_dir
        super().setup(trainer, module, stage)

    def load_state_dict(self, state_dict):
        super().load_state_dict(state_dict)
        # Lightning would remove the one file that a checkpoint names, and test the other: these
        # could be any file, or an address. Here it is best.ckpt of this run.
        path = os.path.join(self.dirpath, self.filename + self.FILE_EXTENSION)
        if self.best_model_path:
            self.best_model_path = path
        if self.best_k_models:
            self.kth_best_model_path = path
            self.best_k_models = {path: self.best_model_score}

    def on_validation_end(self, trainer, module):
        # complain before the training about a score that is never logged
        if not trainer.sanity_checking or self.monitor == VAL_ACC:
            Scores(trainer.callback_metrics)[self.monitor]
        super().on_validation_end(trainer, module)

    def check_monitor_top_k(self, trainer, current=None) -> bool:
        is_as_good = current is not None and bool(current == self.best_model_score)
        is_as_good_anywhere = trainer.strategy.reduce_boolean_decision(is_as_good)
        return is_as_good_anywhere or super().check_monitor_top_k(trainer, current)


class KeepLast(Checkpoint):
    """Writes last.ckpt every few steps and after each epoch, and before it stops the training.

    It stops on Ctrl-C, on SIGTERM, and on SLURM's warning (see helpers.run.slurm); Ctrl-C
    after that stops at once. It stops only after whole steps: in the middle of one, weights are
    half updated or gradients half accumulated. Where a validation is due after the step, it comes
    first: on resuming, Lightning would leave it out.

    A GPU does a step in milliseconds: to ask all processes takes as long, to write a checkpoint far
    longer. So there it looks for a signal every ten steps, all processes at the same one, and
    writes every 5 s at most.

    Args:
        every_n_train_steps: write last.ckpt after so many steps; on a GPU, every 5 s at most
    """

    def __init__(self, every_n_train_steps: int = 50):
        require(
            every_n_train_steps >= 1,
            f"last.every_n_train_steps is {every_n_train_steps}: it must be at least 1.",
        )
        self.every_n_train_steps = every_n_train_steps
        self.steps_between_looks = 1
        self.seconds_between_saves = 0.0
        self.saved_at = 0.0  # s, by the monotonic clock
        self.was_asked_to_stop = False
        self.saves_after_validation = False
        self.handlers_before = {}
        self.n_processes = 0  # that have trained the run so far; 0 for a new one
        self.batch_size = 0  # of the run so far; 0 for a new one, or if the data have none

    def state_dict(self) -> dict[str, int]:
        return {"processes": self.n_processes, "batch_size": self.batch_size}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.n_processes = state["processes"]
        self.batch_size = state["batch_size"]

    def on_train_start(self, trainer, module):
        batch_size = getattr(trainer.datamodule, "batch_size", 0)
        changes = []
        if self.n_processes not in (0, trainer.world_size):
            changes.append(f"{plural(trainer.world_size, 'process')} instead of {self.n_processes}")
        if self.batch_size not in (0, batch_size):
            changes.append(f"batches of {batch_size} instead of {self.batch_size}")
            count_in_other_batches(trainer, self.batch_size, batch_size)
        for change in changes:
            rank_zero_only(print)(
                f"going on in {change}: from here on the batches, and so the results, are not "
                "those of a run that was never stopped",
                flush=True,
            )
        self.n_processes = trainer.world_size
        self.batch_size = batch_size
        if trainer.strategy.root_device.type == "cuda":
            self.steps_between_looks = 10
            self.seconds_between_saves = 5.0
        sort_gradients(trainer.model)
        for number in (signal.SIGINT, signal.SIGTERM):
            self.handlers_before[number] = signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, number, frame):
        self.was_asked_to_stop = True
        # SLURM may well send SIGTERM twice
        signal.signal(signal.SIGINT, self.handlers_before[signal.SIGINT])

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        is_whole_step = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        if trainer.is_last_batch or not is_whole_step:
            return
        self.saves_after_validation = private_names.is_validation_due(trainer)
        if not self.saves_after_validation:
            self._save(trainer)

    def on_validation_end(self, trainer, module):
        if self.saves_after_validation:
            self.saves_after_validation = False
            self._save(trainer)

    def on_train_epoch_end(self, trainer, module):
        self._save(trainer, epoch_ends=True)

    def _save(self, trainer, epoch_ends=False):
        step = trainer.global_step
        is_due = step % self.every_n_train_steps == 0
        if not (is_due or epoch_ends or step % self.steps_between_looks == 0):
            return
        # the clocks differ: what one process finds is done by all
        any_process = partial(trainer.strategy.reduce_boolean_decision, all=False)
        stops = any_process(self.was_asked_to_stop or slurm.is_warned())
        is_late = time.monotonic() - self.saved_at >= self.seconds_between_saves
        if stops or epoch_ends or is_due and any_process(is_late):
            for logger in trainer.loggers:  # what a resumed run will not log again
                logger.save()
            trainer.save_checkpoint(Path(trainer.default_root_dir, LAST), weights_only=False)
            self.saved_at = time.monotonic()
        if stops:
            sentence = f"stopped after step {step}; {how_to_resume(trainer.default_root_dir)}"
            is_warned = any_process(slurm.is_warned())
            if any_process(is_warned and trainer.is_global_zero and slurm.is_making_room()):
                sentence += "\nSLURM requeues the job, as a more urgent one takes its place"
                is_warned = False
            raise Interrupted(sentence, is_warned)

    def on_train_end(self, trainer, module):
        for number, handler in self.handlers_before.items():
            signal.signal(number, handler)


def count_in_other_batches(trainer: Trainer, before: int, now: int) -> None:
    """Have an epoch go on after the examples it has seen, in batches of another size.

    Without this, it would go on after as many batches: then, with larger ones, most of the epoch is
    left out, and its validation too. At least one batch is still to come.

    Args:
        trainer: which is about to go on
        before: examples in a batch of the run so far
        now: examples in a batch from here on
    """
    if not trainer.fit_loop.restarted_mid_epoch:
        return
    progress = trainer.fit_loop.epoch_loop.batch_progress.current
    seen = progress.ready
    n_batches = max(1, min(seen * before // now, trainer.num_training_batches - 1))
    for name in ("ready", "started", "processed", "completed"):
        setattr(progress, name, getattr(progress, name) + n_batches - seen)
    loader = trainer.train_dataloader
    if isinstance(loader, ResumableLoader):
        loader.position = {"epoch": loader.epoch, "given": n_batches}


def sort_gradients(net: torch.nn.Module) -> None:
    """Have DDP sort the gradients into their final buckets now, not in the first training step.

    DDP begins each start with one bucket for all gradients, and sorts them anew after the first
    backward pass, by the order in which they were ready. The processes' gradients are added up in
    an order that depends on the place in the bucket. So from three processes on (with two, a + b is
    b + a) the first step of a resumed run would be rounded otherwise than the same step of a run
    that was never stopped.
    """
    if not isinstance(net, DistributedDataParallel):
        return
    if net.find_unused_parameters or net.static_graph:
        return
    private_names.prepare_buckets(net)
    torch.autograd.backward([weight.sum() for weight in net.parameters() if weight.requires_grad])
    net.zero_grad()
