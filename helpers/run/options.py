"""The options of a command: a short help, and one line for what is wrong."""

import re
from difflib import get_close_matches
from textwrap import shorten

import torch
from pytorch_lightning.cli import LightningArgumentParser

from helpers import require
from helpers.engine import private_names
from helpers.run.one_line import in_one_line
from helpers.setup import environment

# What other programs call an option of ours
OTHER_NAMES = {
    "lr": "--model.learning_rate",
    "epochs": "--trainer.max_epochs",
    "gpus": "--trainer.devices",
    "checkpoint": "--ckpt_path",
    "bs": "--data.batch_size",
}
USAGE = "python -m helpers.train fit|test|validate [options], or --help"
MOST_USED = """
Options of PyTorch Lightning's Trainer that are used most:
  --trainer.max_epochs 5             how many times all training examples are seen
  --trainer.accelerator auto         cpu, gpu, or auto: a GPU where there is one
  --trainer.devices auto             processes on this machine, one for each device
  --trainer.strategy auto            ddp: several processes train one network
  --trainer.precision 32-true        bf16-mixed or 16-mixed: faster on a GPU
  --trainer.limit_train_batches 1.0  train on fewer batches: a number, or a share below 1.0
  --trainer.enable_progress_bar true false: no bar

All other options, which are PyTorch Lightning's: --help-all
"""
MAY_BE_0 = (
    "gradient_clip_val",
    "num_sanity_val_steps",
    "overfit_batches",
    "reload_dataloaders_every_n_epochs",
)
SET_HERE = ("logger", "plugins", "default_root_dir")
MAY_BE_ALL = ("max_epochs", "max_steps", "num_sanity_val_steps")  # as -1


class OptionParser(LightningArgumentParser):
    """Shows the options of the course in --help, all in --help-all, and errors in one line."""

    first_groups = ()  # of options, shown in --help

    def __init__(self, *args, words=(), **kwargs):
        super().__init__(*args, usage=USAGE, allow_abbrev=False, **kwargs)
        self.words = words  # of the command

    def format_help(self, *args, **kwargs) -> str:
        wants_all = not self.first_groups or "--help-all" in self.words
        private_names.show_groups(self, self.first_groups, wants_all)
        text = super().format_help(*args, **kwargs)
        if not wants_all:
            text += MOST_USED
        return re.sub(r":\w+:`~?([^`<]*[^`< ])[^`]*`", r"\1", text)  # Sphinx's marks

    def error(self, message, ex=None):
        unknown = re.search(r"unrecognized arguments: (\S+)", message, re.IGNORECASE)
        if unknown:
            options = []
            for action in private_names.actions_of(self):
                options += action.option_strings
            near = find_near(unknown[1], options)
            advice = "All options: python -m helpers.train fit --help-all"
            if near:
                advice = f"Did you mean {near}?"
            message = f"{message}. {advice}"
        if "does not accept option" in message:
            message += ": is it one of another problem? Then name that by --own."
        if message.startswith(("Problems parsing config", "Unexpected config")):
            # neither names the file, and one quotes all of it
            message = f"{shorten(message, 200)} (given: {' '.join(self.words)})"
        said = ""
        if environment.is_first_process():  # the others complain alike
            said = f"error: {in_one_line(message)}\n"
        self.exit(2, said)


def find_near(word: str, options: list[str]) -> str:
    """Return the option that was probably meant, or ""."""
    names = {other: option for other, option in OTHER_NAMES.items() if option in options}
    for option in options:
        names.setdefault(option.lstrip("-").split(".")[-1], option)
    given = word.lstrip("-").partition("=")[0].split(".")[-1]
    near = get_close_matches(given, names, n=1, cutoff=0.75)
    return names[near[0]] if near else ""


def check_trainer(config, command: str, launcher: str) -> None:
    """Raise InputError for what Lightning would notice late, or never.

    Args:
        config: the options of the command
        command: fit, test or validate
        launcher: srun or torchrun; "" if Lightning starts further processes
    """
    trainer = config.trainer
    seed = config.seed_everything
    require(
        0 <= seed < 2**32,  # NumPy takes no others
        f"--seed_everything is {seed}: it must be between 0 and {2**32 - 1}.",
    )
    for name in SET_HERE:
        require(trainer[name] is None, f"--trainer.{name} is set by this command: leave it out.")
    for name, value in trainer.items():
        if type(value) in (int, float) and not (value == -1 and name in MAY_BE_ALL):
            lowest = "at least 0" if name in MAY_BE_0 else "above 0"
            require(
                value > 0 or value == 0 and name in MAY_BE_0,
                f"--trainer.{name} is {value}: it must be {lowest}.",
            )
    require(
        command != "fit" or not (trainer.fast_dev_run or trainer.barebones),
        "--trainer.fast_dev_run and barebones keep no checkpoint, and a run ends with the test of "
        "one: use --trainer.limit_train_batches=2.",
    )
    require(
        "spawn" not in str(trainer.strategy),
        f"--trainer.strategy is {trainer.strategy}: use ddp, which starts the command anew in "
        "each process.",
    )
    if launcher:
        return
    require(
        trainer.num_nodes == 1,
        f"--trainer.num_nodes is {trainer.num_nodes}, but this is one process on one node: start "
        "it by srun or torchrun, which set the number.",
    )
    takes_gpus = trainer.accelerator != "cpu" and torch.accelerator.is_available()
    devices = str(trainer.devices)
    if devices.isdecimal() and not takes_gpus:  # Lightning refuses a GPU too many by itself
        n_cores = environment.count_cores()
        require(
            int(devices) <= max(4, n_cores),  # any machine may try out four processes
            f"--trainer.devices is {devices}: each process needs a core, and here are {n_cores}.",
        )
