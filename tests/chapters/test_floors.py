"""An import leads down, never up: the module knows nothing of the course above it."""

import ast

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
    ["course.checks", "course.preflight"],
    [f"course.{path.name}" for path in (ROOT / "helpers" / "course").glob("chapter_*")],
    ["check"],  # of a notebook saved before version 2, as figures
    ["figures", "__main__"],
]
KNOW_DIGITS = {
    "helpers.assets.digits",
    "helpers.data",
    "helpers.model",
    "helpers.digits_classifier",
}
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text()
    for path in sorted((ROOT / "helpers").rglob("*.py"))
}


def imports_of(source: str) -> list[tuple[str, int]]:
    """The modules of helpers that a source imports anywhere, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, "an import with two dots may leave its room: write it in full"
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                is_package = (ROOT / module.replace(".", "/")).is_dir()
                found.append(
                    (module if module in SOURCES or is_package else node.module, node.lineno)
                )
    return [(module, line) for module, line in found if module.split(".")[0] == "helpers"]


def room_of(module: str) -> str:
    parts = module.split(".")
    if parts[1:2] == ["course"] and parts[2:3] != ["__init__"]:
        return ".".join(parts[1:3])
    return parts[1] if len(parts) > 1 else "__init__"


def upward(sources: dict[str, str]) -> list[str]:
    """The imports that lead up, or to another room of the same floor, each in words."""
    floors = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    found = []
    for importing, source in sources.items():
        room = room_of(importing)
        for module, line in imports_of(source):
            other = room_of(module)
            if other != room and floors[other] >= floors[room]:
                found.append(
                    f"{importing}:{line}, in {room}, imports {module}, which is not below it"
                )
    return found


def count(course_as_one_room: bool) -> tuple[int, int, int]:
    """Rooms, floors, and arrows: pairs of rooms of which one imports from the other."""

    def named(room: str) -> str:
        return room.split(".")[0] if course_as_one_room else room

    floors = {frozenset(map(named, rooms)) for rooms in FLOORS}
    pairs = {
        (named(room_of(importing)), named(room_of(module)))
        for importing, source in SOURCES.items()
        for module, _ in imports_of(source)
    }
    arrows = [(room, other) for room, other in pairs if room != other]
    return len(frozenset.union(*floors)), len(floors), len(arrows)


def test_every_room_has_a_floor():
    assert set(map(room_of, SOURCES)) == {room for rooms in FLOORS for room in rooms}


def test_no_import_leads_up():
    assert upward(SOURCES) == []


def test_no_files_import_each_other_in_a_circle():
    left = {name: {other for other, _ in imports_of(source)} for name, source in SOURCES.items()}
    while leaves := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in leaves}
    assert not left


def test_the_house_stays_small():
    """Course counted as one room, it had 28 rooms, 18 floors and 115 arrows before it had a folder a chapter."""
    rooms, floors, arrows = count(course_as_one_room=True)
    assert rooms < 28 and floors < 18 and arrows < 115


@pytest.mark.parametrize(
    "module, line",
    [
        ("helpers.classifier", "from helpers.cluster import scaling"),
        ("helpers.engine.kernels", "from helpers import neuron"),
        ("helpers.run.__init__", "from helpers.course.checks import reveal"),
        ("helpers.setup.download", "from helpers.cluster.practice import use"),
        ("helpers.course.notebook.trained", "from helpers.course.chapter_3.ladder import climb"),
        ("helpers.course.chapter_5.plot", "from helpers.course.chapter_6.energy import Work"),
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
            asked += [other for other, _ in imports_of(SOURCES[module])]
    assert known & KNOW_DIGITS == set()
