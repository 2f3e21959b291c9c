"""A project of your own: started from the template, and found by the training command."""

import argparse
import importlib
import shutil
from pathlib import Path

import yaml

from helpers import InputError, require
from helpers.run.run_folder import newest_run

TEMPLATE = Path(__file__).parent / "template"
FILES = ("my_problem.py", "my_problem.ipynb")


def start_project(folder: str | Path = ".") -> None:
    """Copy the template, XOR in time, into a new folder.

    Raises InputError if the folder already has a project.
    """
    folder = Path(folder)
    existing = [name for name in FILES if (folder / name).exists()]
    require(
        not existing,
        f"{folder} already has {' and '.join(existing)}: name another folder, or move them away.",
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        print(shutil.copy(TEMPLATE / name, folder))


def find_classes(args: list[str], known: dict[str, str]) -> tuple[type, type] | None:
    """Return the classes Model and Data of the module that --own names, None without one.

    Where a run is resumed, its configuration names the module.

    Args:
        args: the words of the command
        known: short names of the course's own problems, and the module of each

    Raises:
        InputError: if the module or a class is missing
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--own", default="")
    parser.add_argument("--run", default="")
    parser.add_argument("--resume", action="store_true")
    try:
        options, _ = parser.parse_known_args(args)
    except argparse.ArgumentError:  # LightningCLI says what is wrong
        return None
    name = options.own
    if options.resume and not name:
        name = _saved_name(options.run)
    if not name:
        return None
    try:
        module = importlib.import_module(known.get(name, name))
        return module.Model, module.Data
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"--own is {name}, which cannot be used ({error}): "
            "name a module in this folder, without .py, with Model and Data, or "
            f"{' or '.join(known)}."
        ) from None


def _saved_name(run: str) -> str:
    """Return what --own was when a run began; "" takes the newest run."""
    saved = Path(run or newest_run()) / "config.yaml"
    if not saved.is_file():
        return ""
    return yaml.safe_load(saved.read_text()).get("own", "")
