"""The options of a command: how words and files are read, and one line for what is wrong.

This module imports neither PyTorch nor Lightning: that takes seconds.
"""

import argparse
import importlib
import inspect
import os
import re
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from textwrap import shorten

import yaml
from jsonargparse import ActionConfigFile, ArgumentParser, Namespace, _loaders_dumpers, set_loader

from helpers import InputError, require
from helpers.run.errors import find_near, in_one_line
from helpers.setup import environment
from helpers.tools.learners_code import where_it_stops

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
HELP = {"-h", "--help", "--help-all"}
COMMANDS = {
    "fit": "train a new network, or go on with a run",
    "validate": "score a trained network on the validation data",
    "test": "score a trained network on the test data",
}
# parameters of Lightning's methods of these names that are no options
GIVEN = {"model", "datamodule", "dataloaders", "train_dataloaders", "val_dataloaders"}
GIVEN |= {"weights_only"}  # a checkpoint is data
MAY_BE_0 = (
    "gradient_clip_val",
    "num_sanity_val_steps",
    "overfit_batches",
    "reload_dataloaders_every_n_epochs",
)
SET_HERE = ("logger", "plugins", "default_root_dir")
MAY_BE_ALL = ("max_epochs", "max_steps", "num_sanity_val_steps")  # as -1


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, takes 010 as ten, and 1:30 as no number.

    YAML 1.1 takes the last of the two, 8, and 90.
    """

    def construct_mapping(self, node, deep=False):
        names = [key.value for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.YAMLError(f"{name} is there twice: leave one of them")
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node):
        try:
            return int(node.value)
        except ValueError:
            return node.value

    def construct_yaml_float(self, node):
        return node.value if ":" in node.value else super().construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_str)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_yaml(text: str):
    """Return what a text holds: a word, a file of --config, or what a run has kept.

    Raises yaml.YAMLError.
    """
    return _Loader(text).get_single_data()


set_loader("yaml", read_yaml, (yaml.YAMLError,))
# private: what takes a word for a number. Without it, 1:30 would be 90
_loaders_dumpers.yaml_default_loader = _Loader


class OptionParser(ArgumentParser):
    """Shows the options of the course in --help, all in --help-all, and errors in one line."""

    words = ()  # of the command
    first_groups = ()  # of options, shown in --help

    def __init__(self, **kwargs):
        super().__init__(usage=USAGE, allow_abbrev=False, **kwargs)

    def format_help(self, *args, **kwargs) -> str:
        wants_all = not self.first_groups or "--help-all" in self.words
        groups = self._action_groups  # private
        self._action_groups = list(self.first_groups)
        if wants_all:
            self._action_groups += [group for group in groups if group not in self.first_groups]
        text = super().format_help(*args, **kwargs)
        self._action_groups = groups
        if not wants_all:
            text += MOST_USED
        return re.sub(r":\w+:`~?([^`<]*[^`< ])[^`]*`", r"\1", text)  # Sphinx's marks

    def keep_whole_numbers(self) -> None:
        """Have limit_..._batches tell 1, one batch, from 1.0, all of them.

        Their type is a number or a share, in whichever order another module has named the two
        first.
        """
        for action in self._actions:
            if action.dest.startswith("trainer.limit_"):
                action._typehint = int | float | None  # private

    def error(self, message, ex=None):
        unknown = re.search(r"unrecognized arguments: (\S+)", message, re.IGNORECASE)
        if unknown:
            options = [option for action in self._actions for option in action.option_strings]
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


def make_parsers(
    command: str, parts: dict[str, type], defaults: dict
) -> tuple[OptionParser, OptionParser]:
    """The parser of the words, which chooses the command, and the one of that command's options.

    Args:
        command: one of COMMANDS
        parts: the classes whose options there are, by their names: trainer, model, data and others
        defaults: of options, in place of those of the classes
    """
    whole = OptionParser()
    commands = whole.add_subcommands()
    parsers = {name: OptionParser(description=text) for name, text in COMMANDS.items()}
    for name, text in COMMANDS.items():
        commands.add_subcommand(name, parsers[name], help=text)
    parser = parsers.get(command, whole)  # of another command, the first parser says what is wrong
    if parser is whole:
        return whole, parser
    parser.dump_header = [f"pytorch_lightning=={version('pytorch-lightning')}"]
    parser.add_argument("-c", "--config", action=ActionConfigFile, help="file with options: YAML")
    parser.add_argument("--seed_everything", type=int, default=0, help="of all random numbers")
    which = None
    for name, kind in parts.items():
        parser.add_class_arguments(
            kind, name, fail_untyped=False, instantiate=False, sub_configs=True
        )
        if name == "data":
            which = add_run_options(parser)
    parser.add_method_arguments(parts["trainer"], command, skip=GIVEN)
    parser.keep_whole_numbers()
    if is_told_its_data(parts["model"], parts["data"]):
        parser.link_arguments("data.name", "model.data")
    parser.set_defaults(defaults)
    ours = [parser.groups[name] for name in parts if name != "trainer"]
    parser.first_groups = [which, *ours]
    return whole, parser


def add_run_options(parser: OptionParser):
    """Add what is said of the run itself, and return the group of these options."""
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
    return group


def is_told_its_data(model: type, data: type) -> bool:
    """Whether the network has to know the scale of the images, or the sizes of the sounds."""
    is_asked = "data" in inspect.signature(model).parameters
    return is_asked and "name" in inspect.signature(data).parameters


def check_options(options: Namespace, command: str) -> None:
    """Raise InputError for what Lightning would notice late, or never."""
    trainer = options.trainer
    seed = options.seed_everything
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


# What has to be known before all options can be read


class _File(argparse.Action):
    """Takes what a file of --config, or JSON in its place, says of the run."""

    def __call__(self, parser, asked, given, option):
        file = Path(given)
        try:
            given = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise InputError(f"--config {file} is not in UTF-8: save it so.") from None
        except OSError:  # it is no file, but what would be in one
            pass
        with suppress(TypeError, ValueError, yaml.YAMLError):  # the parser says what is wrong
            for name, value in dict(read_yaml(given)).items():
                if type(value) is type(getattr(asked, name, None)):
                    setattr(asked, name, value)


def look_ahead(words: list[str]) -> argparse.Namespace:
    """Return what words and files say of the run itself: run, resume, ckpt_path and own.

    These tell which saved options come before the words, and whose options there are.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--resume", action="store_true")
    for option in ("--own", "--run", "--ckpt_path"):
        parser.add_argument(option, default="")
    parser.add_argument("-c", "--config", action=_File)
    asked = parser.parse_args([])
    with suppress(argparse.ArgumentError):  # the parser of all options says what is wrong
        parser.parse_known_args(words, asked)
    return asked


def find_classes(own: str, known: dict[str, str]) -> tuple[type, type]:
    """Return the classes Model and Data of a problem of one's own.

    Args:
        own: the module that --own names
        known: short names of the course's own problems, and the module of each

    Raises:
        InputError: if the module or a class is missing
    """
    try:
        sys.path.insert(0, os.getcwd())  # it may be called as a package is
        module = importlib.import_module(known.get(own, own))
        classes = module.Model, module.Data
        require(all(isinstance(one, type) for one in classes), "Model and Data must be classes")
        return classes
    except (Exception, SystemExit) as error:
        problem = where_it_stops(error) or (
            f"this cannot be used ({error}): name a module in this folder, without .py, with Model "
            f"and Data, and with a name that Python has not, or {' or '.join(known)}."
        )
        raise InputError(f"--own is {own}: {problem}") from None
