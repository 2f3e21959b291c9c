"""Train the spiking network, on a laptop, a GPU or a cluster, with one command.

    python -m helpers.train fit                                   a new run, with the defaults
    python -m helpers.train fit --data.source embedded            on the 10,000 embedded digits: needs no internet
    python -m helpers.train fit --trainer.max_epochs 10 --model.learning_rate 3e-3 --model.seq_length 16
    python -m helpers.train fit --trainer.accelerator gpu --trainer.devices 1 --model.graph true     for small batches
    python -m helpers.train fit --resume                          goes on with the newest run that can be resumed
    python -m helpers.train fit --run runs/7 --resume             goes on with this run
    python -m helpers.train test --ckpt_path runs/1/best.ckpt     tests a trained network
    python -m helpers.train fit --trainer.accelerator cpu --trainer.devices 2 --trainer.strategy ddp      two processes
    sbatch helpers/cluster/train.sbatch                           on a cluster: the options are those of fit
    python -m helpers.train fit --own my_problem                  a problem of your own, in my_problem.py: see chapter 5
    python -m helpers.train fit --help                            all options

Each run has a folder: runs/1, runs/2, ..., under SLURM runs/job<number>, or the one that --run names. In it:

    best.ckpt     the network with the highest validation accuracy: SpikingClassifier.load_from_checkpoint reads it
    last.ckpt     all it takes to go on: written every 50 steps (on a GPU, at most once in 5 s) and after each epoch
    previous.ckpt the one before last.ckpt: it is read if last.ckpt is broken or missing
    metrics/      loss, accuracy and spike rates as CSV; the same for TensorBoard is in tensorboard/
    curves.png    the learning curves, drawn when training ends; digits.png has some test digits and answers
    config.yaml   every option of the run

While a run lasts, no other run can write into its folder, so several people may start runs in one place. A run that
cannot start leaves no folder.

Ctrl-C (or SIGTERM) ends the run after the step in progress (on a GPU, after ten steps at most), and saves it.
A run that was killed goes on from its last.ckpt.
A SLURM job that is about to be stopped does the same, is requeued, and goes on by itself: cluster/preemption.py.
"""

import os
import sys
from contextlib import ExitStack

from helpers.cluster import preemption
from helpers.setup import environment

if __name__ == "__main__":  # before the imports that take seconds, or warn
    preemption.hold_signal()
    environment.announce(" ".join(["helpers.train", *sys.argv[1:2], "is loading PyTorch and Lightning"]))

from pytorch_lightning.utilities.exceptions import MisconfigurationException
from torch.distributed import DistError

from helpers import InputError
from helpers.classifier import SpikingClassifier
from helpers.cluster.checkpoint import Interrupted
from helpers.cluster.cli import RunCLI
from helpers.cluster.process_group import ProcessGroup
from helpers.data import DigitsDataModule
from helpers.figures.chapter_2 import plot_answers, plot_curves
from helpers.own.project import find_classes
from helpers.scores import TEST_ACC, Scores


class TrainCLI(RunCLI):
    """The command of the course. How it begins, with the folder of the run, is RunCLI's: helpers/cluster/cli.py."""

    def after_fit(self):
        """Test, draw, and say where everything lies; the last line is the accuracy of the network at the end.

        Its learning rate has run down to 0. best.ckpt, where it is another network, is tested too, and does not decide:
        which validation was the highest is a matter of one digit in some hundreds.
        """
        trainer, best = self.trainer, self.trainer.checkpoint_callback
        is_last = best.best_model_score == trainer.callback_metrics.get(best.monitor)
        tested = {}
        for path in [str(self.run / "last.ckpt")] if is_last else [best.best_model_path, str(self.run / "last.ckpt")]:
            scores = Scores(trainer.test(self.model, self.datamodule, ckpt_path=path, verbose=False)[0])
            tested[os.path.relpath(path)] = scores[TEST_ACC]
        if not trainer.is_global_zero:
            return
        lines = ["", *(f"checkpoint      {path}, {TEST_ACC} {accuracy:.4f}" for path, accuracy in tested.items())]
        figures = {"learning curve": ("curves.png", plot_curves(self.run)[0].figure)}
        if isinstance(self.datamodule, DigitsDataModule):
            figures["some answers"] = "digits.png", plot_answers(self.model, *self.datamodule.test[:32])[0, 0].figure
        for what, (name, figure) in figures.items():
            figure.savefig(self.run / name, dpi=150, bbox_inches="tight")
            lines += [f"{what:15} {self.run / name}"]
        if trainer.world_size > 1:
            lines += [f"processes       {trainer.world_size}"]
        print(*lines, f"{TEST_ACC} {scores[TEST_ACC]:.4f}", sep="\n")


def main(args: list[str] | None = None) -> None:
    """The command: see the top of this file. Exit status 0: done, 2: bad input, 75: start it again, 130: stopped."""
    environment.setup()
    args = list(sys.argv[1:] if args is None else args)
    usage = "python -m helpers.train fit|test|validate|predict [options], or --help"
    parsers = {name: {"usage": usage, "allow_abbrev": False} for name in TrainCLI.subcommands()}
    defaults = {"max_epochs": 5, "log_every_n_steps": 10}
    group = ProcessGroup()  # who are we: helpers/cluster/process_group.py
    with ExitStack() as held:  # holds the folder of the run
        try:
            group.meet()
            classes = find_classes(args) or (SpikingClassifier, DigitsDataModule)
            # RunCLI finds the folder. Lightning makes model and data, starts further processes, fits, calls after_fit.
            TrainCLI(*classes, args=args, group=group, held=held, trainer_defaults=defaults, parser_kwargs=parsers)
            group.leave()
        except Interrupted as interrupted:
            group.leave()
            preemption.stop(*interrupted.args)
        except KeyboardInterrupt:
            preemption.stop("stopped before the first step", requeue=False)
        except (InputError, MisconfigurationException, OSError) as error:
            group.refuse(error)
        except RuntimeError as error:
            if "out of memory" in str(error) or "can't allocate memory" in str(error):
                smaller = "give each process a smaller --data.batch_size, or a shorter --model.seq_length."
                group.refuse(f"out of memory: {smaller}")
            if isinstance(error, DistError) or "gloo" in str(error):  # the words of the store, of NCCL, and of gloo
                print("error: another process of this run has ended: the log says why, further up.", file=sys.stderr)
                sys.exit(75)
            raise


if __name__ == "__main__":
    main()
