"""Exercises as a learner meets them: the cells of the learner's copy, filled in and run."""

import linecache
import math
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from inspect import isfunction
from textwrap import indent

import jupytext
import nbformat
import norse.torch as norse
import numpy as np
import torch

from helpers.course import STUB
from helpers.model import SpikingConvNet
from solutions.make_chapters import BLOCK
from tests import ROOT

RAISE = f'raise NotImplementedError("{STUB}")'
HEADING = re.compile(r"^### Exercise · (.+) \(\d+ min\)$", re.MULTILINE)
CHAPTERS = sorted(path.name for path in (ROOT / "helpers" / "course").glob("chapter_*"))


def checks(chapter: str) -> list[Callable]:
    """The checks of a chapter, in the order in which its __init__.py imports them."""
    return [*filter(isfunction, vars(import_module(f"helpers.course.{chapter}.check")).values())]


@cache
def exercises(chapter: str) -> dict[str, list[str]]:
    """For each exercise of the learner's copy, by its name, the sources of the code cells below its heading."""
    (path,) = (ROOT / "notebooks").glob(f"{int(chapter.removeprefix('chapter_')):02}_*.ipynb")
    found, below = {}, []
    for cell in nbformat.read(path, as_version=4).cells:
        for name in HEADING.findall(cell.source):
            below = found.setdefault(name, [])
        if cell.cell_type == "code":
            below.append(cell.source)
    return found


def solutions(chapter: str) -> dict[str, str]:
    """The starter of each exercise of a chapter, with its solution between the marks."""
    (path,) = (ROOT / "solutions").glob(f"{int(chapter.removeprefix('chapter_')):02}_*.md")
    cells = [cell.source for cell in jupytext.read(path).cells if BLOCK.search(cell.source)]
    names = [name for name, of in exercises(chapter).items() if "raise NotImplemented" in of[0]]
    return dict(zip(names, cells, strict=True))


def cells(check: Callable) -> list[str]:
    """The code cells of an exercise: first its starter."""
    return exercises(check.__module__.split(".")[2])[check.exercise]


def is_check_cell(check: Callable, cell: str) -> bool:
    """Whether this code cell hands an answer to the check."""
    return re.match(rf"(\S+ = )?check\.{check.__name__}\(", cell) is not None


def fill(check: Callable, lines: str = RAISE) -> None:
    """Put lines in place of the raise line of the starter, run it, and then the cell that checks it."""
    source = re.sub(
        f"( *){re.escape(RAISE)}", lambda found: indent(lines, found[1]), cells(check)[0]
    )
    # for messages that quote a line
    linecache.cache["answer"] = (len(source), None, source.splitlines(True), "answer")
    names = {
        "torch": torch,
        "norse": norse,
        "np": np,
        "math": math,
        "SpikingConvNet": SpikingConvNet,
        "check": import_module(check.__module__.rpartition(".")[0]),
    }
    with torch.random.fork_rng(devices=[]):  # the cells may draw weights
        exec(compile(source, "answer", "exec"), names)
        exec(next(cell for cell in cells(check) if is_check_cell(check, cell)), names)
