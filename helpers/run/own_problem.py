"""A project of your own: started from the template, and found by the training command."""

import argparse
import importlib
from pathlib import Path

from helpers import InputError, require
from helpers.run.run_folder import newest_run, trained_run
from helpers.run.saved_options import NAME, read_options
from helpers.tools.learners_code import learners_line

TEMPLATE = Path(__file__).parent / "template"
FILES = ("my_problem.py", "my_problem.ipynb")


def find_classes(args: list[str], known: dict[str, str]) -> tuple[type, type] | None:
    """Return the classes Model and Data of the module that --own names, None without one.

    Where a run is resumed or tested, its configuration names the module.

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
    parser.add_argument("--ckpt_path", default="")
    try:
        options, _ = parser.parse_known_args(args)
    except argparse.ArgumentError:  # LightningCLI says what is wrong
        return None
    name = options.own
    asks_for_help = {"-h", "--help", "--help-all"} & set(args)
    if not name and not asks_for_help:
        if options.resume:
            name = _saved_name(Path(options.run or newest_run()))
        elif args[:1] in (["test"], ["validate"]):
            name = _saved_name(trained_run(options.run, options.ckpt_path))
    if not name:
        return None
    advice = (
        f"name a module in this folder, without .py, with Model and Data, or {' or '.join(known)}."
    )
    require(
        all(part.isidentifier() for part in name.split(".")),
        f"--own is {name}, which is no name of a module: {advice}",
    )
    try:
        module = importlib.import_module(known.get(name, name))
        return module.Model, module.Data
    except (ImportError, AttributeError) as error:
        missing = getattr(error, "name", None) or ""
        require(
            not missing.startswith("helpers."),
            f"--own is {name}, which takes from {missing} what is no longer there: version 2 moved "
            "it. Start a project anew (helpers.course.notebook.project.start_project), and move "
            "your network and your data into its my_problem.py.",
        )
        raise InputError(f"--own is {name}, which cannot be used ({error}): {advice}") from None
    except Exception as error:  # of the learner's own code
        problem = f"{type(error).__name__}: {error}"
        place = learners_line(error)
        raise InputError(f"--own is {name}, which stops with {problem}. {place}".strip()) from None


def _saved_name(run: Path) -> str:
    """Return what --own was when a run began."""
    if not (run / NAME).is_file():
        return ""
    return read_options(run).get("own", "")
