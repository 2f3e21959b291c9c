"""Where a problem of your own starts: copies of my_problem.py and my_problem.ipynb, which hold XOR in time."""

import shutil
from pathlib import Path

from helpers import require

FILES = ("my_problem.py", "my_problem.ipynb")


def start_project(folder: str | Path = ".") -> None:
    """Copy the template into a folder, which is made. Raises InputError when the folder holds a project already."""
    folder = Path(folder)
    there = [name for name in FILES if (folder / name).exists()]
    require(not there, f"{folder} holds {' and '.join(there)} already: name another folder, or move them away.")
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(Path(__file__).parent / name, folder)
        print(folder / name)
