"""A command that trains in one process or in many, and in one folder a run: Lightning's, with that around it."""

import errno
import io
import os
import sys
from contextlib import ExitStack, redirect_stderr
from pathlib import Path

import torch
from pytorch_lightning.callbacks import LambdaCallback
from pytorch_lightning.cli import LightningCLI
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, require
from helpers.cluster.checkpoint import LAST, AtomicCheckpointIO, KeepBest, KeepLast, check_checkpoint
from helpers.cluster.process_group import ProcessGroup
from helpers.cluster.run_folder import find_run
from helpers.data import DigitsDataModule
from helpers.setup import environment


class RunCLI(LightningCLI):
    """LightningCLI with one folder a run: --run names it, --resume goes on in it. It is held while the run lasts.

    LightningCLI calls the methods below in their order, and `after_fit` of its subclass at the end.
    """

    def __init__(self, *classes: type, group: ProcessGroup, held: ExitStack, **kwargs):
        self.group, self.held, self.run = group, held, Path()
        super().__init__(*classes, seed_everything_default=0, save_config_callback=None, **kwargs)

    def add_arguments_to_parser(self, parser):
        run = parser.add_argument_group("Which run")
        run.add_argument("--run", default="", help="folder of the run; without it the next free runs/<number>")
        run.add_argument("--resume", action="store_true", help="go on from last.ckpt of --run, or of the newest run")
        run.add_argument("--own", default="", help="module with classes Model and Data, in place of the course's")
        parser.add_lightning_class_args(KeepBest, "best")
        parser.add_lightning_class_args(KeepLast, "last")
        if self.datamodule_class is DigitsDataModule:
            parser.link_arguments("data.name", "model.data")  # images are normalised in one, and shown by the other
            parser.set_defaults({"model.compile": None})  # on a GPU, then; in a chapter, trainings are too short for it
        ours = [run, *(parser.groups[name] for name in ("model", "data", "best", "last"))]
        parser._action_groups.sort(key=lambda group: group not in ours)  # Lightning's come after them in --help

    def parse_arguments(self, parser, args):
        with redirect_stderr(sys.stderr if self.group.rank == 0 else io.StringIO()):
            self.config = parser.parse_args(args)
        config = self.config[self.config.subcommand]
        self.group.check_devices(config.trainer.devices, config.trainer.num_nodes, config.trainer.accelerator)
        if self.config.subcommand == "fit":
            self._find_run(parser, args)
        if path := self.config[self.config.subcommand].ckpt_path:
            check_checkpoint(Path(path))

    def _find_run(self, parser, args: list[str]) -> None:
        """Agree with the other processes on the folder, self.run, and on what the run goes on from."""
        config = self.config.fit
        every = config.trainer.accumulate_grad_batches
        require(every >= 1, f"--trainer.accumulate_grad_batches is {every}: it must be at least 1.")
        name, step = self.group.agree("run", lambda: find_run(config.run, config.resume, self.held))
        self.run = Path(name)
        self.group.check_shared(self.run)
        if config.resume:  # parsed again, with the options of the run, unless they are given anew
            saved, at = f"--config={self.run / 'config.yaml'}", args.index("fit") + 1
            self.config = parser.parse_args([*args[:at], saved, *args[at:]])
            config = self.config.fit
            same = config.model == parser.parse_args(["fit", saved]).fit.model
            require(same, f"{self.run} goes on with the network it has: leave the --model options as they are.")
        if step is not None:
            config.ckpt_path = str(self.run / LAST)
            rank_zero_only(print)(f"going on with {self.run} after step {step}", flush=True)
        config.trainer.default_root_dir = name

    def instantiate_classes(self):
        try:
            super().instantiate_classes()
        except (ValueError, ImportError) as error:  # of a model or data, and of a precision that needs another package
            raise InputError(str(error)) from None

    def instantiate_trainer(self, **kwargs):
        kwargs |= {"logger": False, **self.group.options}
        if self.subcommand == "fit":
            kwargs["plugins"] = [*kwargs["plugins"], AtomicCheckpointIO()]
            kwargs["logger"] = [CSVLogger(self.run, "metrics"), TensorBoardLogger(self.run, "tensorboard")]
        if torch.cuda.is_available():
            os.environ.setdefault("TQDM_MINITERS", "10")  # steps: each time that the bar moves, it waits for the GPU
        trainer = super().instantiate_trainer(**kwargs)
        environment.divide_threads(trainer.num_devices)
        trainer._signal_connector.register_signal_handlers = lambda: None  # Lightning's wait for other processes
        if trainer.strategy.root_device.type == "cuda" and trainer.precision.startswith("bf16"):
            only = f"{torch.cuda.get_device_name()} only imitates bfloat16: use --trainer.precision 16-mixed."
            require(torch.cuda.is_bf16_supported(including_emulation=False), only)
        trainer.callbacks.append(LambdaCallback(on_train_start=self._keep_options))
        self.group.join(trainer.strategy.root_device)
        return trainer

    def _run_subcommand(self, subcommand: str) -> None:
        try:
            super()._run_subcommand(subcommand)
        except OSError as error:
            inside = error.filename and Path(error.filename).absolute().is_relative_to(self.run.absolute())
            if not self.run.name or not inside and error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                raise
            advice = f"mend that, then go on with: python -m helpers.train fit --run {self.run} --resume"
            raise InputError(f"{error.filename or self.run} cannot be written ({error.strerror}): {advice}") from None

    @rank_zero_only
    def _keep_options(self, trainer, module):
        """Write the options of the run beside its checkpoints, where --resume reads them, once they have worked."""
        self._parser("fit").save(self.config.fit, self.run / ".config.yaml", overwrite=True)
        os.replace(self.run / ".config.yaml", self.run / "config.yaml")
