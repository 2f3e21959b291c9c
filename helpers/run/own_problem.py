"""A problem of your own: the module that --own names, with its classes Model and Data."""

import argparse
import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path

import yaml

from helpers import InputError, require
from helpers.run.read_yaml import read_yaml
from helpers.run.run_folder import CONFIG, read_options, trained_run
from helpers.tools.learners_code import where_it_stops


class _File(argparse.Action):
    """Takes what a file of --config, or JSON in its place, says of the run."""

    def __call__(self, parser, options, given, option):
        file = Path(given)
        try:
            given = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise InputError(f"--config {file} is not in UTF-8: save it so.") from None
        except OSError:  # it is no file, but what would be in one
            pass
        with suppress(TypeError, ValueError, yaml.YAMLError):  # LightningCLI says what is wrong
            vars(options).update(dict(read_yaml(given)))


def find_classes(args: list[str], known: dict[str, str]) -> tuple[type, type] | None:
    """Return the classes Model and Data of the module that --own names, None without one.

    If a run goes on or is tested, its configuration names the module.

    Args:
        args: the words of the command
        known: short names of the course's own problems, and the module of each

    Raises:
        InputError: if the module or a class is missing
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--resume", action="store_true")
    for option in ("--own", "--run", "--ckpt_path"):
        parser.add_argument(option, default="")
    parser.add_argument("--config", action=_File)
    try:
        options, _ = parser.parse_known_args(args)
    except argparse.ArgumentError:  # LightningCLI says what is wrong
        return None
    name = options.own
    asks_for_help = {"-h", "--help", "--help-all"} & set(args)
    goes_on = options.resume or options.ckpt_path or args[:1] in (["test"], ["validate"])
    if goes_on and not name and not asks_for_help:
        if options.ckpt_path:
            run = Path(options.ckpt_path).expanduser().parent
        else:
            run = Path(options.run or trained_run()).expanduser()
        if (run / CONFIG).is_file():
            name = read_options(run).get("own", "")
    if not name:
        return None
    try:
        sys.path.insert(0, os.getcwd())  # it may be called as a package is
        module = importlib.import_module(known.get(name, name))
        classes = module.Model, module.Data
        require(all(isinstance(one, type) for one in classes), "Model and Data must be classes")
        return classes
    except (Exception, SystemExit) as error:
        problem = where_it_stops(error) or (
            f"this cannot be used ({error}): name a module in this folder, without .py, with Model "
            f"and Data, and with a name that Python has not, or {' or '.join(known)}."
        )
        raise InputError(f"--own is {name}: {problem}") from None
