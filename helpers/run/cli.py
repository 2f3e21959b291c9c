"""A command that trains in one process or in many, and in one folder a run.

It is LightningCLI, with that around it.
"""

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
from helpers.engine import private_names
from helpers.run.checkpoint import LAST, AtomicCheckpointIO, check_checkpoint
from helpers.run.checkpoint_callbacks import KeepBest, KeepLast
from helpers.run.rendezvous import Rendezvous
from helpers.run.run_folder import find_run
from helpers.setup import environment


class RunCLI(LightningCLI):
    """LightningCLI with one folder a run: --run names it, --resume goes on in it.

    The folder is held while the run lasts. LightningCLI calls the methods below in their order, and
    `after_fit` of its subclass at the end.
    """

    def __init__(self, *classes: type, rendezvous: Rendezvous, held: ExitStack, **kwargs):
        self.rendezvous = rendezvous
        self.held = held
        self.run = Path()
        super().__init__(*classes, seed_everything_default=0, save_config_callback=None, **kwargs)

    def add_arguments_to_parser(self, parser):
        group = parser.add_argument_group("Which run")
        group.add_argument(
            "--run", default="", help="folder of the run; without it the next free runs/<number>"
        )
        group.add_argument(
            "--resume",
            action="store_true",
            help="go on from last.ckpt of --run, or of the newest run",
        )
        group.add_argument(
            "--own",
            default="",
            help="module with classes Model and Data, in place of the course's",
        )
        parser.add_lightning_class_args(KeepBest, "best")
        parser.add_lightning_class_args(KeepLast, "last")
        names = ("model", "data", "best", "last")
        private_names.show_first(parser, [group, *(parser.groups[name] for name in names)])

    def parse_arguments(self, parser, args):
        self.rendezvous.check_same(args)
        is_first = self.rendezvous.rank == 0
        complaints = sys.stderr if is_first else io.StringIO()  # the same in all processes
        with redirect_stderr(complaints):
            self.config = parser.parse_args(args)
        trainer = self.config[self.config.subcommand].trainer
        self.rendezvous.check_devices(trainer.devices, trainer.num_nodes, trainer.accelerator)
        if self.config.subcommand == "fit":
            self._find_run(parser, args)
        path = self.config[self.config.subcommand].ckpt_path
        if path:
            check_checkpoint(Path(path))

    def _find_run(self, parser, args: list[str]) -> None:
        """Agree with the other processes on the folder and on what the run goes on from."""
        config = self.config.fit
        every = config.trainer.accumulate_grad_batches
        require(every >= 1, f"--trainer.accumulate_grad_batches is {every}: it must be at least 1.")
        name, step = self.rendezvous.agree(
            "run", lambda: find_run(config.run, config.resume, self.held)
        )
        self.run = Path(name)
        self.rendezvous.check_shared(self.run)
        if config.resume:  # parsed again, with the options of the run, unless they are given anew
            saved = f"--config={self.run / 'config.yaml'}"
            place = args.index("fit") + 1
            self.config = parser.parse_args([*args[:place], saved, *args[place:]])
            config = self.config.fit
            require(
                config.model == parser.parse_args(["fit", saved]).fit.model,
                f"{self.run} goes on with the network it has: leave the --model options as they "
                "are.",
            )
        if step is not None:
            config.ckpt_path = str(self.run / LAST)
            rank_zero_only(print)(f"going on with {self.run} after step {step}", flush=True)
        config.trainer.default_root_dir = name

    def instantiate_classes(self):
        try:
            super().instantiate_classes()
        # of a model or data, and of a precision that needs another package
        except (ValueError, ImportError) as error:
            raise InputError(str(error)) from None

    def instantiate_trainer(self, **kwargs):
        kwargs |= {"logger": False, **self.rendezvous.options}
        if self.subcommand == "fit":
            kwargs["plugins"] = [*kwargs["plugins"], AtomicCheckpointIO()]
            kwargs["logger"] = [
                CSVLogger(self.run, "metrics"),
                TensorBoardLogger(self.run, "tensorboard"),
            ]
        if torch.cuda.is_available():
            # steps: each time that the bar moves, it waits for the GPU
            os.environ.setdefault("TQDM_MINITERS", "10")
        trainer = super().instantiate_trainer(**kwargs)
        environment.divide_threads(trainer.num_devices)
        private_names.leave_signals_alone(trainer)
        if trainer.strategy.root_device.type == "cuda" and trainer.precision.startswith("bf16"):
            require(
                torch.cuda.is_bf16_supported(including_emulation=False),
                f"{torch.cuda.get_device_name()} only imitates bfloat16: "
                "use --trainer.precision 16-mixed.",
            )
        trainer.callbacks.append(LambdaCallback(on_train_start=self._keep_options))
        self.rendezvous.join(trainer.strategy.root_device)
        return trainer

    # A private name of LightningCLI, overridden: it is what calls fit or test. When it is gone,
    # look for what does so now; else a full disk ends in a traceback (tests/test_train.py).
    def _run_subcommand(self, subcommand: str) -> None:
        try:
            super()._run_subcommand(subcommand)
        except OSError as error:
            path = Path(error.filename or "/").absolute()
            is_ours = path.is_relative_to(self.run.absolute())
            disk_refuses = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
            if not self.run.name or not (is_ours or disk_refuses):
                raise
            raise InputError(
                f"{error.filename or self.run} cannot be written ({error.strerror}): mend that, "
                f"then go on with: python -m helpers.train fit --run {self.run} --resume"
            ) from None

    @rank_zero_only
    def _keep_options(self, trainer, module):
        """Write the options of the run beside its checkpoints, once they have worked.

        --resume reads them there.
        """
        part = self.run / ".config.yaml"
        private_names.parser_of(self, "fit").save(self.config.fit, part, overwrite=True)
        os.replace(part, self.run / "config.yaml")
