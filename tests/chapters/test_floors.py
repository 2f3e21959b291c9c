"""An import leads down, never up: the module knows nothing of the course above it."""

import ast
from pathlib import Path

import pytest

from tests import ROOT

# From the lowest floor to the highest. A room is a folder of helpers or a file of its root; in course, each of
# its folders and files is one. Rooms of one floor do not know each other: so no chapter imports another's.
FLOORS = [
    ["tools"],
    ["setup"],
    ["__init__"],
    ["assets", "digits", "scores"],
    ["engine"],  # what the network runs on
    ["neuron", "loader"],
    ["recurrent"],
    ["network"],
    ["model", "data", "classifier"],  # of these, model and data alone know the digits
    ["digits_classifier"],
    ["run"],  # one run: its command line, its folder, its processes
    ["spoken", "cluster"],
    ["train"],  # the command
    ["sweep"],  # many runs of train
    ["course", "course.notebook", "course.template", "course.extras"],
    ["course.checks", "course.preflight"],
    [f"course.{path.name}" for path in (ROOT / "helpers" / "course").glob("chapter_*")],
    ["check", "__main__"],
]
KNOW_DIGITS = {"helpers.digits", "helpers.data", "helpers.model", "helpers.digits_classifier"}
HELPERS = ROOT / "helpers"


def imports_of(path: Path) -> list[tuple[str, int]]:
    """The modules of helpers that a file imports anywhere, each with its line."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level or path.parent.name == "check", f"{path}: write helpers in full"
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                exists = (ROOT / module.replace(".", "/")).with_suffix(".py").exists()
                is_package = (ROOT / module.replace(".", "/")).is_dir()
                found.append((module if exists or is_package else node.module, node.lineno))
    return [(module, line) for module, line in found if module.split(".")[0] == "helpers"]


def room_of(module: str) -> str:
    parts = module.split(".")
    if parts[1:2] == ["course"] and parts[2:3] != ["__init__"]:
        return ".".join(parts[1:3])
    return parts[1] if len(parts) > 1 else "__init__"


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def upward(paths: list[Path]) -> list[str]:
    """The imports that lead up, or to another room of the same floor, each in words."""
    floors = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    found = []
    for path in paths:
        room = room_of(module_of(path))
        for module, line in imports_of(path):
            other = room_of(module)
            if other != room and floors[other] >= floors[room]:
                found.append(
                    f"{path.relative_to(ROOT)}:{line}, in {room}, imports {module}, which is not below it"
                )
    return found


def test_every_room_has_a_floor():
    rooms = {room_of(module_of(path)) for path in HELPERS.rglob("*.py")}
    assert rooms == {room for rooms in FLOORS for room in rooms}


def test_no_import_leads_up():
    assert upward(sorted(HELPERS.rglob("*.py"))) == []


@pytest.mark.parametrize(
    "room, line",
    [
        ("classifier", "from helpers.cluster import scaling"),
        ("engine", "from helpers import neuron"),
        ("run", "from helpers.course.checks import reveal"),
        ("setup", "from helpers.cluster.practice import missing"),
        ("course/notebook", "from helpers.course.chapter_3.ladder import climb"),
        ("course/chapter_5", "from helpers.course.chapter_6.energy import Work"),
    ],
)
def test_an_import_that_leads_up_is_named(room, line, tmp_path, monkeypatch):
    """With one line more in a copy of the house."""
    import shutil

    copy = tmp_path / "helpers"
    shutil.copytree(HELPERS, copy, ignore=shutil.ignore_patterns("assets", "__pycache__"))
    path = copy / f"{room}.py" if (copy / f"{room}.py").exists() else copy / room / "__init__.py"
    path.write_text(f"{path.read_text()}\n{line}\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (found,) = upward(sorted(copy.rglob("*.py")))
    assert str(path.relative_to(tmp_path)) in found and line.split()[1] in found


def test_what_serves_any_network_does_not_know_the_digits():
    """Neither by an import of its own nor by one of what it imports."""
    asked = ["helpers.classifier", "helpers.loader", "helpers.network", "helpers.run.cli"]
    known = set()
    while asked:
        module = asked.pop()
        path = (ROOT / module.replace(".", "/")).with_suffix(".py")
        if module not in known and path.exists():
            known.add(module)
            asked += [other for other, _ in imports_of(path)]
    assert known & KNOW_DIGITS == set()
