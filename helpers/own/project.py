"""Starts a project of your own from the template. The training command finds its classes here."""

import argparse
import importlib
import shutil
from contextlib import suppress
from pathlib import Path

import yaml

from helpers import InputError, require
from helpers.cluster.run_folder import newest_run

TEMPLATE = Path(__file__).parent / "template"
FILES = ("my_problem.py", "my_problem.ipynb")


def start_project(folder: str | Path = ".") -> None:
    """Copy the template, XOR in time, into a new folder. Raises InputError if the folder already has a project."""
    folder = Path(folder)
    there = [name for name in FILES if (folder / name).exists()]
    require(not there, f"{folder} already has {' and '.join(there)}: name another folder, or move them away.")
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        print(shutil.copy(TEMPLATE / name, folder))


def find_classes(args: list[str]) -> tuple[type, type] | None:
    """The classes Model and Data of the module that --own names, None without one.

    Where a run is resumed, its configuration names the module. Raises InputError if the module or a class is missing.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--own", default="")
    parser.add_argument("--run", default="")
    parser.add_argument("--resume", action="store_true")
    with suppress(argparse.ArgumentError):  # LightningCLI says what is wrong
        options, _ = parser.parse_known_args(args)
        if options.resume and not options.own:
            saved = Path(options.run or newest_run()) / "config.yaml"
            options.own = yaml.safe_load(saved.read_text()).get("own", "") if saved.is_file() else ""
        if options.own:
            try:
                module = importlib.import_module(options.own)
                return module.Model, module.Data
            except (ImportError, AttributeError) as error:
                wrong = f"--own is {options.own}, which cannot be used ({error})"
                raise InputError(f"{wrong}: name a module in this folder, without .py, with Model and Data.") from None
