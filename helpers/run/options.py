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
from pathlib import Path
from textwrap import shorten

import yaml
from jsonargparse import ActionConfigFile, ArgumentParser, Namespace, _loaders_dumpers, set_loader

from helpers import InputError, require
from helpers.run.errors import BadOption, find_near, in_one_line
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
RUN = "folder of the run; without it the next free runs/<number>"
RESUME = "go on from last.ckpt of --run, or of the newest run"
OWN = "module with classes Model and Data, in place of the course's"
# parameters of Lightning's methods of these names that are no options
GIVEN = {"model", "datamodule", "dataloaders", "train_dataloaders", "val_dataloaders"}
GIVEN |= {"weights_only"}  # a checkpoint is data
MAY_BE_0 = (
    "gradient_clip_val",
    "num_sanity_val_steps",
    "overfit_batches",
    "reload_dataloaders_every_n_epochs",
)
PARTS = ("trainer", "model", "data", "best", "last")  # which have options of their own
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


def check_config(content, source: str) -> dict:
    """Return options from a file, or from JSON in its place.

    Raises InputError if these, or those of a part, are not by name.
    """
    require(
        isinstance(content, dict),
        f"{source} has no options: it must be a file with lines such as `run: new`, in this folder "
        "or with its path.",
    )
    require("config" not in content, f"{source} names a config file: give that by --config, too.")
    for part in PARTS:
        options = content.get(part, {})
        require(
            isinstance(options, dict),
            f"{part} is {options!r} in {source}: it must have options, each with a value.",
        )
    return content


set_loader("yaml", read_yaml, (yaml.YAMLError,))
# private: what takes a word for a number. Without it, 1:30 would be 90
_loaders_dumpers.yaml_default_loader = _Loader


class OptionParser(ArgumentParser):
    """Reads the options of a command.

    Shows those of the course in --help, all in --help-all, and errors in one line.
    """

    first_groups = ()  # of options, shown in --help

    def __init__(self, **kwargs):  # jsonargparse makes others of this kind for what is nested
        super().__init__(usage=USAGE, allow_abbrev=False, **kwargs)

    def add_options(self, parts: dict[str, type], defaults: dict) -> None:
        """Add the options of the command after which this parser is called.

        Args:
            parts: the classes that have options, by their names: trainer, model, data and others
            defaults: of options, in place of those of the classes
        """
        self.add_argument("-c", "--config", action=ActionConfigFile, help="file with options: YAML")
        self.add_argument("--seed_everything", type=int, default=0, help="of all random numbers")
        which = self.add_argument_group("Which run")
        which.add_argument("--run", type=str, default="", help=RUN)
        which.add_argument("--resume", action="store_true", help=RESUME)
        which.add_argument("--help-all", action="help", help="show Lightning's options too")
        which.add_argument("--own", type=str, default="", help=OWN)
        self.parts = parts
        for name, kind in parts.items():
            self.add_class_arguments(
                kind, name, fail_untyped=False, instantiate=False, sub_configs=True
            )
        self.first_groups = [which, *(self.groups[name] for name in parts if name != "trainer")]
        self.add_method_arguments(parts["trainer"], self.prog, skip=GIVEN)
        for action in self._actions:  # private
            # 1 is one batch, and 1.0 all of them: their type is a number or a share, in whichever
            # order another module has named the two first
            if action.dest.startswith("trainer.limit_"):
                action._typehint = int | float | None
        # whether the network has to know the scale of the images, or the sizes of the sounds
        is_asked = "data" in inspect.signature(parts["model"]).parameters
        self.is_told_its_data = is_asked and "name" in inspect.signature(parts["data"]).parameters
        if self.is_told_its_data:
            self.link_arguments("data.name", "model.data")
        self.set_defaults(defaults)

    def read(self, words: list[str], saved: dict) -> tuple[Namespace, list[str]]:
        """Return the options, and those of model, data and best that are not as saved.

        Args:
            words: those behind the command
            saved: options of the run that goes on or is tested, for where the words say nothing
        """
        before = {}
        if saved:
            for name in SET_HERE:  # an earlier version has kept one
                saved.get("trainer", {}).pop(name, None)
            network = saved.get("model", {})
            if self.is_told_its_data and "data" in network:
                saved = {"data": {"name": network["data"]}, **saved}
            before = self.parse_object(saved)
        options = self.parse_args(words, before)
        try:
            self.validate(options, skip_unset=False)  # an option may be there without a value
        except TypeError as error:
            self.error(str(error))
        check_options(options, self.prog)
        changed = [
            f"--{part}.{name}"
            for part in ("model", "data", "best")
            for name, value in (before.get(part) or {}).items()
            if value != options[part][name]
        ]
        return options, changed

    def format_help(self, *args, **kwargs) -> str:
        wants_all = not self.first_groups or "--help-all" in self.args
        groups = self._action_groups  # private
        self._action_groups = list(self.first_groups)
        if wants_all:
            self._action_groups += [group for group in groups if group not in self.first_groups]
        text = super().format_help(*args, **kwargs)
        self._action_groups = groups
        if not wants_all:
            text += MOST_USED
        return re.sub(r":\w+:`~?([^`<]*[^`< ])[^`]*`", r"\1", text)  # Sphinx's marks

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
        if message.startswith("Problems parsing config"):  # which names no file
            given = " ".join([self.prog, *self.args])
            message = f"{shorten(message, 200)} (given: {given})"
        raise BadOption(in_one_line(message))


def check_options(options: Namespace, command: str) -> None:
    """Raise InputError for what Lightning would notice late, or never."""
    trainer = options.trainer
    seed = options.seed_everything
    require(
        0 <= seed < 2**32,  # NumPy takes no others
        f"--seed_everything is {seed}: it must be between 0 and {2**32 - 1}.",
    )
    require(
        isinstance(options.resume, bool),
        f"resume is {options.resume!r}: it must be true or false.",
    )
    require(options.ckpt_path != "", "--ckpt_path is empty: give it a value, or leave it out.")
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
        try:
            content = read_yaml(given)
        except (TypeError, ValueError, yaml.YAMLError):  # the parser says what is wrong
            return
        for name, value in check_config(content, f"--config {file}").items():
            if type(value) is type(getattr(asked, name, None)):
                setattr(asked, name, value)


def look_ahead(words: list[str]) -> argparse.Namespace:
    """Return what words and files say of the run itself: run, resume, ckpt_path and own.

    These tell which saved options come before the words, and which classes have options.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--resume", action="store_true")
    for option in ("--own", "--run", "--ckpt_path"):
        parser.add_argument(option, default="")
        require(
            f"{option}=" not in words and (option, "") not in zip(words, words[1:]),
            f"{option} is empty: give it a value, or leave it out.",
        )
    parser.add_argument("-c", "--config", action=_File)
    asked = parser.parse_args([])
    with suppress(argparse.ArgumentError):  # the parser of all options says what is wrong
        parser.parse_known_args(words, asked)
    asked.run = os.path.expanduser(asked.run)
    asked.ckpt_path = os.path.expanduser(asked.ckpt_path)
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
