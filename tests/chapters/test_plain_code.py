"""Code that is read at first sight, beyond what ruff sees: one thing a line, no conditions inside of calls."""

import ast

from tests import ROOT

HELPERS = ROOT / "helpers"
OTHERS = ("*.sbatch", "*.sh", "*.def", "Containerfile", "*.yaml", "*.conf")  # job scripts, recipes


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


def test_lines_that_ruff_does_not_see_are_short():
    for name in OTHERS:
        for path in HELPERS.rglob(name):
            long = [line for line in path.read_text().splitlines() if len(line) > 100]
            assert "assets" in path.parts or not long, f"{path}: more than 100 characters"


def test_a_file_is_read_at_first_sight():
    crowded, hidden = [], []
    for path in HELPERS.rglob("*.py"):
        tree = ast.parse(path.read_text())
        crowded += [f"{path}:{line}" for line in crowded_assignments(tree)]
        hidden += [f"{path}:{line}" for line in hidden_conditions(tree)]
    assert crowded == [], "three or more things are assigned in one line"
    assert hidden == [], "give the condition a name, or write an if"


def test_what_is_forbidden_is_found():
    assert crowded_assignments(ast.parse("a, b, c = 1, [], f()")) == [1]
    assert crowded_assignments(ast.parse("a, b, c = [f(x) for x in y]")) == [1]
    assert crowded_assignments(ast.parse("a, b, c = f()\nheight, width = 3, 4")) == []
    assert hidden_conditions(ast.parse("f(1 if x else 2)")) == [1]
    assert hidden_conditions(ast.parse("a = 1 if x else 2 if y else 3")) == [1]
    assert hidden_conditions(ast.parse("a = 1 if f(x) else 2")) == []
