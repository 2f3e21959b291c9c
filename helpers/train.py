"""Train the spiking network, on a laptop, a GPU or a cluster, with one command.

    python -m helpers.train fit                                   a new run, with the defaults
    python -m helpers.train fit --data.source embedded            on the 10,000 embedded digits: needs no network
    python -m helpers.train fit --trainer.max_epochs 10 --model.learning_rate 3e-3 --model.seq_length 16
    python -m helpers.train fit --trainer.accelerator gpu --trainer.devices 1
    python -m helpers.train fit --resume                          goes on with the newest run
    python -m helpers.train fit --run runs/7 --resume             goes on with this run
    python -m helpers.train test --ckpt_path runs/1/best.ckpt     tests a trained network
    python -m helpers.train fit --trainer.devices 2 --trainer.strategy ddp     in two processes on this machine
    sbatch helpers/cluster/train.sbatch                             on a cluster: the options are those of fit
    python -m helpers.train fit --own my_problem                  a problem of your own: the classes Model and Data of
                                                                  my_problem.py, see chapter 5
    python -m helpers.train fit --help                            all options

A run is one folder, runs/1, runs/2, ..., under SLURM runs/job<number>, or the one named by --run. In it:

    best.ckpt     the network with the highest validation accuracy, the latest of several;
                  load it with SpikingClassifier.load_from_checkpoint
    last.ckpt     everything needed to go on: written every 50 steps and after each epoch, whole or not at all
    metrics/      loss, accuracy and spike rates as CSV; the same for TensorBoard is in tensorboard/
    curves.png    the learning curves, drawn when training ends
    config.yaml   every option of the run

While it lasts nobody else can write into it: several people may start runs in one folder at the same time.

Ctrl-C (or SIGTERM) stops after the step in progress and keeps it. A run that was killed goes on from its last.ckpt.
A SLURM job that is about to be stopped does the same, is requeued, and goes on by itself: cluster/preemption.py.
"""

import io
import os
import sys
from contextlib import ExitStack, redirect_stderr
from functools import partial
from pathlib import Path

from helpers.cluster import preemption

if __name__ == "__main__":
    preemption.hold_signal()  # before the imports that take seconds

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.cli import LightningCLI
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, process, require
from helpers.classifier import SpikingClassifier
from helpers.cluster.checkpoint import AtomicCheckpointIO, Interrupted, KeepBest, KeepLast, Preempted, check_checkpoint
from helpers.cluster.processes import Group, another_is_lost
from helpers.cluster.run_folder import SaveConfig, find_run
from helpers.data import DigitsDataModule
from helpers.figures.chapter_2 import plot_curves
from helpers.own.project import find_classes
from helpers.scores import TEST_ACC, Scores

PARSER = {"usage": "python -m helpers.train fit|test|validate|predict [options], or --help", "allow_abbrev": False}


class TrainCLI(LightningCLI):
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
        if self.datamodule_class is DigitsDataModule:
            parser.link_arguments("data.name", "model.data")  # images are normalised in one, and shown by the other
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

    def after_fit(self):
        best = self.trainer.checkpoint_callback.best_model_path or str(self.run / "last.ckpt")  # where none validated
        result = self.trainer.test(self.model, self.datamodule, ckpt_path=best, verbose=False)[0]
        report(self.run, best, Scores(result)[TEST_ACC])


@rank_zero_only
def report(run: Path, best: str, test_acc: float) -> None:
    """Draw the learning curves and say where everything lies; the last line is the test accuracy."""
    axes = plot_curves(run)
    axes[0].figure.savefig(run / "curves.png", dpi=150, bbox_inches="tight")
    print(f"\ncheckpoint      {os.path.relpath(best)}\nlearning curve  {run / 'curves.png'}\ntest_acc {test_acc:.4f}")


def main(args: list[str] | None = None) -> None:
    """The command: see the top of this file. Exit status 0 when done, 130 when stopped, 2 after bad input.

    75 when another process was lost: the job script tries again then.
    """
    process.setup()
    group = None
    try:
        group = Group()  # who are we: helpers/cluster/processes.py
        group.meet()
        with ExitStack() as held:
            TrainCLI(  # Lightning takes over: it makes model and data, fits, and calls back what stands above
                *(find_classes(sys.argv[1:] if args is None else args) or (SpikingClassifier, DigitsDataModule)),
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
        preemption.hand_back(group, preempted)
    except (Interrupted, KeyboardInterrupt) as interrupted:
        rank_zero_only(print)(f"\n{interrupted or 'stopped before the first step'}")
        sys.exit(130)
    except (InputError, MisconfigurationException, OSError) as error:
        preemption.refuse(group, error)
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            smaller = "give each process a smaller --data.batch_size, or a shorter --model.seq_length."
            preemption.refuse(group, f"out of memory: {smaller}")
        if another_is_lost(error):
            print("error: another process of this run has ended: the log says why, further up.", file=sys.stderr)
            sys.exit(75)
        raise


if __name__ == "__main__":
    main()
