"""Answers to the exercises, a file for each chapter: tests/course/checks/test_check.py hands them in.

RIGHT has the right answers to each check. WRONG has what a check says of a mistake, and the answer that makes it, or a
tuple of answers. Where a check takes a function or a class, an answer may also be lines of code: they take the place of
the raise line in the learner's copy, whose own cells then run.
NOT_DONE has answers that are not done yet, where they are not those below. MODULES makes a module of a function, where
the check takes a module.
"""

from tests import ROOT

for path in sorted(
    (ROOT / "helpers" / "course").glob("chapter_*/check/*.py")
):  # here, before an answer asks for its check
    line = f"from {'.'.join(path.parent.relative_to(ROOT).parts)}.{path.stem} import {path.stem}"
    held, imports = path.read_text().count("@exercise("), path.with_name("__init__.py")
    known = not held or line in imports.read_text().splitlines()
    assert known, f"{imports.relative_to(ROOT)} does not import {path.stem}: add {line}"
    assert held < 2, f"{path.relative_to(ROOT)} holds {held} checks: each has a file of its own"


def edited(lines: str):
    """edit() gives the lines, edit(old, new) the lines with new in place of old, which has to be there."""

    def edit(old: str = "", new: str = "") -> str:
        assert old in lines, f"{old} is not in the answer"
        return lines.replace(old, new)

    return edit


NOT_DONE = [..., lambda *arguments: ..., lambda *arguments: (..., 1), lambda *arguments: 2 * ...]
