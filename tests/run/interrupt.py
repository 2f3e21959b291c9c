"""A callback that interrupts training at a chosen place, always the same."""

import os
import signal
import time

import torch
from pytorch_lightning import Callback

from helpers.run.slurm import restarts


class Interrupt(Callback):
    """Sends one process a signal, at another place in each start of a job.

    at: for the first start, the first restart, ...: "step n" while step n (from 0) is computed, "validation"
        "kill n": as "step n", but nothing can be saved; "wait n": in step n, until SLURM's own signal has come;
        "memory n": no memory is left in step n
    """

    def __init__(self, at: list[str], rank: int = 1):
        self.at, self.rank = dict(enumerate(at)).get(restarts(), ""), rank

    def state_dict(self):
        return {}  # else a run that goes on would be given back what its start before has done

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        n = trainer.global_step
        self._interrupt(trainer, f"step {n}")
        self._interrupt(trainer, f"kill {n}", signal.SIGKILL)
        if self.at == f"memory {n}" and trainer.global_rank == self.rank:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        while self.at == f"wait {n}" and signal.SIGUSR1 not in signal.sigpending():
            time.sleep(0.05)

    def on_validation_batch_start(self, trainer, *arguments):
        if not trainer.sanity_checking:
            self._interrupt(trainer, "validation")

    def _interrupt(self, trainer, place: str, number: int = signal.SIGUSR1):
        if self.at == place and trainer.global_rank == self.rank:
            self.at = ""
            os.kill(os.getpid(), number)
