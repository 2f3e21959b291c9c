"""Train the spiking network, on a laptop, a GPU or a cluster, with one command.

    python -m helpers.train fit                          a new run, with the defaults
    python -m helpers.train fit --data.source embedded   10,000 embedded digits: needs no internet
    python -m helpers.train fit --trainer.max_epochs 10 --model.learning_rate 3e-3
    python -m helpers.train fit --resume                 goes on with the newest run
    python -m helpers.train fit --run runs/7 --resume    goes on with this run
    python -m helpers.train test                         tests the newest run's last.ckpt
    python -m helpers.train test --ckpt_path runs/1/best.ckpt      tests another network
    python -m helpers.train fit --help                   the options; --help-all: Lightning's too

Other devices, and other problems:

    --trainer.accelerator cpu --trainer.devices 2 --trainer.strategy ddp       two processes
    --trainer.accelerator gpu --trainer.devices 1 --model.graph true           small batches
    sbatch helpers/cluster/train.sbatch      on a cluster: its options are those of fit
    --own my_problem                         a problem of your own, in my_problem.py: chapter 5
    --own spoken                             spoken digits, which come with the course: chapter 7

Each run has a folder: runs/1, runs/2, ..., under SLURM runs/job<number>, or the one that --run
names. In it:

    best.ckpt      the network with the highest validation accuracy:
                   DigitsClassifier.load_from_checkpoint reads it
    last.ckpt      all it takes to go on: written every 50 steps (on a GPU, at most once in 5 s)
                   and after each epoch
    previous.ckpt  the one before last.ckpt: it is read if last.ckpt is broken or missing
    metrics/       loss, accuracy and spike rates as CSV; the same for TensorBoard is in
                   tensorboard/
    curves.png     the learning curves, drawn when training ends
    digits.png     some test digits and the network's answers
    config.yaml    every option of the run
    result.json    scores, and what the run took: time, processors, memory

While a run lasts, no other run can write into its folder, so several people may start runs in one
place. A run that cannot start leaves no folder.

Once it trains, Ctrl-C (or SIGTERM) ends the run after the step in progress (on a GPU, after ten
steps at most), and saves it. A run that was killed goes on from its last.ckpt. A SLURM job that is
about to be stopped does the same, is requeued, and goes on by itself: run/slurm.py.
"""

import inspect
import os
import re
import sys
from contextlib import ExitStack

from helpers.run import slurm
from helpers.run.ctrl_c import CtrlC
from helpers.setup import environment

if __name__ == "__main__":  # before the imports that take seconds, or warn
    CtrlC()
    slurm.hold_signal()
    command = " ".join(["helpers.train", *sys.argv[1:2]])
    environment.announce(f"{command} is loading PyTorch and Lightning")

from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from torch.distributed import DistError

from helpers import InputError
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.run.answers import plot_answers
from helpers.run.checkpoint_callbacks import Interrupted
from helpers.run.cli import RunCLI
from helpers.run.curves import plot_curves
from helpers.run.own_problem import find_classes
from helpers.run.rendezvous import Rendezvous
from helpers.run.result import write_result
from helpers.run.usage import Usage, describe
from helpers.scores import TEST_ACC, VAL_ACC, Scores, read_scores

COURSES_OWN = {"spoken": "helpers.spoken.problem"}  # what --own takes besides a file of yours
OUT_OF_MEMORY = r"out of memory|can't allocate memory"
# the words of gloo, when the connection to another process is lost
LOST_PROCESS = r"gloo[/\\].*(connection|timed out|peer|socket)"


class TrainCLI(RunCLI):
    """The command of the course, for the digits or a problem of your own.

    How it begins, with the folder of the run, is RunCLI's: helpers/run/cli.py.
    """

    def add_arguments_to_parser(self, parser):
        super().add_arguments_to_parser(parser)
        data_options = inspect.signature(self.datamodule_class).parameters
        model_options = inspect.signature(self.model_class).parameters
        if "name" in data_options and "data" in model_options:
            # the one reads the data set, the other has to know its sizes and its scale
            parser.link_arguments("data.name", "model.data")
        if self.datamodule_class is DigitsDataModule:
            # compiled on a GPU, then; in a chapter, trainings are too short for it
            parser.set_defaults({"model.compile": None})

    def __init__(self, *args, **kwargs):
        self.usage = Usage()
        super().__init__(*args, **kwargs)

    def after_fit(self):
        """Test, draw, and say where everything lies.

        The last line is the accuracy of the network at the end: its learning rate has run down to
        0. best.ckpt, where it is another network, is tested too, and does not decide: which
        validation was the highest is a matter of one example in some hundreds.
        """
        command = f"python -m helpers.train test --run {self.run}"
        self.ctrl_c.say = lambda: f"stopped after the training; test it with: {command}"
        accuracies = self._test()
        if not self.trainer.is_global_zero:
            return
        lines = [""]
        for path, accuracy in accuracies.items():
            lines.append(f"checkpoint      {path}, {TEST_ACC} {accuracy:.4f}")
        for what, (name, axes) in self._plots().items():
            axes.figure.savefig(self.run / name, dpi=150, bbox_inches="tight")
            lines.append(f"{what:15} {self.run / name}")
        used = self.usage.measure()
        if self.trainer.world_size > 1:
            lines.append(f"processes       {self.trainer.world_size}, of which this one took:")
        lines.append(f"took            {describe(used)}")
        print(*lines, f"{TEST_ACC} {accuracy:.4f}", sep="\n")
        scores = {TEST_ACC: accuracy, "steps": self.trainer.global_step}
        logged = read_scores(self.run)
        if VAL_ACC in logged:  # a short run may have no validation
            scores[VAL_ACC] = logged[VAL_ACC][1][-1]
        write_result(self.run, {**scores, "processes": self.trainer.world_size, **used})

    def _test(self) -> dict[str, float]:
        """The test accuracy of best.ckpt, if it is another network, and last that of last.ckpt."""
        best = self.trainer.checkpoint_callback
        last_score = self.trainer.callback_metrics.get(best.monitor)
        paths = [str(self.run / "last.ckpt")]
        if best.best_model_score != last_score:
            paths.insert(0, best.best_model_path)
        accuracies = {}
        for path in paths:
            results = self.trainer.test(self.model, self.datamodule, ckpt_path=path, verbose=False)
            accuracies[os.path.relpath(path)] = Scores(results[0])[TEST_ACC]
        return accuracies

    def _plots(self) -> dict:
        """For each picture its name in the printed lines, the name of its file, and its Axes."""
        plots = {"learning curve": ("curves.png", plot_curves(self.run)[0])}
        if isinstance(self.datamodule, DigitsDataModule):
            test = self.datamodule.test
            answers = plot_answers(self.model, *test[:32])
            plots["some answers"] = "digits.png", answers[0, 0]
        return plots


def start(
    command: type[TrainCLI],
    args: list[str],
    rendezvous: Rendezvous,
    held: ExitStack,
    ctrl_c: CtrlC | None = None,
):
    """Find the classes that --own names, or those of the digits, and start the command with them.

    RunCLI finds the folder. Lightning makes model and data, starts further processes, fits, and
    calls after_fit.
    """
    classes = find_classes(args, COURSES_OWN) or (DigitsClassifier, DigitsDataModule)
    usage = "python -m helpers.train fit|test|validate [options], or --help"
    return command(
        *classes,
        args=args,
        rendezvous=rendezvous,
        held=held,
        ctrl_c=ctrl_c,
        trainer_defaults={"max_epochs": 5, "log_every_n_steps": 10},
        parser_kwargs={
            name: {"usage": usage, "allow_abbrev": False} for name in command.subcommands()
        },
    )


def main(args: list[str] | None = None) -> None:
    """Run the command: see the top of this file.

    Exit status 0: done, 2: bad input, 75: start it again, 130: stopped.
    """
    environment.setup()
    if args is None:
        args = sys.argv[1:]
    rendezvous = Rendezvous()
    with ExitStack() as held:  # holds the folder of the run
        ctrl_c = CtrlC()
        held.callback(ctrl_c.leave)
        try:
            rendezvous.meet()
            start(TrainCLI, list(args), rendezvous, held, ctrl_c)
            rendezvous.leave()
        except Interrupted as interrupted:
            rendezvous.leave()
            slurm.stop(*interrupted.args, is_first=rank_zero_only.rank == 0)
        except (InputError, MisconfigurationException, OSError) as error:
            rendezvous.refuse(error)
        except RuntimeError as error:
            message = str(error)
            if re.search(OUT_OF_MEMORY, message):
                rendezvous.refuse(
                    "out of memory: give each process a smaller --data.batch_size, or fewer time "
                    "steps."
                )
            is_lost = isinstance(error, DistError)  # the words of the store, and of NCCL
            if is_lost or re.search(LOST_PROCESS, message, re.IGNORECASE):
                print(
                    "error: another process of this run has ended: the log says why, further up. "
                    f"Here it was noticed by: {message}",
                    file=sys.stderr,
                )
                sys.exit(75)
            raise


if __name__ == "__main__":
    main()
