"""What checks and guesses know of a notebook's cells.

A learner runs cells in any order, and some stop with an error. A check may then get an old answer,
or none. IPython tells this module about each cell, before and after it runs.
"""

import ast
import re
from functools import cache

from IPython import get_ipython

# `def name`, `class name`, `name = ...` or `name, name = ...` at the start of a line. This also
# works in a cell that cannot be parsed.
DEFINED = re.compile(r"^(?:def|class)\s+(\w+)|^(\w+(?:\s*,\s*\w+)*)\s*=(?!=)", re.MULTILINE)
CHECKS = re.compile(r"^(\S+ = )?check\.\w+\(", re.MULTILINE)


class Missing:
    """Stands for an answer whose cell has not run yet."""

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class Cells:
    """The cells that have run in this notebook.

    shell: IPython's
    """

    def __init__(self, shell):
        self.names = shell.user_ns
        self.handed_in = []  # the names that the cell that runs hands to a check
        self.defines = {}  # for the id of a cell, the names that its last good run defined
        self.values = {}  # before the cell ran, of the names that it defines
        self.stopped = {}  # for a name, the error that ended the last run of the cell with it
        shell.events.register("pre_run_cell", self.before)
        shell.events.register("post_run_cell", self.after)

    def before(self, info) -> None:
        self.handed_in = _handed_in(info.raw_cell)
        for name in self.handed_in:
            self.names.setdefault(name, Missing())
        self.names.setdefault("guess", ...)
        names = _defined(info.raw_cell) | self.defines.get(_id(info), set())
        self.values = {name: self.names.get(name) for name in names}

    def after(self, result) -> None:
        for name in self.handed_in:
            if isinstance(self.names.get(name), Missing):
                del self.names[name]
        source = result.info.raw_cell
        if CHECKS.search(source):
            return
        error = result.error_before_exec or result.error_in_exec
        for name, value in self.values.items():
            is_new = self.names.get(name) is not value
            if error is None or is_new:
                self.stopped.pop(name, None)
            else:
                self.stopped[name] = type(error).__name__
        if error is None and _id(result.info):
            self.defines[_id(result.info)] = _defined(source)

    def problem(self) -> str:
        """Say that the cell with the answer stopped when it last ran. Else the text is empty.

        This is about the answer that the present cell checks.
        """
        for name in self.handed_in:
            if name in self.stopped:
                return (
                    f"The cell that defines {name} stopped with {self.stopped[name]} when it ran"
                    " last, so there is no new answer yet: mend that cell, run it, then this one."
                )
        return ""


def _handed_in(source: str) -> list[str]:
    """The names that a cell hands to a check."""
    if not CHECKS.search(source):
        return []
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("check."):
            for answer in node.args:
                found += [part.id for part in ast.walk(answer) if isinstance(part, ast.Name)]
    return found


def _defined(source: str) -> set[str]:
    return {
        name.strip()
        for single, several in DEFINED.findall(source)
        for name in (single or several).split(",")
    }


def _id(info) -> str | None:
    """The id of a cell; None where the notebook or an older IPython tells none."""
    return getattr(info, "cell_id", None)


_cells_of = cache(Cells)


def of_this_notebook() -> Cells | None:
    """The cells of this notebook, known from the first call on. None if there is no notebook."""
    shell = get_ipython()
    return _cells_of(shell) if shell else None
