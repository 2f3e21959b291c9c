"""A project of your own, started from the template."""

import shutil
from pathlib import Path

from helpers import require

TEMPLATE = Path(__file__).parents[1] / "template"
FILES = ("my_problem.py", "my_problem.ipynb")


def start_project(folder: str | Path = ".") -> None:
    """Copy the template, XOR in time, into a new folder.

    Raises InputError if the folder already has a project.
    """
    folder = Path(folder).expanduser()
    existing = [name for name in FILES if (folder / name).exists()]
    require(
        not existing,
        f"{folder} already has {' and '.join(existing)}: name another folder, or move them away.",
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        print(shutil.copy(TEMPLATE / name, folder))
