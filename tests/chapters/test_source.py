"""One source: every pair agrees, every learner's copy is fresh and free of answers, the address stands once."""

import ast
import re
from functools import partial
from importlib.metadata import version

import jupytext
import pytest
from jupytext.compare import compare_notebooks
from pytorch_lightning import Trainer

from helpers.course.notebook.tell import RIGHT
from helpers.setup import environment
from solutions.make_chapters import BLOCK, LINE, learners_copy
from tests import CHECK, COPIES, ROOT, SOLUTIONS, name, project, read, sources
from tests.studies.accuracy import LONG, MAKE_TRAIN

HOME = project("Home").removeprefix("https://github.com/")
each_solution = pytest.mark.parametrize("path", SOLUTIONS, ids=name)


def test_every_solution_has_a_learners_copy():
    texts = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.md"))
    stems = [[path.stem for path in paths] for paths in (texts, SOLUTIONS, COPIES)]
    assert stems[0] == stems[1] == stems[2] and stems[0]


@pytest.mark.parametrize("path", SOLUTIONS + COPIES, ids=name)
def test_pair_agrees(path):
    text = jupytext.read(path.with_suffix(".md"))
    compare_notebooks(read(path), text, fmt="md", compare_outputs=False, compare_ids=False)
    assert all(cell.source.strip() for cell in text.cells), "a cell is empty"


@each_solution
def test_learners_copy_is_fresh(path):
    """It has the same cells, and of what came out of them nothing but the first picture."""
    stored = read(ROOT / "notebooks" / path.name).cells
    anew = "write it anew: python solutions/make_chapters.py --copies"
    assert stored == learners_copy(read(path)).cells, anew


def test_the_long_trainings_of_the_texts_are_those_of_the_study():
    texts = "".join(
        (ROOT / path).read_text()
        for path in ("Makefile", "README.md", "solutions/03_one_device.md")
    )
    assert set(re.findall(r"--model\.label_smoothing (\S+)", texts)) == {
        str(LONG["label_smoothing"])
    }
    assert (
        f"--data.batch_size {MAKE_TRAIN['batch_size']} --trainer.max_epochs {MAKE_TRAIN['epochs']} "
        in texts
    )


@each_solution
def test_no_answer_leaks(path):
    """No line of an answer stands in a code cell of the learner's copy, unless the solution shows it elsewhere too."""
    answers, shown = set(), set()
    for cell in sources(path):
        secret = "\n".join(match[1] for match in BLOCK.findall(cell))
        secret += "\n".join(match.group() for match in LINE.finditer(cell))
        answers |= set(secret.splitlines())
        shown |= set(LINE.sub("", BLOCK.sub("", cell)).splitlines())
    copy = set("\n".join(sources(ROOT / "notebooks" / path.name)).splitlines())
    assert answers
    assert not (answers - shown - {""}) & copy
    assert not any("SOLUTION" in line for line in copy)


@each_solution
def test_every_exercise_is_complete(path):
    """In the source, executed or not: prompt with name and minutes, starter, hint, check, answer, in this order."""
    cells = learners_copy(jupytext.read(path.with_suffix(".md"))).cells
    text = "\n".join(f"<{cell.cell_type}>\n{cell.source}" for cell in cells)
    headings = re.findall(r"^#+ Exercise.*$", text, re.MULTILINE)
    for heading in headings:
        assert re.fullmatch(r"### Exercise · \D.* \(\d+ min\)", heading), (
            f"not ### Exercise · Name (N min): {heading}"
        )
    fewest = 4 if path.stem == "00_half_hour" else 5  # half an hour has no room for more
    assert len(set(headings)) == len(headings) >= fewest
    parts = {
        "a starter": r"raise NotImplementedError|= \.\.\.$",
        "a hint": "<summary>Hint",
        "a check": r"^(.+ = )?check\.",
        "an answer": "<summary>Answer",
    }
    for heading, exercise in zip(
        headings, re.split(r"^### Exercise · ", text, flags=re.MULTILINE)[1:], strict=True
    ):
        found = {part: re.search(mark, exercise, re.MULTILINE) for part, mark in parts.items()}
        missing = [part for part, match in found.items() if not match]
        assert not missing, f"{heading} of {path.stem} is without {' and '.join(missing)}"
        places = [match.start() for match in found.values()]
        assert places == sorted(places), (
            f"{heading} of {path.stem} should have in this order {', '.join(parts)}"
        )


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "solutions").glob("*.md")), ROOT / "README.md"], ids=name
)
def test_exercises_have_names_and_no_numbers(path):
    number = r"[Ee]xercises? \d|\b(?:\d|one|two|three|four|five|six|seven) exercises?\b"
    numbered = re.findall(number, path.read_text())
    assert not numbered, (
        f"numbers of exercises change when one is added, so call it by its name: {numbered}"
    )


@each_solution
def test_solution_is_executed_and_clean(path):
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    assert all(cell.execution_count for cell in code), (
        f"execute it: python solutions/make_chapters.py {path.stem}"
    )
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert not [
        c.source
        for c in code
        if "nbval-check-output" in c.metadata.get("tags", []) and not c.outputs
    ]
    printed = "".join(o.text for o in outputs if o.output_type == "stream")
    checks = [str(cell.outputs) for cell in code if CHECK.match(cell.source)]
    assert [text for text in checks if f"{RIGHT[0]} Right: " not in text] == [], (
        "an answer of the solution is wrong"
    )
    assert not re.search(r"Warning|Traceback|not done yet|/home/|/root/|/tmp/", printed)


@each_solution
def test_a_widget_is_not_made_where_it_is_shown(path):
    """The cell that shows it runs again: the mouse was there, and Shift+Enter comes next."""
    made = r"^(\w+) = [A-Z]\w+\(\)\n\1$"
    assert not [cell for cell in sources(path) if re.search(made, cell, re.MULTILINE)]


@each_solution
def test_texts_are_short(path):
    """Words of a chapter without hints, and of a paragraph or an item of a list."""
    texts = [
        re.sub("<details>.*?</details>", "", text, flags=re.DOTALL)
        for text in sources(path, "markdown")
    ]
    words = sum(len(text.split()) for text in texts)
    most = 1500 if path.stem == "00_half_hour" else 3200
    assert words <= most, (
        f"{path.stem} has {words} words: what is new takes the place of something else"
    )
    paragraphs = [
        part for text in texts for part in re.split(r"\n\n|\n(?=- |\d\. )", text) if part[:1] != "|"
    ]
    assert [part for part in paragraphs if len(part.split()) > 90] == []


@each_solution
def test_a_chapter_opens_with_its_picture(path):
    """To be seen before anything runs: promise, picture, table, then what loads; code that no text discusses is folded."""
    title, picture, table, setup = read(ROOT / "notebooks" / path.name).cells[:4]
    number = int(path.stem[:2])
    assert re.match(
        rf"# {number} · .+\n\n\[Open in Colab\].+/short_of_time.html\).*\n\n\w", title.source
    )
    (shown,) = picture.outputs
    assert shown.data["image/png"] == read(path).cells[1].outputs[0].data["image/png"]
    assert table.source.startswith("| | |\n")
    assert number == 0 or f"\n\nRun the cells above {number}.1" in table.source
    assert "\nenvironment.setup()\n" in setup.source and "pip install" not in setup.source
    for cell in (picture, setup):  # in Colab, in JupyterLab
        assert cell.source.startswith("# @title ") and cell.metadata["cellView"] == "form"
        assert cell.metadata["jupyter"]["source_hidden"]


def names(source: str) -> tuple[set[str], set[str]]:
    """Those that a cell defines outside of functions, and those that it takes from cells before it."""
    tree = ast.parse(re.sub(r"^\s*[!%].*$", "", source, flags=re.MULTILINE))
    functions = (ast.FunctionDef, ast.ClassDef)
    defines, takes, own = set(), set(), set()
    for statement in tree.body:
        if isinstance(statement, functions):
            defines.add(statement.name)
        for part in ast.walk(statement):
            if isinstance(part, ast.arg):
                own.add(part.arg)
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                takes.add(part.id)
            elif isinstance(part, ast.Name) and not isinstance(statement, functions):
                defines.add(part.id)
            elif isinstance(part, ast.alias) and not isinstance(statement, functions):
                defines.add(part.asname or part.name)
    return defines, takes - defines - own


@pytest.mark.parametrize("path", COPIES[1:], ids=name)
def test_whoever_skips_an_exercise_runs_its_check_alone(path):
    """Of the names that a starter defines, later cells take only those that its check gives back."""
    skipped, missing = set(), []
    for source in sources(path):
        defines, takes = names(source)
        if re.search(r"raise NotImplementedError|^(?!guess)\w+ = \.\.\.$", source, re.MULTILINE):
            skipped |= defines
            continue
        if not re.search(r"^(\S+ = )?check\.", source, re.MULTILINE):
            missing += skipped & takes
        skipped -= defines
    assert missing == []


@each_solution
def test_a_guess_comes_before_its_answer(path):
    """A question ends its cell. The guess follows, then code alone, until the answer stands beside the guess."""
    cells = read(path).cells
    guesses = [n for n, cell in enumerate(cells) if cell.source.startswith("guess = ...")]
    asked = [
        n
        for n, cell in enumerate(cells)
        if cell.cell_type == "markdown" and "**Predict" in cell.source
    ]
    assert guesses and asked == [n - 1 for n in guesses]
    for n in guesses:
        assert (
            cells[n - 1].source.rpartition("\n\n")[2].count("**Predict:**") == 1
            and "?" in cells[n - 1].source
        )
        kinds = "".join(cell.cell_type[0] for cell in cells[n + 1 :])
        answers = [cell.source for cell in cells[n + 1 : n + 1 + kinds.index("m")]]
        assert any("reveal(guess, " in answer for answer in answers), cells[n - 1].source


@each_solution
def test_each_section_has_something_to_do(path):
    """An exercise, a guess, options to change, or notes to take."""
    text = path.with_suffix(".md").read_text()
    sections = re.split(
        r"^## (?=\d+\.\d)", text.partition("\n## Takeaways")[0], flags=re.MULTILINE
    )[1:]
    todo = re.compile(r"^### Exercise|^guess = \.\.\.|^options = \"{3}|^\*Your notes", re.M)
    assert [section.partition("\n")[0] for section in sections if not todo.search(section)] == []


@each_solution
def test_cells_are_short(path):
    sizes = [sum(map(bool, map(str.strip, cell.splitlines()))) for cell in sources(path)]
    assert sorted(sizes)[len(sizes) // 2] <= 5 and max(sizes) <= 30


@each_solution
def test_lines_of_code_are_short(path):
    """In a window of 820 pixels, JupyterLab cuts off what is longer. The line that installs the course may be."""
    lines = "\n".join(sources(path)).splitlines()
    long = [line for line in lines if len(line) > 80 and "git+https://" not in line]
    assert not long, f"more than 80 characters: give a part a name, or say less: {long}"


@pytest.mark.parametrize("path", [*COPIES, ROOT / "README.md"], ids=name)
def test_address_is_that_of_pyproject(path):
    text = path.read_text()
    found = re.findall(
        r"(?:github\.com/|colab\.research\.google\.com/github/)([\w-]+/[\w-]*workshop[\w-]*)", text
    )
    assert found and set(found) == {HOME}
    if path.suffix == ".ipynb":
        assert (
            f"https://colab.research.google.com/github/{HOME}/blob/main/notebooks/{path.name}"
            in text
        )
        assert f"git+https://github.com/{HOME}" in text


def test_readme_is_short_and_lists_every_chapter():
    readme = (ROOT / "README.md").read_text()
    rows = [line for line in readme.splitlines() if re.match(r"\| \d+ \|", line)]
    assert len(readme.splitlines()) - len(rows) < 91
    missing = [path.stem for path in COPIES if f"(notebooks/{path.name})" not in "".join(rows)]
    assert missing == [], "add a row to the chapters in README.md"


@each_solution
def test_a_trainer_takes_the_gpu_unless_the_text_is_about_the_cpu(path):
    """One device, whatever it is. Chapter 0 compares the CPU with a GPU, and names both."""
    trainers = re.findall(r"\bTrainer\(([^)]*)", "\n".join(sources(path)))
    named = {tuple(re.findall(r'(?:accelerator|devices)="?(\w+)', options)) for options in trainers}
    kinds = ["cpu", "gpu"] if path.stem == "00_half_hour" else ["auto"]
    assert named <= {(kind, "1") for kind in kinds}


@pytest.mark.parametrize("gpus", [0, 1, 4])
def test_a_trainer_takes_what_the_first_cell_says(gpus, monkeypatch, capsys):
    monkeypatch.setattr("torch.cuda.device_count", partial(int, gpus))
    monkeypatch.setattr("torch.cuda.is_available", partial(bool, gpus))
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "A GPU")
    environment.report("torch")
    said = "A GPU, used" if gpus else "no GPU: the chapter runs on the CPU"
    assert capsys.readouterr().out.startswith(f"torch {version('torch')}\n{said}")
    device = "cuda:0" if gpus else "cpu"
    takes = {"cpu": "cpu", "auto": device}
    if gpus:
        takes["gpu"] = device
    for accelerator, root in takes.items():
        trainer = Trainer(accelerator=accelerator, devices=1, logger=False)
        assert (str(trainer.strategy.root_device), trainer.num_devices) == (root, 1)
