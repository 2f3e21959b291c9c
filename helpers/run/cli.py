"""A command that trains in one process or in many, and in one folder a run.

It is LightningCLI, with that around it.
"""

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import torch
from pytorch_lightning.callbacks import LambdaCallback, TQDMProgressBar
from pytorch_lightning.cli import LightningCLI
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from pytorch_lightning.utilities.model_helpers import is_overridden
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from torch.distributed import DistError

from helpers import InputError, require
from helpers.engine import private_names
from helpers.engine.scores import TEST_ACC, VAL_ACC, read_scores
from helpers.run import exact, slurm
from helpers.run.checkpoint import KeepBest, KeepLast
from helpers.run.options import OptionParser, check_trainer
from helpers.run.rendezvous import Rendezvous
from helpers.run.run_folder import (
    CONFIG,
    LAST,
    LAST_LINE,
    RESULT,
    check_checkpoint,
    check_unfinished,
    find_run,
    how_to_resume,
    read_options,
    trained_run,
)
from helpers.run.usage import measure_usage, usage_in_words
from helpers.setup import environment
from helpers.tools.learners_code import how_a_package_stops, where_it_stops
from helpers.tools.write_whole import write_whole

PARTS = "model", "data"
# options of a run that may change when it goes on: not what it learns, nor from what
MAY_CHANGE = ("batch_size", "num_workers", "root", "compile", "graph")
TOO_LARGE = (
    "out of memory|memoryerror|allocate memory|overflow(ed| when)|invalid size|"
    r"dimensions? .*too large"
)


class RunCLI(LightningCLI):
    """LightningCLI with one folder a run: --run names it, --resume goes on in it.

    The folder is held while the run lasts. LightningCLI calls the methods below in their order, and
    `after_fit` of its subclass at the end.
    """

    loggers = {"metrics": CSVLogger, "tensorboard": TensorBoardLogger}  # by their folders

    def __init__(
        self,
        *classes: type,
        rendezvous: Rendezvous,
        held: ExitStack | None = None,
        ctrl_c: environment.CtrlC | None = None,
        **kwargs,
    ):
        self.rendezvous = rendezvous
        self.held = held
        self.ctrl_c = ctrl_c
        self.checkpoint = None  # path of what is loaded
        self.changed = []  # options of model and data that differ from those of the checkpoint
        self.begun = time.monotonic(), time.process_time()
        super().__init__(
            *classes,
            parser_class=partial(OptionParser, words=kwargs["args"]),
            save_config_callback=None,
            auto_configure_optimizers=False,  # they would silently replace those of the network
            seed_everything_default=0,
            **kwargs,
        )

    @staticmethod
    def subcommands():
        """All of Lightning's but predict, which keeps no predictions."""
        commands = LightningCLI.subcommands()
        del commands["predict"]
        return commands

    def add_arguments_to_parser(self, parser):
        group = parser.add_argument_group("Which run")
        add = group.add_argument
        add(
            "--run",
            type=str,
            default="",
            help="folder of the run; without it the next free runs/<number>",
        )
        add(
            "--resume",
            action="store_true",
            help="go on from last.ckpt of --run, or of the newest run",
        )
        add("--help-all", action="help", help="show Lightning's options too")
        add(
            "--own",
            type=str,
            default="",
            help="module with classes Model and Data, in place of the course's",
        )
        parser.add_lightning_class_args(KeepBest, "best")
        parser.add_lightning_class_args(KeepLast, "last")
        private_names.keep_whole_numbers(parser)
        parser.first_groups = [group, *map(parser.groups.get, ("model", "data", "best", "last"))]

    def parse_arguments(self, parser, args):
        self.rendezvous.check_same(args)
        parser.words = args
        self.config = parser.parse_args(args)
        command = self.config.subcommand
        config = self.config[command]
        config.run = os.path.expanduser(config.run)
        require(args[0] == command, f"{args[0]} comes before {command}: put it behind.")
        self.rendezvous.check_devices(config.trainer)
        check_trainer(config, command, self.rendezvous.launcher)
        if command == "fit":
            self._find_run()
        else:
            self._find_checkpoint()
        # else LightningCLI puts the options in a checkpoint in the place of those that were given
        self.given_path = self.config[command].ckpt_path
        self.config[command].ckpt_path = None

    def _find_checkpoint(self):
        """Take the network of a run, and the data it was trained for, to test or validate it."""
        command = self.config.subcommand
        config = self.config[command]
        require(not config.resume, f"--resume is for fit: {command} takes --run or --ckpt_path.")
        path = config.ckpt_path
        if path:
            folder = Path(path).expanduser().parent
            require(
                not config.run or Path(config.run).resolve() == folder.resolve(),
                f"--run is {config.run}, and --ckpt_path is {path}: name one of the two.",
            )
        else:
            run = trained_run(config.run)
            step = exact.find_last(run)
            path = run / LAST
            verb = "testing" if command == "test" else "validating"
            exact.say(f"{verb} {path}, trained for {step} steps")
        self._take_checkpoint(path)
        self.ctrl_c.say = lambda: f"stopped: {self.checkpoint} is as it was"

    def _take_checkpoint(self, path):
        """Take the network in a file, and the options of model and data with which it was made."""
        self.checkpoint = Path(path).expanduser()
        network = check_checkpoint(self.checkpoint).get("hyper_parameters", {})
        network.pop("_instantiator", None)  # Lightning's
        saved = {"model": network}
        data = self.config[self.config.subcommand].get("data") or {}
        if "data" in network and "name" in data:  # of which the network was told
            saved["data"] = {"name": network["data"]}
        run = self.checkpoint.parent
        if (run / CONFIG).is_file():
            options = read_options(run)
            saved = {part: options[part] for part in ("own", *PARTS) if part in options}
        self._take_options(saved)

    def _find_run(self):
        """Agree with the other processes on the folder and on what the run goes on from."""
        config = self.config.fit
        require(
            not (config.resume and config.ckpt_path),
            f"--resume goes on from the {LAST} of its run: leave --ckpt_path out.",
        )
        if config.ckpt_path:
            self._take_checkpoint(config.ckpt_path)
        name, step = self.rendezvous.agree(lambda: find_run(config.run, config.resume, self.held))
        self.run = Path(name)
        self.rendezvous.check_shared(self.run)
        if config.resume:
            self._take_options(read_options(self.run))
            changed = [option for option in self.changed if option.split(".")[1] not in MAY_CHANGE]
            require(
                not changed,
                f"{self.run} goes on as it began: leave {' '.join(changed)} as it is, or begin "
                f"another run by --ckpt_path={self.run / LAST}.",
            )
        self.config.fit.resume = False  # for whoever gives these options to another run
        if step is not None:
            self.checkpoint = self.run / LAST
            exact.say(f"going on with {self.run} after step {step}")
        if self.checkpoint and (step is None or (self.run / RESULT).exists()):
            check_unfinished(self.checkpoint, self.config.fit.trainer)

    def _take_options(self, saved):
        """Read the words of the command after saved options, and see what they change."""
        command = self.config.subcommand
        words = [command, f"--config={json.dumps(saved)}"]
        before = self.parser.parse_args(words)[command]
        self.config = self.parser.parse_args([*words, *self.parser.words[1:]])
        self.changed = [
            f"--{part}.{name}"
            for part in PARTS
            for name, value in (before.get(part) or {}).items()
            if value != self.config[command][part][name]
        ]

    def instantiate_classes(self):
        self.config[self.subcommand].ckpt_path = self.given_path
        super().instantiate_classes()
        self.config_init[self.subcommand].ckpt_path = self.checkpoint

    def instantiate_trainer(self, **kwargs):
        kwargs |= {"logger": False, **self.rendezvous.options}
        if self.subcommand == "fit":
            kwargs["default_root_dir"] = self.run
            kwargs["logger"] = [kind(self.run, name) for name, kind in self.loggers.items()]
        if torch.cuda.is_available():
            # steps: each time that the bar moves, it waits for the GPU
            os.environ.setdefault("TQDM_MINITERS", "10")
        trainer = super().instantiate_trainer(**kwargs)
        environment.divide_threads(trainer.num_devices)
        device = trainer.strategy.root_device
        if device.type == "cuda" and trainer.precision.startswith("bf16"):
            require(
                torch.cuda.is_bf16_supported(including_emulation=False),
                f"{torch.cuda.get_device_name()} only imitates bfloat16: "
                "use --trainer.precision 16-mixed.",
            )
        trainer.callbacks.append(LambdaCallback(on_train_start=self._begin))
        launcher = trainer.strategy.launcher
        if hasattr(launcher, "kill"):  # the processes that Lightning starts
            self.ctrl_c.at_end.append(partial(launcher.kill, signal.SIGKILL))
        self.rendezvous.join(device)
        return trainer

    def before_fit(self):
        exact.seed(exact.EPOCH)  # data may draw random numbers in their setup: always the same

    before_test = before_validate = before_fit

    # A private name of LightningCLI, overridden: it is what calls fit or test. When it is gone,
    # look for what does so now; else nothing says how to go on after a full disk.
    def _run_subcommand(self, subcommand):
        try:
            super()._run_subcommand(subcommand)
        except RuntimeError as error:
            if "loading state_dict" not in str(error):
                raise
            given = [option for option in self.changed if option.startswith("--model")]
            differs = " ".join(given) or str(error).splitlines()[1].strip()
            raise InputError(f"{self.checkpoint} is of another network: {differs}") from None
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                error = "the program that reads this output has ended"
            if subcommand != "fit":
                raise InputError(f"{error}.") from None
            raise InputError(f"{error}: mend that, then {how_to_resume(self.run)}") from None

    def _begin(self, trainer, module):
        """The training has begun: keep its options, which have worked, and complete its bar.

        Raises InputError if there is nothing to test the network on, or by.
        """
        self.datamodule.test_dataloader()  # says if there is none, before hours of training
        require(
            is_overridden("test_step", module),
            "the network has no test_step, and a run ends with a test: write one that logs "
            f"{TEST_ACC}.",
        )
        self.ctrl_c.say = lambda: f"stopped at once; {how_to_resume(self.run)}"
        bar = trainer.progress_bar_callback
        if isinstance(bar, TQDMProgressBar):
            # Lightning leaves this out where a run goes on in the middle of an epoch
            bar.on_train_epoch_start(trainer)
        if trainer.is_global_zero:
            options = private_names.parser_of(self, "fit").dump(self.config.fit)
            write_whole(self.run / CONFIG, options + LAST_LINE)

    def report(self, accuracy: float) -> None:
        """Say what the run took and how well it did, and write that into its folder.

        The last line is the accuracy of the test.
        """
        n_processes = self.trainer.world_size
        used = measure_usage(*self.begun)
        if n_processes > 1:
            print(f"processes       {n_processes}, of which this one took:")
        print(f"took            {usage_in_words(used)}")
        print(f"{TEST_ACC} {accuracy:.4f}")
        steps = self.trainer.global_step
        if not steps:
            print("no optimizer has done a step: the network is as it began", file=sys.stderr)
        result = {TEST_ACC: accuracy, "steps": steps}
        logged = read_scores(self.run / "metrics")
        if VAL_ACC in logged:  # a short run may have no validation
            result[VAL_ACC] = logged[VAL_ACC][1][-1]
        self.write_result(result | {"processes": n_processes, **used})

    def write_result(self, result: dict) -> None:
        write_whole(self.run / RESULT, json.dumps(result, indent=2) + "\n")


def run_command(start: Callable, args: list[str] | None) -> None:
    """Start a command. If it cannot go on, end with a sentence.

    Exit status 0: done, 2: bad input, 75: start it again, 130: stopped.

    Args:
        start: called with these words, and as RunCLI with the rendezvous of the processes, the
            stack that holds the folder of the run, and what ends this process at Ctrl-C
        args: the words of the command; None for those of the command line
    """
    environment.setup()
    sys.stdout.reconfigure(errors="replace")  # a terminal may have no letters for a name
    rendezvous = Rendezvous()
    with ExitStack() as held:  # holds the folder of the run
        ctrl_c = environment.CtrlC()
        held.callback(ctrl_c.leave)
        # clean up as at the end of the process: remove a new folder that has no checkpoint
        ctrl_c.at_end.append(partial(held.__exit__, SystemExit, SystemExit(130), None))
        try:
            rendezvous.meet()
            start(args, rendezvous=rendezvous, held=held, ctrl_c=ctrl_c)
            exact.leave_processes()
        except exact.Interrupted as interrupted:
            exact.leave_processes()
            has_to_requeue = interrupted.status == exact.START_AGAIN
            slurm.stop(str(interrupted), has_to_requeue, is_first=rank_zero_only.rank == 0)
        except (InputError, exact.MisconfigurationException, OSError) as error:
            rendezvous.refuse(error)
        except (Exception, SystemExit) as error:
            message = str(error)
            if re.search(TOO_LARGE, f"{type(error).__name__}: {message}", re.IGNORECASE):
                rendezvous.refuse(
                    "out of memory: give each process a smaller --data.batch_size, or fewer time "
                    "steps, or make the network smaller."
                )
            # the words of gloo, when the connection to another process is lost
            gloos = r"gloo[/\\].*(connection|timed out|peer|socket)"
            # the error of the store, and of NCCL
            if isinstance(error, DistError) or re.search(gloos, message, re.IGNORECASE):
                print(
                    "error: another process of this run has ended: the log says why, further up. "
                    f"Here it was noticed by: {message}",
                    file=sys.stderr,
                )
                sys.exit(75)
            problem = where_it_stops(error) or how_a_package_stops(error)
            if problem:
                rendezvous.refuse(problem)
            raise
