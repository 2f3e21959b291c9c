"""Answers to the exercises, a file for each chapter: tests/course/judge/test_check.py hands them in.

RIGHT has the right answers to each check. WRONG has what a check says of a mistake, and the answer that makes it, or a
tuple of answers. Where a check takes a function or a class, an answer may also be lines of code: they take the place of
the raise line in the learner's copy, whose own cells then run.
NOT_DONE has answers that are not done yet, where they are not those below. MODULES makes a module of a function, where
the check takes a module.
"""

from tests import ROOT

COURSE = ROOT / "helpers" / "course"
for path in COURSE.glob("chapter_*/check/*.py"):  # here, before an answer asks for its check
    line = f"from .{path.stem} import {path.stem}"
    imports = path.with_name("__init__.py")
    n_checks = path.read_text().count("@exercise(")
    is_imported = not n_checks or f".{path.stem} import {path.stem}\n" in imports.read_text()
    assert is_imported, f"{imports.relative_to(ROOT)} does not import {path.stem}: add {line}"
    assert n_checks < 2, f"{path.relative_to(ROOT)} holds {n_checks} checks: each has its own file"


def edited(lines: str):
    """edit() gives the lines, edit(old, new) the lines with new in place of old, which has to be there."""

    def edit(old: str = "", new: str = "") -> str:
        assert old in lines, f"{old} is not in the answer"
        return lines.replace(old, new)

    return edit


NOT_DONE = [..., lambda *arguments: ..., lambda *arguments: (..., 1), lambda *arguments: 2 * ...]
