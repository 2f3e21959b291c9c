"""Code that is read at first sight: short lines, one thing a line, no conditions inside of calls."""

import ast
from pathlib import Path

import pytest

from tests import ROOT

FILES = sorted((ROOT / "helpers").rglob("*.py"))
OTHERS = ("*.sbatch", "*.sh", "*.def", "Containerfile", "*.yaml", "*.conf")  # job scripts, recipes
OTHER_FILES = sorted(
    path for name in OTHERS for path in (ROOT / "helpers").rglob(name) if "assets" not in path.parts
)


def long_lines(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [f"{path.name}:{n}" for n, line in enumerate(lines, start=1) if len(line) > 100]


def crowded_assignments(tree: ast.AST) -> list[int]:
    """Lines that assign three or more different things to as many names."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            targets = [target for target in node.targets if isinstance(target, ast.Tuple)]
            if targets and len(node.value.elts) >= 3:
                found.append(node.lineno)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.ListComp):
            found += [
                node.lineno for target in node.targets if len(getattr(target, "elts", ())) >= 3
            ]
    return found


def hidden_conditions(tree: ast.AST) -> list[int]:
    """Lines with a conditional expression inside of a call, or inside of another one."""
    found = []
    for node in ast.walk(tree):
        inside = []
        if isinstance(node, ast.Call):
            inside = [*node.args, *node.keywords]
        elif isinstance(node, ast.IfExp):
            inside = [node.body, node.test, node.orelse]
        for part in inside:
            found += [each.lineno for each in ast.walk(part) if isinstance(each, ast.IfExp)]
    return sorted(set(found))


@pytest.mark.parametrize("path", OTHER_FILES, ids=lambda path: path.name)
def test_lines_of_other_files_are_short(path):
    assert long_lines(path) == [], "more than 100 characters"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_read_at_first_sight(path):
    tree = ast.parse(path.read_text())
    assert long_lines(path) == [], "more than 100 characters"
    assert crowded_assignments(tree) == [], "three or more things are assigned in one line"
    assert hidden_conditions(tree) == [], "give the condition a name, or write an if"


def test_what_is_forbidden_is_found():
    assert crowded_assignments(ast.parse("a, b, c = 1, [], f()")) == [1]
    assert crowded_assignments(ast.parse("a, b, c = [f(x) for x in y]")) == [1]
    assert crowded_assignments(ast.parse("a, b, c = f()\nheight, width = 3, 4")) == []
    assert hidden_conditions(ast.parse("f(1 if x else 2)")) == [1]
    assert hidden_conditions(ast.parse("a = 1 if x else 2 if y else 3")) == [1]
    assert hidden_conditions(ast.parse("a = 1 if f(x) else 2")) == []
