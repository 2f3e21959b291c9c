"""A command that trains in one process or in many, and in one folder a run: Lightning's, with that around it."""

import io
import sys
from contextlib import ExitStack, redirect_stderr
from functools import partial
from pathlib import Path

from pytorch_lightning import Trainer
from pytorch_lightning.cli import LightningCLI
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, require
from helpers.cluster.checkpoint import AtomicCheckpointIO, KeepBest, KeepLast, check_checkpoint
from helpers.cluster.processes import Group
from helpers.cluster.run_folder import find_run


class RunCLI(LightningCLI):
    """LightningCLI with one folder a run: --run names it, --resume goes on in it. It is held while the run lasts."""

    def __init__(self, *args, group: Group, held: ExitStack, **kwargs):
        self.group, self.held = group, held
        super().__init__(*args, **kwargs)

    def add_arguments_to_parser(self, parser):
        run, own = "folder of the run; without it the next free runs/<number>", "module with classes Model and Data"
        parser.add_argument("--run", type=str, default="", help=run)
        parser.add_argument("--resume", action="store_true", help="go on from last.ckpt of --run, or of the newest run")
        parser.add_argument("--own", type=str, default="", help=f"{own}, in place of the course's")
        parser.add_lightning_class_args(KeepBest, "best")
        parser.add_lightning_class_args(KeepLast, "last")
        # in --help, Lightning's options come after ours
        parser._action_groups.sort(key=lambda group: any(a.dest == "trainer" for a in group._group_actions))

    def parse_arguments(self, parser, args):
        args = list(sys.argv[1:] if args is None else args)
        with redirect_stderr(sys.stderr if self.group.rank == 0 else io.StringIO()):
            self.config = parser.parse_args(args)
        config = self.config[self.config.subcommand]
        self.group.check_devices(config.trainer.devices, config.trainer.num_nodes, config.trainer.accelerator)
        if self.config.subcommand == "fit":
            every = config.trainer.accumulate_grad_batches
            require(every >= 1, f"--trainer.accumulate_grad_batches is {every}: it must be at least 1.")
            find = partial(find_run, config.run, config.resume, self.group.job, self.held)
            name, resume = self.group.agree("run", find)  # from here on in helpers/cluster: which folder, and whose
            self.run = Path(name)
            self.group.check_shared(self.run)
            if config.resume:  # with the options of the run, unless they are given anew
                saved = f"--config={self.run / 'config.yaml'}"
                args.insert(args.index("fit") + 1, saved)
                self.config = parser.parse_args(args)
                config = self.config.fit
                same = config.model == parser.parse_args(["fit", saved]).fit.model
                require(same, f"{self.run} goes on with the network it has: leave the --model options as they are.")
            if resume:
                config.ckpt_path = str(self.run / "last.ckpt")
            config.trainer.default_root_dir = str(self.run)
        if config.ckpt_path:
            step = check_checkpoint(Path(config.ckpt_path))
            if self.config.subcommand == "fit" and resume:
                rank_zero_only(print)(f"going on with {self.run} after step {step}", flush=True)

    def instantiate_classes(self):
        try:
            super().instantiate_classes()
        except (ValueError, MisconfigurationException) as error:
            raise InputError(str(error)) from None

    def instantiate_trainer(self, **kwargs) -> Trainer:
        kwargs |= {"logger": False, **self.group.trainer_options()}
        if self.subcommand == "fit":
            kwargs["plugins"] += [AtomicCheckpointIO()]
            kwargs["logger"] = [CSVLogger(self.run, "metrics"), TensorBoardLogger(self.run, "tensorboard")]
        trainer = super().instantiate_trainer(**kwargs)
        self.group.join(trainer.strategy.root_device)
        return trainer
