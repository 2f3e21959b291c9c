"""Train the spiking network, on a laptop, a GPU or a cluster, with one command.

    python -m helpers.train fit                          a new run, with the defaults
    python -m helpers.train fit --data.source embedded   10,000 embedded digits: needs no internet
    python -m helpers.train fit --trainer.max_epochs 10 --model.learning_rate 3e-3
    python -m helpers.train fit --resume                 goes on with the newest run
    python -m helpers.train fit --run runs/7 --resume    goes on with this run
    python -m helpers.train fit --ckpt_path runs/7/best.ckpt --model.learning_rate 1e-3
                                                         another run, from this network on
    python -m helpers.train test                         tests the newest run's last.ckpt
    python -m helpers.train test --ckpt_path runs/1/best.ckpt      tests another network
    python -m helpers.train fit --help                   the options; --help-all: Lightning's too

Other devices, and other problems:

    --trainer.accelerator cpu --trainer.devices 2 --trainer.strategy ddp       two processes
    --trainer.accelerator gpu --trainer.devices 1 --model.graph true           small batches
    sbatch helpers/cluster/train.sbatch      on a cluster: its options are those of fit
    --trainer.precision bf16-mixed           faster where lscpu names avx512_bf16 or amx_bf16
    --own my_problem                         a problem of your own, in my_problem.py: chapter 9
    --own spoken                             spoken digits, which come with the course: chapter 5

Trained for longer on 8,000 embedded digits, it reads 99.2 % of 2,000 others (five folds; 3.10):

    --data.source embedded --model.compile true --model.label_smoothing 0.05 --trainer.max_epochs 12

Each run has a folder: runs/1, runs/2, ..., under SLURM runs/job<number>, or the one that --run
names. In it:

    best.ckpt      the network with the highest validation accuracy:
                   DigitsClassifier.load_from_checkpoint reads it
    last.ckpt      all it takes to go on: weights and their averages, optimiser, learning rate,
                   position in the data; written every 50 steps (on a GPU, at most once in 5 s)
                   and after each epoch
    previous.ckpt  the one before last.ckpt: it is read if last.ckpt is broken or missing
    metrics/       loss, accuracy and spike rates as CSV; the same for TensorBoard is in
                   tensorboard/
    curves.png     the learning curves, drawn when training ends
    digits.png     some test digits and the network's answers
    config.yaml    every option of the run
    result.json    scores, and what the run took: time, processors, memory

While a run lasts, no other run can write into its folder, so several people may start runs in one
place. A run that fails before its first last.ckpt leaves no folder.

Once it trains, Ctrl-C (or SIGTERM) ends the run after the step in progress (on a GPU, after ten
steps at most), and saves it. A run that was killed goes on from its last.ckpt. A SLURM job that is
about to be stopped does the same, is requeued, and goes on by itself: run/slurm.py.
"""

import inspect
import os
import sys
from functools import partial

from helpers.run import slurm
from helpers.setup import environment

if __name__ == "__main__":  # before the imports that take seconds, or warn
    environment.CtrlC()
    slurm.hold_signal()
    command = " ".join(["helpers.train", *sys.argv[1:2]])
    environment.announce(f"{command} is loading PyTorch and Lightning")

from helpers.classifier import SpikingClassifier
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.engine.scores import TEST_ACC, Scores
from helpers.run.answers import plot_answers
from helpers.run.cli import RunCLI, run_command
from helpers.run.curves import plot_curves
from helpers.run.own_problem import find_classes
from helpers.run.run_folder import LAST

WITH_THE_COURSE = {"spoken": "helpers.spoken.model"}  # what --own takes besides a file of yours


class TrainCLI(RunCLI):
    """The command of the course, for the digits or a problem of your own.

    How it begins, with the folder of the run, is RunCLI's: helpers/run/cli.py.
    """

    def add_arguments_to_parser(self, parser):
        super().add_arguments_to_parser(parser)
        data_options = inspect.signature(self.datamodule_class).parameters
        model_options = inspect.signature(self.model_class).parameters
        if "name" in data_options and "data" in model_options:
            # the network has to know the scale of the images, or the sizes of the sounds
            parser.link_arguments("data.name", "model.data")
        if self.datamodule_class is DigitsDataModule:
            # compile on a GPU; a chapter's trainings are too short for that, so the default is off
            parser.set_defaults({"model.compile": None})

    def instantiate_trainer(self, **kwargs):
        trainer = super().instantiate_trainer(**kwargs)
        if isinstance(self.model, SpikingClassifier):
            # in case it leaves them out in its own configure_callbacks
            trainer.callbacks += SpikingClassifier.configure_callbacks(self.model)
        return trainer

    def after_fit(self):
        """Test, draw, and say where everything lies.

        The last line is the accuracy of the network at the end, its learning rate run down to 0.
        If best.ckpt is another network, it is tested too, but does not count: one example in some
        hundreds decides which validation was the highest.
        """
        command = f"python -m helpers.train test --run {self.run}"
        self.ctrl_c.say = lambda: f"stopped after the training; test it with: {command}"
        best = self.trainer.checkpoint_callback
        paths = [str(self.run / LAST)]
        last_score = self.trainer.callback_metrics.get(best.monitor)
        # a sweep keeps the last one alone
        if best.best_model_score != last_score and os.path.isfile(best.best_model_path):
            paths.insert(0, best.best_model_path)
        lines = [""]
        for path in paths:
            self.before_fit()
            results = self.trainer.test(self.model, self.datamodule, ckpt_path=path, verbose=False)
            accuracy = Scores(results[0])[TEST_ACC]
            lines.append(f"checkpoint      {os.path.relpath(path)}, {TEST_ACC} {accuracy:.4f}")
        if not self.trainer.is_global_zero:
            return
        for what, (name, axes) in self.draw().items():
            axes.flat[0].figure.savefig(self.run / name, dpi=150)
            lines.append(f"{what:15} {self.run / name}")
        print(*lines, sep="\n")
        self.report(accuracy)

    def draw(self) -> dict:
        """The pictures of a run: what they show, and for each its file and its axes."""
        plots = {"learning curve": ("curves.png", plot_curves(self.run / "metrics"))}
        if isinstance(self.datamodule, DigitsDataModule):
            answers = plot_answers(self.model, *self.datamodule.test[:32])
            plots["some answers"] = "digits.png", answers
        return plots


def start(command: type[TrainCLI], args: list[str], **process):
    """Find the classes that --own names, or those of the digits, and start the command with them.

    RunCLI finds the folder. Lightning makes model and data, starts further processes, fits, and
    calls after_fit.

    Args:
        command: the command line of the course
        args: the words of the command
        process: what RunCLI has to know of this process
    """
    classes = find_classes(args, WITH_THE_COURSE) or (DigitsClassifier, DigitsDataModule)
    return command(
        *classes,
        args=args,
        **process,
        trainer_defaults={"max_epochs": 5, "log_every_n_steps": 10},
    )


def main(args: list[str], command: type[TrainCLI] = TrainCLI) -> None:
    """Run the command: see the top of this file.

    Exit status 0: done, 2: bad input, 75: start it again, 130: stopped.
    """
    run_command(partial(start, command), args)


if __name__ == "__main__":
    main(sys.argv[1:])
