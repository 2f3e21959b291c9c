"""Train the spiking network, on a laptop, a GPU or a cluster, with one command.

    python -m helpers.train fit                                   a new run, with the defaults
    python -m helpers.train fit --data.source embedded            on the 10,000 embedded digits: needs no network
    python -m helpers.train fit --trainer.max_epochs 10 --model.learning_rate 3e-3 --model.seq_length 16
    python -m helpers.train fit --trainer.accelerator gpu --trainer.devices 1
    python -m helpers.train fit --resume                          goes on with the newest run
    python -m helpers.train fit --run runs/7 --resume             goes on with this run
    python -m helpers.train test --ckpt_path runs/1/best.ckpt     tests a trained network
    python -m helpers.train fit --help                            all options

A run is one folder, runs/1, runs/2, ... or the one named by --run. In it:

    best.ckpt     the network with the lowest validation loss; load it with SpikingClassifier.load_from_checkpoint
    last.ckpt     everything needed to go on: written every 50 steps and after each epoch, whole or not at all
    metrics/      loss, accuracy and spike rates as CSV; the same for TensorBoard is in tensorboard/
    curves.png    the learning curves, drawn when training ends
    config.yaml   every option of the run

Ctrl-C (or SIGTERM) stops after the step in progress and keeps it. A run that was killed goes on from its last.ckpt.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.cli import LightningCLI, SaveConfigCallback
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, keep_freed_memory, quiet, require
from helpers.checkpoint import AtomicCheckpointIO, Interrupted, KeepLast, check_checkpoint
from helpers.data import DigitsDataModule
from helpers.model import SpikingClassifier
from helpers.plot import plot_curves

RUNS = Path("runs")
PARSER = {"usage": "python -m helpers.train fit|test|validate|predict [options], or --help", "allow_abbrev": False}
CALLBACKS = {
    "best": {"class": ModelCheckpoint, "filename": "best", "monitor": "val_loss", "enable_version_counter": False},
    "last": {"class": KeepLast},
}


class SaveConfig(SaveConfigCallback):
    """Keeps the options of the run beside its checkpoints: --resume reads them."""

    def save_config(self, trainer, module, stage):
        if stage == "fit":
            part = Path(trainer.default_root_dir) / ".config.yaml"
            self.parser.save(self.config, part, overwrite=True)
            os.replace(part, part.with_name("config.yaml"))


class TrainCLI(LightningCLI):
    """LightningCLI with one folder a run: --run names it, --resume goes on in it."""

    def add_arguments_to_parser(self, parser):
        parser.add_argument(
            "--run", type=str, default="", help="folder of the run (default: the next free runs/<number>)"
        )
        parser.add_argument("--resume", action="store_true", help="go on from last.ckpt of --run, or of the newest run")
        for name, arguments in CALLBACKS.items():
            parser.add_lightning_class_args(arguments["class"], name)
            parser.set_defaults({f"{name}.{key}": value for key, value in arguments.items() if key != "class"})

    def parse_arguments(self, parser, args):
        args = list(sys.argv[1:] if args is None else args)
        self.config = parser.parse_args(args)
        config = self.config[self.config.subcommand]
        if self.config.subcommand == "fit":
            self.run = find_run(config.run, config.resume)
            if config.resume:  # with the options of the run, unless they are given anew
                saved = f"--config={self.run / 'config.yaml'}"
                args.insert(args.index("fit") + 1, saved)
                self.config = parser.parse_args(args)
                config = self.config.fit
                same = config.model == parser.parse_args(["fit", saved]).fit.model
                require(same, f"{self.run} goes on with the network it has: leave the --model options as they are.")
                config.ckpt_path = str(self.run / "last.ckpt")
            config.best.dirpath = config.trainer.default_root_dir = str(self.run)
        if config.ckpt_path:
            step = check_checkpoint(Path(config.ckpt_path))
            if self.config.subcommand == "fit" and config.resume:
                rank_zero_only(print)(f"going on with {self.run} after step {step}")

    def instantiate_classes(self):
        """Make model, data and trainer. A run that cannot start leaves no folder behind."""
        try:
            super().instantiate_classes()
        except (ValueError, MisconfigurationException) as error:
            if self.subcommand == "fit":
                with suppress(OSError):
                    self.run.rmdir()  # only if it is empty
            raise InputError(str(error)) from None

    def instantiate_trainer(self, **kwargs) -> Trainer:
        kwargs["logger"] = False
        if self.subcommand == "fit":
            kwargs["plugins"] = [AtomicCheckpointIO()]
            kwargs["logger"] = [CSVLogger(self.run, "metrics"), TensorBoardLogger(self.run, "tensorboard")]
        return super().instantiate_trainer(**kwargs)

    def after_fit(self):
        checkpoints = self.trainer.checkpoint_callback
        best = checkpoints.best_model_path or os.path.join(checkpoints.dirpath, "last.ckpt")  # where nothing validated
        result = self.trainer.test(self.model, self.datamodule, ckpt_path=best, verbose=False)[0]
        report(self.run, best, result["test_acc"])


def find_run(name: str, resume: bool) -> Path:
    """The folder of this run, made where new. Raises InputError when it is taken or there is nothing to resume."""
    numbers = [int(path.name) for path in RUNS.glob("*") if path.name.isdigit()] if RUNS.is_dir() else []
    run = Path(name) if name else RUNS / str(max(numbers, default=0) + (not resume))
    if resume:
        require((run / "last.ckpt").is_file(), f"{run} has no last.ckpt to resume from: name a run that has, by --run.")
        return run
    if rank_zero_only.rank > 0:  # the first process makes the folder for all
        return run
    require(not (run / "last.ckpt").exists(), f"{run} holds a run already: go on with it by --resume, or name another.")
    try:
        run.mkdir(parents=True, exist_ok=bool(name))
        (run / ".writable").touch()
        (run / ".writable").unlink()
    except OSError as error:
        raise InputError(f"the run folder {run} cannot be written ({error}): name another one by --run.") from None
    return run


@rank_zero_only
def report(run: Path, best: str, test_acc: float) -> None:
    """Draw the learning curves and say where everything lies; the last line is the test accuracy."""
    axes = plot_curves(run)
    axes[0].figure.savefig(run / "curves.png", dpi=150, bbox_inches="tight")
    print(f"\ncheckpoint      {os.path.relpath(best)}\nlearning curve  {run / 'curves.png'}\ntest_acc {test_acc:.4f}")


def main(args: list[str] | None = None) -> None:
    """The command: see the top of this file. Exit status 0 when done, 130 when stopped, 2 after bad input."""
    keep_freed_memory()
    quiet()
    try:
        TrainCLI(
            SpikingClassifier,
            DigitsDataModule,
            args=args,
            seed_everything_default=0,
            save_config_callback=SaveConfig,
            save_config_kwargs={"save_to_log_dir": False},
            trainer_defaults={"max_epochs": 3, "log_every_n_steps": 10},
            parser_kwargs={name: PARSER for name in TrainCLI.subcommands()},
        )
    except (Interrupted, KeyboardInterrupt) as interrupted:
        rank_zero_only(print)(f"\n{interrupted or 'stopped before the first step'}")
        sys.exit(130)
    except (InputError, MisconfigurationException, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
