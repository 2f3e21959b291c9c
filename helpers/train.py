"""Train the spiking network, on a laptop, a GPU or a cluster, with one command.

    python -m helpers.train fit                          a new run, with the defaults
    python -m helpers.train fit --data.source embedded   10,000 embedded digits: needs no internet
    python -m helpers.train fit --trainer.max_epochs 10 --model.learning_rate 3e-3
    python -m helpers.train fit --resume                 goes on with the newest run
    python -m helpers.train fit --run runs/7 --resume    goes on with this run
    python -m helpers.train fit --ckpt_path runs/7/best.ckpt --model.learning_rate 1e-3
                                                         another run, which goes on from there
    python -m helpers.train test                         tests the newest run's last.ckpt
    python -m helpers.train test --ckpt_path runs/1/best.ckpt      tests another network
    python -m helpers.train fit --help                   the options; --help-all: Lightning's too

Other devices, and other problems:

    --trainer.accelerator cpu --trainer.devices 2 --trainer.strategy ddp       two processes
    --trainer.accelerator gpu --trainer.devices 1 --model.graph true           small batches
    sbatch helpers/cluster/train.sbatch      on a cluster: its options are those of fit
    --trainer.precision bf16-mixed           faster where lscpu names avx512_bf16 or amx_bf16
    --model.recompute 16                     less memory for many time steps, in more time
    --own my_problem                         a problem of your own, in my_problem.py: chapter 9
    --own spoken                             spoken digits, which come with the course: chapter 5

Trained for longer on 8,000 embedded digits, it reads 99.2 % of 2,000 others (section 3.10):

    --data.source embedded --model.label_smoothing 0.05 --trainer.max_epochs 12

Each run has a folder: runs/1, runs/2, ..., under SLURM runs/job<number>, or the one that --run
names. In it:

    best.ckpt      the network with the highest validation accuracy:
                   DigitsClassifier.load_from_checkpoint reads it
    last.ckpt      everything needed to go on: weights and their averages, optimiser, learning rate,
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

Once training has begun, Ctrl-C (or SIGTERM) ends the run after the step in progress (on a GPU,
after ten steps at most), and saves it. A run that was killed goes on from its last.ckpt. A SLURM
job that is about to be stopped does the same, is requeued, and goes on by itself: run/slurm.py.
"""

import json
import os
import sys
import time
from functools import cache
from pathlib import Path
from typing import Literal

from helpers.run import slurm
from helpers.setup import environment

if __name__ == "__main__":  # before the imports that take seconds, or warn
    environment.CtrlC()
    slurm.hold_signal()
    command = " ".join(["helpers.train", *sys.argv[1:2]])
    environment.announce(f"{command} is loading PyTorch and Lightning")

from pytorch_lightning import Trainer, seed_everything
from pytorch_lightning.callbacks import LambdaCallback, ModelCheckpoint
from pytorch_lightning.core.mixins.hparams_mixin import _given_hyperparameters_context
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from helpers import InputError, choose, require
from helpers.classifier import AverageWeights, SpikingClassifier
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.engine.scores import LOSS, TEST_ACC, VAL_ACC, Scores
from helpers.run import exact
from helpers.run.answers import plot_answers
from helpers.run.learning_curves import plot_curves
from helpers.run.options import (
    COMMANDS,
    HELP,
    SET_HERE,
    OptionParser,
    find_classes,
    look_ahead,
    read_yaml,
)
from helpers.run.rendezvous import Rendezvous, run_command
from helpers.run.run_folder import (
    BEST,
    CONFIG,
    LAST,
    RESULT,
    check_unfinished,
    find_run,
    how_to_resume,
    is_resumable,
    read_options,
    resume_by,
    saved_options,
    trained_run,
    with_last_line,
)
from helpers.run.usage import measure_usage, report
from helpers.tools.write_whole import write_whole

WITH_THE_COURSE = {"spoken": "helpers.spoken.model"}  # what --own takes besides a file of yours
# options that may change when a run goes on: the network and its data stay the same
MAY_CHANGE = ("batch_size", "num_workers", "root", "compile", "recompute", "graph")


class KeepBest(ModelCheckpoint):
    """Writes best.ckpt, the network with the best validation so far.

    Of several that are equally good, it keeps the latest. It is for runs that get worse towards
    their end. The best validation may be luck: see `Command._score`.

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
        super().load_state_dict(state_dict | {"dirpath": self.dirpath})  # the run may have moved
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
        is_as_good_everywhere = trainer.strategy.reduce_boolean_decision(is_as_good)
        return is_as_good_everywhere or super().check_monitor_top_k(trainer, current)


@cache  # making the parser takes longer than parsing
def make_parser(command: str, own: str) -> OptionParser:
    """Return the parser of a command's options, which knows the classes that have them.

    Args:
        command: fit, validate or test
        own: the module of a problem of one's own; "" for the digits
    """
    model, data = DigitsClassifier, DigitsDataModule
    if own:
        model, data = find_classes(own, WITH_THE_COURSE)
    parts = {"trainer": Trainer, "model": model, "data": data}
    parts |= {"best": KeepBest, "last": exact.KeepLast}
    defaults = {"trainer.max_epochs": 5, "trainer.log_every_n_steps": 10}
    if data is DigitsDataModule:
        # compile on a GPU; a chapter's trainings are too short for that, so the default is off
        defaults["model.compile"] = None
    parser = OptionParser(prog=command, description=COMMANDS[command])
    parser.add_options(parts, defaults)
    return parser


class Command:
    """One call of the command, in one of its processes: it reads the words, and does what they say.

    Args:
        words: fit, validate or test, and its options
        rendezvous: this process among the others
    """

    loggers = {"metrics": CSVLogger, "tensorboard": TensorBoardLogger}  # by their folders

    def __init__(self, words: list[str], rendezvous: Rendezvous):
        self.rendezvous = rendezvous
        self.begun = time.monotonic(), time.process_time()
        self.run = None  # the folder of what is trained
        self.checkpoint = None  # the file to begin with, or to test
        rendezvous.check_same(words)
        asks_for_help = HELP & set(words)
        if words and words[0] in HELP:
            words = ["fit", *words]
        self.name, *words = words or [""]
        choose(COMMANDS, self.name, "the command")
        asked = look_ahead(words)
        saved = {}
        if not asks_for_help:
            saved = self._find_run(asked) if self.name == "fit" else self._find_network(asked)
        self.parser = make_parser(self.name, asked.own or saved.get("own", ""))
        self.options, self.changed = self.parser.read(words, saved)
        rendezvous.check_devices(self.options.trainer)
        if asked.resume:
            self._check_changes()
        if self.run and self.checkpoint:
            # its own last.ckpt without a result.json may be whole: then only the test is left
            is_another = self.checkpoint.parent != self.run
            if is_another or (self.run / RESULT).exists():
                check_unfinished(self.checkpoint, self.options.trainer)

    def _find_run(self, asked):
        """Agree with the other processes on the folder, and return the options to go on with."""
        require(
            not (asked.resume and asked.ckpt_path),
            f"--resume goes on from the {LAST} of its run: leave --ckpt_path out.",
        )
        held = self.rendezvous.held
        found = self.rendezvous.agree(lambda: find_run(asked.run, asked.resume, held))
        self.run = Path(found or asked.run)
        self.rendezvous.check_shared(self.run)
        self.rendezvous.tell(f"--run={self.run}")
        saved = {}
        if asked.ckpt_path:
            self.checkpoint = Path(asked.ckpt_path)
            saved = saved_options(self.checkpoint)
        if asked.resume:
            saved = read_options(self.run)
        if is_resumable(self.run):
            self.checkpoint = self.run / LAST
        return saved

    def _find_network(self, asked):
        """Find the network to test or validate, and return the options of it and of its data."""
        require(not asked.resume, f"--resume is for fit: {self.name} takes --run or --ckpt_path.")
        if asked.ckpt_path:
            self.checkpoint = Path(asked.ckpt_path)
            require(
                not asked.run or Path(asked.run).resolve() == self.checkpoint.parent.resolve(),
                f"--run is {asked.run}, and --ckpt_path is {asked.ckpt_path}: name one of the two.",
            )
        else:
            run = trained_run(asked.run)
            self.checkpoint = run / LAST
            verb = "testing" if self.name == "test" else "validating"
            exact.say(f"{verb} {self.checkpoint}, trained for {exact.find_last(run)} steps")
        self.rendezvous.tell()
        self.rendezvous.ctrl_c.say = lambda: f"stopped: {self.checkpoint} is as it was"
        return saved_options(self.checkpoint)

    def _check_changes(self):
        self.options.resume = False  # for whoever gives these options to another run
        changed = [name for name in self.changed if name.split(".")[1] not in MAY_CHANGE]
        require(
            not changed,
            f"{self.run} goes on as it began: leave {' '.join(changed)} as it is, or begin another "
            f"run by --ckpt_path={self.run / LAST}.",
        )

    def do(self) -> None:
        """Make model and data; then fit, and test the result; or test or validate."""
        options = self.options
        seed_everything(options.seed_everything, workers=True, verbose=False)
        made = self.parser.instantiate(options)
        text = self.parser.dump(options, skip_unset=False, skip_link_targets=False)
        written = read_yaml(text)
        self.model, self.data = (
            make_module(self.parser.parts[name], made.get(name) or {}, written.get(name) or {})
            for name in ("model", "data")
        )
        trainer = {name: value for name, value in made.trainer.items() if name not in SET_HERE}
        callbacks = trainer.pop("callbacks") or []
        if not isinstance(callbacks, list):
            callbacks = [callbacks]
        self.best = KeepBest(**made.best)
        callbacks = [*callbacks, self.best]
        if isinstance(self.model, SpikingClassifier):
            # in case it leaves them out in its own configure_callbacks
            callbacks.append(AverageWeights())
        keep_last = exact.KeepLast(**made.last)
        try:
            if self.name == "fit":
                self._score(self._fit(keep_last, callbacks=callbacks, **trainer))
                return
            callbacks += [exact.SeedBatches(), keep_last]
            trainer = self.rendezvous.make_trainer(logger=False, callbacks=callbacks, **trainer)
            exact.seed(exact.EPOCH)  # data may draw random numbers in their setup: always the same
            evaluate = getattr(trainer, self.name)
            evaluate(self.model, self.data, ckpt_path=self.checkpoint, verbose=options.verbose)
        except RuntimeError as error:
            if "loading state_dict" not in str(error):
                raise
            given = [option for option in self.changed if option.startswith("--model")]
            differs = " ".join(given) or str(error).splitlines()[1].strip()
            raise InputError(f"{self.checkpoint} is of another network: {differs}") from None
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                error = "the program that reads this output has ended"
            if not self.run:
                raise InputError(f"{error}.") from None
            raise InputError(f"{error}: mend that, then {how_to_resume(self.run)}") from None

    def _fit(self, keep_last, **options):
        require(
            self.run.is_dir(),
            f"{self.run} is not in {os.getcwd()}: your module has changed the working folder. "
            "Leave os.chdir out.",
        )
        keep_last.how_to_go_on = resume_by(self.run)
        keep_last.is_requeued = slurm.is_requeued
        return exact.fit(
            self.run,
            self.model,
            self.data,
            ckpt_path=self.checkpoint,
            keep_last=keep_last,
            make_trainer=self._make_trainer,
            logger=[kind(self.run, name) for name, kind in self.loggers.items()],
            **options,
        )

    def _make_trainer(self, **options):
        trainer = self.rendezvous.make_trainer(**options)
        trainer.callbacks.append(LambdaCallback(on_train_start=self._begin))
        if type(self.model).test_step is not SpikingClassifier.test_step:
            # tested on a batch, as a run ends with it: complain now if it logs no accuracy
            loggers = trainer.loggers
            n_batches = trainer.limit_test_batches
            trainer.loggers = []
            trainer.limit_test_batches = 1
            self._test(trainer)
            trainer.loggers = loggers
            trainer.limit_test_batches = n_batches
        return trainer

    def _test(self, trainer, checkpoint=None):
        """Return the accuracy of a checkpoint, or of the network as it is."""
        exact.seed(exact.EPOCH)
        results = trainer.test(self.model, self.data, ckpt_path=checkpoint, verbose=False)
        return Scores(results[0])[TEST_ACC]

    def _begin(self, trainer, module):
        """The training has begun: keep its options, which have worked.

        Raises InputError if there is nothing to test the network on.
        """
        trainer.datamodule.test_dataloader()  # says if there is none, before hours of training
        self.rendezvous.ctrl_c.say = lambda: f"stopped at once; {how_to_resume(self.run)}"
        if trainer.is_global_zero:
            write_whole(self.run / CONFIG, with_last_line(self.parser.dump(self.options)))

    def _score(self, trainer):
        """Test, draw, and say where everything lies.

        The last line is the accuracy of the network at the end, its learning rate run down to 0.
        If best.ckpt is another network, it is tested too, but does not count: a few examples decide
        which validation was the highest.
        """
        command = f"python -m helpers.train test --run {self.run}"
        self.rendezvous.ctrl_c.say = lambda: f"stopped after the training; test it with: {command}"
        best = self.best
        paths = [self.run / LAST]
        last_score = trainer.callback_metrics.get(best.monitor)
        if best.best_model_score != last_score and os.path.isfile(best.best_model_path):
            paths.insert(0, best.best_model_path)
        lines = [""]
        for path in paths:
            accuracy = self._test(trainer, path)
            lines.append(f"checkpoint      {os.path.relpath(path)}, {TEST_ACC} {accuracy:.4f}")
        if not trainer.is_global_zero:
            return
        for what, (name, axes) in self.draw().items():
            axes.flat[0].figure.savefig(self.run / name, dpi=150)
            lines.append(f"{what:15} {self.run / name}")
        print(*lines, sep="\n")
        self.keep(report(self.run, trainer, accuracy, measure_usage(*self.begun)))

    def draw(self) -> dict:
        """The pictures of a run: what they show, and for each its file and its axes."""
        plots = {"learning curve": ("curves.png", plot_curves(self.run / "metrics"))}
        if isinstance(self.data, DigitsDataModule):
            answers = plot_answers(self.model, *self.data.test[:32])
            plots["some answers"] = "digits.png", answers
        return plots

    def keep(self, result: dict) -> None:
        """Write result.json."""
        write_whole(self.run / RESULT, json.dumps(result, indent=2) + "\n")


def make_module(kind: type, options: dict, written: dict):
    """Make the model or the data.

    Args:
        kind: its class
        options: its arguments, of which some may be objects
        written: the same as numbers and words, which save_hyperparameters keeps in a checkpoint
    """
    # private: without it, a checkpoint would have to hold the objects
    with _given_hyperparameters_context(written, "pytorch_lightning.cli.instantiate_module"):
        made = kind(**options)
    require(
        hasattr(made, "prepare_data_per_node"),  # of Lightning
        f"{kind.__name__}.__init__ does not call super().__init__(): let it begin by that.",
    )
    return made


def main(words: list[str], command: type[Command] = Command) -> None:
    """Run the command: see the top of this file.

    Exit status 0: done, 2: bad input, 75: start it again, 130: stopped.
    """
    run_command(lambda words, rendezvous: command(words, rendezvous).do(), words)


if __name__ == "__main__":
    main(sys.argv[1:])
