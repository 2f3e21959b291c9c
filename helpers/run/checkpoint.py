"""Which checkpoints a run of the command keeps: the best network, and all it takes to go on."""

import os
from pathlib import Path
from typing import Literal

from pytorch_lightning.callbacks import ModelCheckpoint

from helpers.engine.scores import LOSS, VAL_ACC, Scores
from helpers.run import exact, slurm
from helpers.run.run_folder import BEST, how_to_resume


class KeepBest(ModelCheckpoint):
    """Writes best.ckpt, the network with the best validation so far.

    Of several that are equally good, it keeps the latest. It is for runs that get worse towards
    their end, and may be chosen by chance: see `after_fit` of helpers.train.

    Args:
        monitor: the name of what is compared, as it is logged
        mode: which is better, the highest or the lowest value; of a loss, it is the lowest
    """

    def __init__(self, monitor: str = VAL_ACC, mode: Literal["max", "min"] = "max"):
        if monitor.endswith(LOSS):
            mode = "min"
        super().__init__(filename="best", monitor=monitor, mode=mode, enable_version_counter=False)

    def setup(self, trainer, module, stage):
        self.dirpath = trainer.default_root_dir
        super().setup(trainer, module, stage)

    def load_state_dict(self, state_dict):
        # Lightning would remove the one file that a checkpoint names, and test the other: these
        # could be any file, or an address. Here it is best.ckpt of this run.
        path = os.path.join(self.dirpath, BEST)
        if not os.path.isfile(path):  # it was in the folder of another run
            return
        super().load_state_dict(state_dict)
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


class KeepLast(exact.KeepLast):
    def interrupt(self, step, is_warned):
        """Stop the run. A job at its time limit has to be requeued; see slurm.py."""
        sentence = (
            f"stopped after step {step}; {how_to_resume(Path(self.trainer.default_root_dir))}"
        )
        # the first process asks SLURM, and all do what it hears
        is_making_room = is_warned and self.trainer.is_global_zero and slurm.is_making_room()
        if self.trainer.strategy.reduce_boolean_decision(is_making_room, all=False):
            sentence += "\nSLURM requeues the job, as a more urgent one takes its place"
            is_warned = False
        status = exact.START_AGAIN if is_warned else exact.STOPPED
        raise exact.Interrupted(sentence, status)
