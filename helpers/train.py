"""Train the spiking network, on a laptop, a GPU or a cluster, with one command.

    python -m helpers.train fit                                   a new run, with the defaults
    python -m helpers.train fit --data.source embedded            on the 10,000 embedded digits: needs no network
    python -m helpers.train fit --trainer.max_epochs 10 --model.learning_rate 3e-3 --model.seq_length 16
    python -m helpers.train fit --trainer.accelerator gpu --trainer.devices 1
    python -m helpers.train fit --resume                          goes on with the newest run
    python -m helpers.train fit --run runs/7 --resume             goes on with this run
    python -m helpers.train test --ckpt_path runs/1/best.ckpt     tests a trained network
    python -m helpers.train fit --trainer.devices 2 --trainer.strategy ddp     in two processes on this machine
    sbatch helpers/slurm/train.sbatch                             on a cluster: the options are those of fit
    python -m helpers.train fit --own my_problem                  the classes Model and Data of my_problem.py: an own
                                                                  problem with all of this, see chapter 5
    python -m helpers.train fit --help                            all options

A run is one folder, runs/1, runs/2, ..., under SLURM runs/job<number>, or the one named by --run. In it:

    best.ckpt     the network with the lowest validation loss; load it with SpikingClassifier.load_from_checkpoint
    last.ckpt     everything needed to go on: written every 50 steps and after each epoch, whole or not at all
    metrics/      loss, accuracy and spike rates as CSV; the same for TensorBoard is in tensorboard/
    curves.png    the learning curves, drawn when training ends
    config.yaml   every option of the run

While it lasts nobody else can write into it: several people may start runs in one folder at the same time.

Ctrl-C (or SIGTERM) stops after the step in progress and keeps it. A run that was killed goes on from its last.ckpt.
A SLURM job that is about to be stopped does the same, is requeued, and goes on by itself: see helpers/requeue.py.
"""

import argparse
import importlib
import io
import os
import shutil
import sys
from contextlib import ExitStack, redirect_stderr, suppress
from functools import partial
from pathlib import Path

from helpers import requeue

if __name__ == "__main__":
    requeue.hold_signal()  # before the imports that take seconds

import torch
import yaml
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.cli import LightningCLI, SaveConfigCallback
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, keep_freed_memory, quiet, require
from helpers.checkpoint import AtomicCheckpointIO, Interrupted, KeepLast, Preempted, check_checkpoint
from helpers.classifier import SpikingClassifier
from helpers.cluster import Group, another_is_lost
from helpers.data import DigitsDataModule
from helpers.plot import plot_curves
from helpers.run_folder import find_run, newest_run

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
    """LightningCLI with one folder a run: --run names it, --resume goes on in it. It is held while the run lasts."""

    def __init__(self, *args, group: Group, held: ExitStack, **kwargs):
        self.group, self.held = group, held
        super().__init__(*args, **kwargs)

    def add_arguments_to_parser(self, parser):
        parser.add_argument(
            "--run", type=str, default="", help="folder of the run (default: the next free runs/<number>)"
        )
        parser.add_argument("--resume", action="store_true", help="go on from last.ckpt of --run, or of the newest run")
        parser.add_argument(
            "--own", type=str, default="", help="Python module with classes Model and Data in place of the course's"
        )
        for name, arguments in CALLBACKS.items():
            parser.add_lightning_class_args(arguments["class"], name)
            parser.set_defaults({f"{name}.{key}": value for key, value in arguments.items() if key != "class"})

    def parse_arguments(self, parser, args):
        args = list(sys.argv[1:] if args is None else args)
        with redirect_stderr(sys.stderr if self.group.rank == 0 else io.StringIO()):
            self.config = parser.parse_args(args)
        config = self.config[self.config.subcommand]
        self.group.check_devices(config.trainer.devices, config.trainer.num_nodes, config.trainer.accelerator)
        if self.config.subcommand == "fit":
            find = partial(find_run, config.run, config.resume, self.group.job, self.held)
            name, resume = self.group.agree("run", find)
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
            config.best.dirpath = config.trainer.default_root_dir = str(self.run)
        if config.ckpt_path:
            step = check_checkpoint(Path(config.ckpt_path))
            if self.config.subcommand == "fit" and resume:
                rank_zero_only(print)(f"going on with {self.run} after step {step}", flush=True)

    def instantiate_classes(self):
        """Make model, data and trainer. A run that cannot start leaves no folder behind."""
        try:
            super().instantiate_classes()
        except (ValueError, MisconfigurationException) as error:
            if self.subcommand == "fit":
                with suppress(OSError):
                    if [path.name for path in self.run.iterdir()] == [".lock"]:
                        shutil.rmtree(self.run)
            raise InputError(str(error)) from None

    def instantiate_trainer(self, **kwargs) -> Trainer:
        kwargs |= {"logger": False, **self.group.trainer_options()}
        if self.subcommand == "fit":
            kwargs["plugins"] += [AtomicCheckpointIO()]
            kwargs["logger"] = [CSVLogger(self.run, "metrics"), TensorBoardLogger(self.run, "tensorboard")]
        trainer = super().instantiate_trainer(**kwargs)
        self.group.join(trainer.strategy.root_device)
        return trainer

    def after_fit(self):
        checkpoints = self.trainer.checkpoint_callback
        best = checkpoints.best_model_path or os.path.join(checkpoints.dirpath, "last.ckpt")  # where nothing validated
        result = self.trainer.test(self.model, self.datamodule, ckpt_path=best, verbose=False)[0]
        report(self.run, best, result["test_acc"])


def find_classes(args: list[str]) -> tuple[type, type]:
    """The classes of model and data: of the module that --own names, here or in the run to be resumed; else ours.

    Raises InputError when there is no such module or class.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for name in ("--own", "--run"):
        parser.add_argument(name, default="")
    parser.add_argument("--resume", action="store_true")
    with suppress(argparse.ArgumentError):  # LightningCLI says what is wrong
        options, _ = parser.parse_known_args(args)
        saved = Path(options.run or newest_run()) / "config.yaml"
        if options.resume and not options.own and saved.is_file():
            options.own = yaml.safe_load(saved.read_text()).get("own", "")
        if options.own:
            try:
                module = importlib.import_module(options.own)
                return module.Model, module.Data
            except (ImportError, AttributeError) as error:
                wrong = f"--own is {options.own}, and that cannot be used ({error})"
                raise InputError(f"{wrong}: name a module here, without .py, with classes Model and Data.") from None
    return SpikingClassifier, DigitsDataModule


@rank_zero_only
def report(run: Path, best: str, test_acc: float) -> None:
    """Draw the learning curves and say where everything lies; the last line is the test accuracy."""
    axes = plot_curves(run)
    axes[0].figure.savefig(run / "curves.png", dpi=150, bbox_inches="tight")
    print(f"\ncheckpoint      {os.path.relpath(best)}\nlearning curve  {run / 'curves.png'}\ntest_acc {test_acc:.4f}")


def hand_back(group: Group, preempted: Preempted) -> None:
    """Have SLURM requeue this job. Ends with exit status 130 when it does not."""
    rank_zero_only(print)(f"\n{preempted}\nSLURM is asked to requeue the job", flush=True)
    try:
        group.agree("requeue", rank_zero_only(requeue.requeue))
        requeue.wait_for_the_end()
    except InputError as error:
        rank_zero_only(print)(f"error: {error}", file=sys.stderr)
    sys.exit(130)


def refuse(group: Group | None, error: Exception | str) -> None:
    """End with exit status 2 and a sentence, said by one process, and have SLURM not try again."""
    if group is None or group.first_to_fail():
        print(f"error: {error}", file=sys.stderr, flush=True)
        if requeue.in_slurm():
            requeue.give_up()
    sys.exit(2)


def main(args: list[str] | None = None) -> None:
    """The command: see the top of this file. Exit status 0 when done, 130 when stopped, 2 after bad input.

    75 when another process was lost: the job script tries again then.
    """
    keep_freed_memory()
    quiet()
    group = None
    try:
        group = Group()
        group.meet()
        with ExitStack() as held:
            TrainCLI(
                *find_classes(sys.argv[1:] if args is None else args),
                args=args,
                group=group,
                held=held,
                seed_everything_default=0,
                save_config_callback=SaveConfig,
                save_config_kwargs={"save_to_log_dir": False},
                trainer_defaults={"max_epochs": 3, "log_every_n_steps": 10},
                parser_kwargs={name: PARSER for name in TrainCLI.subcommands()},
            )
        group.leave()
    except Preempted as preempted:
        hand_back(group, preempted)
    except (Interrupted, KeyboardInterrupt) as interrupted:
        rank_zero_only(print)(f"\n{interrupted or 'stopped before the first step'}")
        sys.exit(130)
    except (InputError, MisconfigurationException, OSError) as error:
        refuse(group, error)
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            refuse(
                group, "out of memory: give each process a smaller --data.batch_size, or a shorter --model.seq_length."
            )
        if another_is_lost(error):
            print("error: another process of this run has ended: the log says why, further up.", file=sys.stderr)
            sys.exit(75)
        raise


if __name__ == "__main__":
    main()
