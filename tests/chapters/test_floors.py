"""An import leads down, never up: the module knows nothing of the course above it."""

import ast
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name

import pytest

from tests import ROOT

# From the lowest floor to the highest. A room is a folder of helpers or a file of its root; in course, each of
# its folders and files is one. Rooms of one floor do not know each other: so no chapter imports another's.
FLOORS = [
    ["tools"],
    ["setup"],
    ["__init__"],
    ["assets"],
    ["engine"],  # what the network runs on
    ["run"],  # one run of any network: its command line, its folder, its processes
    ["neuron", "loader", "encoders"],
    ["recurrent"],
    ["network"],
    ["model", "data", "classifier"],  # of these, model and data alone know the digits
    ["digits_classifier"],
    ["spoken", "cluster"],
    ["train"],  # the command
    ["sweep"],  # many runs of train
    ["course", "course.notebook", "course.template"],
    ["course.judge", "course.preflight"],
    [f"course.{path.name}" for path in (ROOT / "helpers" / "course").glob("chapter_*")],
    ["__main__"],
]
KNOW_DIGITS = {
    "helpers.assets.digits",
    "helpers.data",
    "helpers.model",
    "helpers.digits_classifier",
}
SOURCES = {  # by module; a package is its __init__.py
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
        ".__init__"
    ): path.read_text()
    for path in sorted((ROOT / "helpers").rglob("*.py"))
}


def imports_of(importing: str, source: str) -> list[tuple[str, int]]:
    """The modules of helpers that a module imports anywhere in its source, each with its line."""
    is_package = (ROOT / importing.replace(".", "/")).is_dir()
    package = importing if is_package else importing.rpartition(".")[0]
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:
                module = f"{origin}.{alias.name}"
                found.append((module if module in SOURCES else origin, node.lineno))
    return [(module, line) for module, line in found if module.split(".")[0] == "helpers"]


def room_of(module: str) -> str:
    parts = module.split(".")
    if parts[1:2] == ["course"]:
        return ".".join(parts[1:3])
    return parts[1] if len(parts) > 1 else "__init__"


def upward(sources: dict[str, str]) -> list[str]:
    """The imports that lead up, or to another room of the same floor, each in words."""
    floors = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    found = []
    for importing, source in sources.items():
        room = room_of(importing)
        for module, line in imports_of(importing, source):
            other = room_of(module)
            if other != room and floors[other] >= floors[room]:
                found.append(
                    f"{importing}:{line}, in {room}, imports {module}, which is not below it"
                )
    return found


def circle(sources: dict[str, str]) -> list[str]:
    """Files that import each other in a circle, the first one again at the end; none if there is no circle."""
    imported = {
        module: {other for other, _ in imports_of(module, source)}
        for module, source in sources.items()
    }
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_every_room_has_a_floor():
    assert set(map(room_of, SOURCES)) == {room for rooms in FLOORS for room in rooms}


def test_no_import_leads_up():
    assert upward(SOURCES) == []


def test_no_files_import_each_other_in_a_circle():
    assert circle(SOURCES) == []


def test_a_circle_of_files_is_found():
    one, other = "helpers.run.exact", "helpers.run.usage"  # of one room
    sources = {one: "from helpers.run import usage", other: f"def late():\n    import {one}"}
    assert {*circle(sources)} == {one, other}


@pytest.mark.parametrize(
    "module, line",
    [
        ("helpers.classifier", "from helpers.cluster import scaling"),
        ("helpers.engine.kernels", "from helpers import neuron"),
        ("helpers.run", "from helpers.course.judge import reveal"),
        ("helpers.setup.download", "from helpers.cluster.practice import use"),
        ("helpers.course.notebook.trained", "from helpers.course.chapter_3.ladder import climb"),
        ("helpers.course.chapter_9.plot", "from helpers.course.chapter_8.energy import Work"),
    ],
)
def test_an_import_that_leads_up_is_named(module, line):
    (found,) = upward({module: f"import ast\n{line}\n"})
    assert f"{module}:2" in found and line.split()[1] in found


def test_what_serves_any_network_does_not_know_the_digits():
    """Neither by an import of its own nor by one of what it imports."""
    asked = ["helpers.classifier", "helpers.loader", "helpers.network", "helpers.run.rendezvous"]
    known = set()
    while asked:
        module = asked.pop()
        if module not in known and module in SOURCES:
            known.add(module)
            asked += [other for other, _ in imports_of(module, SOURCES[module])]
    assert known & KNOW_DIGITS == set()
