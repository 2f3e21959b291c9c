"""Make the chapters from their source: execute solutions/NN_name.md, store the outputs, write the learner's copy.

    python solutions/make_chapters.py                  every chapter
    python solutions/make_chapters.py 01_build         only this one
    python solutions/make_chapters.py --copies         only the learners' copies, without executing anything

Each of these also brings the minutes in the README and on the instructors' page up to the chapters' headings.
In a solution, what the learner writes stands between the comments BEGIN SOLUTION and END SOLUTION, or in a line
that ends in the comment SOLUTION. The copy asks for it, and shows it collapsed behind the exercise's check.
"""

import base64
import html
import re
import shutil
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

import jupytext
import nbformat
from jupytext.combine import combine_inputs_with_outputs
from nbclient import NotebookClient

from helpers.course import STUB

SOLUTIONS = Path(__file__).parent
NOTEBOOKS = SOLUTIONS.parent / "notebooks"
PICTURES = SOLUTIONS.parent / "helpers" / "assets" / "pictures"
README = SOLUTIONS.parent / "README.md"
INSTRUCTORS = SOLUTIONS / "README.md"
WIDGET = "application/vnd.jupyter.widget-view+json"
WORK_HERE = " · Work here. (Authors edit `solutions`.)"
BLOCK = re.compile(r"^( *)# BEGIN SOLUTION\n(.*?)\n *# END SOLUTION$", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^(\w+ = ).*?  # SOLUTION$", re.MULTILINE)


def execute(source: Path) -> nbformat.NotebookNode:
    """Run a solution in an empty folder and store it, with its outputs, in the notebook beside it."""
    notebook = jupytext.read(source)
    stored = source.with_suffix(".ipynb")
    if stored.exists():  # keeps the ids of cells that did not change
        notebook = combine_inputs_with_outputs(
            notebook, nbformat.read(stored, as_version=4), fmt="md"
        )
    picture = PICTURES / f"{source.stem}.png"
    if not picture.exists():  # a new chapter opens with another one's, until its own is stored
        shutil.copy(min(PICTURES.glob("*.png")), picture)
    with tempfile.TemporaryDirectory() as folder:
        options = {"kernel_name": "python3", "record_timing": False, "coalesce_streams": True}
        NotebookClient(
            notebook, timeout=600, resources={"metadata": {"path": folder}}, **options
        ).execute()
    for name in ("language_info", "widgets"):  # a widget cannot be shown without its kernel
        notebook.metadata.pop(name, None)
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if not _is_sign_of_life(output)]
    store_picture(notebook, source.stem)
    jupytext.write(notebook, stored)
    return notebook


def _is_sign_of_life(output: nbformat.NotebookNode) -> bool:
    """Whether this is a bar or a clock: only while the cell runs are they of use."""
    data = output.get("data", {})
    return WIDGET in data or output.output_type == "display_data" and set(data) == {"text/plain"}


def store_picture(notebook: nbformat.NotebookNode, name: str) -> None:
    """Keep the figure of the cell tagged "picture": the chapter opens with it."""
    pictures = [cell for cell in notebook.cells if "picture" in cell.metadata.get("tags", [])]
    opening = [cell for cell in notebook.cells if "show_picture(" in cell.source]
    if pictures and opening:
        png = next(
            o.data["image/png"] for o in pictures[0].outputs if "image/png" in o.get("data", {})
        )
        (PICTURES / f"{name}.png").write_bytes(base64.b64decode(png))
        for output in opening[0].outputs:
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = png


def learners_copy(solution: nbformat.NotebookNode, outputs: bool = False) -> nbformat.NotebookNode:
    """The notebook without answers; each follows, collapsed, the next cell that checks it.

    The pages have all outputs. A copy has that of one cell, the picture of the opening, to be seen before anything runs.
    """
    copy = deepcopy(solution)
    copy.cells, answer = [], None
    for cell in deepcopy(solution.cells):
        copy.cells.append(cell)
        if cell.cell_type == "markdown" and cell.source.startswith("# ") and not outputs:
            cell.source = re.sub(
                r"(?<=/short_of_time\.html\))$", WORK_HERE, cell.source, flags=re.MULTILINE
            )
        if cell.cell_type != "code":
            continue
        if not outputs:
            cell.outputs = cell.outputs if "show_picture(" in cell.source else []
            cell.execution_count = None
            for output in cell.outputs:
                output.execution_count = None
        asked = LINE.sub(
            r"\1...", BLOCK.sub(rf'\1raise NotImplementedError("{STUB}")', cell.source)
        )
        if asked != cell.source:
            answer, cell.source = plain_answer(cell.source), asked
        elif answer and "check." in cell.source:
            code = re.sub(
                r"\n(\n+)",
                lambda empty: "&#10;" * len(empty[1]) + "\n",
                html.escape(answer, quote=False),
            )
            # An empty line would end the collapsed block, so it is written as a character reference.
            text = f"<details><summary>Answer</summary><pre><code>{code}</code></pre></details>"
            copy.cells.append(nbformat.v4.new_markdown_cell(text, id=f"{cell.id}-answer"[-64:]))
            answer = None
    return copy


def plain_answer(source: str) -> str:
    """A solution without its marks."""
    lines = [
        line
        for line in source.splitlines()
        if line.strip() not in ("# BEGIN SOLUTION", "# END SOLUTION")
    ]
    return "\n".join(line.removesuffix("  # SOLUTION") for line in lines)


def write_copy(solution: nbformat.NotebookNode, name: str) -> None:
    copy = learners_copy(solution)
    for cell in copy.cells:  # in the order of an .ipynb, wherever the solution was read from
        cell.metadata = nbformat.from_dict(dict(sorted(cell.metadata.items())))
    jupytext.write(copy, NOTEBOOKS / f"{name}.ipynb")
    jupytext.write(copy, NOTEBOOKS / f"{name}.md", fmt="md")


def minutes(text: str) -> tuple[dict[str, int], int]:
    """The minutes of a chapter's sections, and of all its exercises. What is below Further on does not count."""
    counted = text.partition("\n## Further on\n")[0]
    sections = re.findall(r"^## (\d+\.\d+) · .+ \((\d+) min\)$", counted, re.MULTILINE)
    exercises = re.findall(r"^### Exercise · .+ \((\d+) min\)$", counted, re.MULTILINE)
    return {section: int(length) for section, length in sections}, sum(map(int, exercises))


def with_minutes(readme: str, instructors: str, chapters: dict[int, str]) -> tuple[str, str]:
    """Both pages with the chapters' minutes in their tables. Where learners wait is written by hand, and kept."""
    waits = dict(
        re.findall(r"^\| (\d+) \| \d+ \| \d+ \| \d+ \| (.*) \|$", instructors, re.MULTILINE)
    )
    rows, marks = "", ""
    for chapter, text in chapters.items():
        sections, exercises = minutes(text)
        clock, begins = 0, []
        for section, length in sections.items():
            begins.append(f"{section} at {clock}")
            clock += length
        wait = waits.get(str(chapter), "nowhere for long")
        rows += f"| {chapter} | {clock - exercises} | {exercises} | {clock} | {wait} |\n"
        marks += f"| {chapter} | {', '.join(begins)}, end at {clock} |\n"
        row = rf"^(\| {chapter} \| \[.+?) \| \d+ \| "
        readme = re.sub(row, rf"\1 | {clock} | ", readme, flags=re.MULTILINE)
    for head, table in (("read and look", rows), ("section and minute", marks)):
        below = rf"^(\| chapter \| {head} \|.*\n\|[-|]+\n)(?:\|.*\n)*"
        before = re.search(below, instructors, re.MULTILINE)
        instructors = instructors.replace(before[0], before[1] + table)
    return readme, instructors


def sources() -> list[Path]:
    return sorted(SOLUTIONS.glob("[0-9][0-9]_*.md"))


def write_minutes() -> None:
    chapters = {int(source.stem[:2]): source.read_text() for source in sources()}
    pages = README, INSTRUCTORS
    for page, text in zip(pages, with_minutes(*(page.read_text() for page in pages), chapters)):
        page.write_text(text)


def main(names: list[str]) -> None:
    only_copies = "--copies" in names
    names = [name for name in names if name != "--copies"]
    for source in sources():
        if not names or source.stem in names:
            stored = source.with_suffix(".ipynb")
            write_copy(
                nbformat.read(stored, as_version=4) if only_copies else execute(source), source.stem
            )
    write_minutes()


if __name__ == "__main__":
    main(sys.argv[1:])
