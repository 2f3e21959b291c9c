"""Write the text of the pages, of which Sphinx then makes the site: nothing in it is edited.

    python site/make_pages.py build/pages

A chapter is the learner's copy with the outputs of its solution. Home takes its first words and its table from the
README, the instructors' page is that of the solutions, and how to cite is read from CITATION.cff.
"""

import base64
import json
import os
import re
import shutil
import sys
from pathlib import Path
from string import Template

import jupytext
import nbformat
import tomllib
import yaml
from jupytext.combine import combine_inputs_with_outputs
from learning_resource import PAGES

from helpers.assets.study_results import MEASURED, read_lines
from solutions.make_chapters import learners_copy

SITE = Path(__file__).parent
ROOT = SITE.parent
GITHUB = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Home"]
CHAPTERS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.md"))
WIDGETS = {
    "DigitCanvas()": "canvas",
    "Microphone()": "microphone",
}  # in a cell; the picture of it, tests/studies/widgets.py
PLAYS = {
    "show_neuron()": "notebook/neuron.js",
    "show_who_waits()": "chapter_7/who_waits.js",
    "show_luck()": "chapter_6/luck.js",
}  # in a cell; its script, which the page runs too, and which has a picture in site/play
DATA = {
    "chapter_6/luck.js": {
        "accuracies": [
            float(line["val_acc"]) for line in read_lines(MEASURED / "sweep" / "table.csv")
        ]
    },
}  # that a script takes
WRITTEN = {  # pages, and where their text is
    "instructors": ROOT / "solutions" / "README.md",
    "questions": ROOT / "solutions" / "questions.md",
    "card": SITE / "card.md",
    "glossary": SITE / "glossary.md",
    "short_of_time": SITE / "short_of_time.md",
    "exact": SITE / "exact.md",
    "accessibility": SITE / "accessibility.md",
}


def with_outputs(source: Path) -> nbformat.NotebookNode:
    """A solution: its text from solutions/NN_name.md, its outputs from the notebook beside it."""
    stored = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    return combine_inputs_with_outputs(jupytext.read(source), stored, fmt="md")


def fill(name: str, /, **parts: str) -> str:
    """A text of this folder, with these parts in place of their names."""
    return Template((SITE / name).read_text()).substitute(parts)


def chapter(source: Path) -> nbformat.NotebookNode:
    """The page of a chapter: the learner's text, the outputs, and links to the notebook."""
    page = learners_copy(with_outputs(source), outputs=True)
    page.metadata["language_info"] = {
        "name": "python",
        "pygments_lexer": "ipython3",
    }  # it knows lines with ! and %
    guessed = False
    for place, cell in enumerate(page.cells):
        guessed = cell.cell_type == "code" and (guessed or cell.source.startswith("guess = ..."))
        if guessed:  # what comes out is to be opened
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-output"]
        if cell.cell_type == "code":
            texts = (
                after.source for after in page.cells[place + 1 :] if after.cell_type == "markdown"
            )
            dress(cell, next(texts, ""), source.stem)
            if cell.metadata.get("jupyter", {}).get("source_hidden"):
                fold_source(cell)
        else:
            cell.source = re.sub(
                r"^## (\d+)\.(\d+) · ", r"(section-\1-\2)=\n\g<0>", cell.source, flags=re.MULTILINE
            )
            cell.source = re.sub(rf"\({PAGES}(\w+)\.html", r"(\1.md", cell.source)
    open_page(page, source.stem)
    return page


def open_page(page: nbformat.NotebookNode, name: str) -> None:
    """Put the page's own links above the picture, and what a page is below the table."""
    title, table = (cell for cell in page.cells[:3] if cell.cell_type == "markdown")
    line, colab = re.search(r"^(\[Open in Colab\]\((\S+)\).*)$", title.source, re.M).groups()
    notebook = f"../../notebooks/{name}.ipynb"
    links, note = fill("chapter.md", colab=colab, notebook=notebook).strip().split("\n\n")
    title.source = title.source.replace(line, links)
    table.source = table.source.replace("\n\n", f"\n\n{note}\n\n", 1)


def fold_source(cell: nbformat.NotebookNode) -> None:
    """What only installs and imports is folded, as in the notebook."""
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
    cell.metadata["mystnb"] |= {"code_prompt_show": "The code", "code_prompt_hide": "The code"}


def dress(cell: nbformat.NotebookNode, after: str, chapter: str) -> None:
    """Give the outputs of a code cell what the page needs, and a widget the picture of it."""
    cell.metadata["mystnb"] = {"image": {"alt": alternative_text(cell, after)}}
    for call, name in WIDGETS.items():
        if call in cell.source:
            png = base64.b64encode((SITE / f"{chapter}-{name}.png").read_bytes()).decode()
            cell.outputs = [nbformat.v4.new_output("display_data", {"image/png": png})]
            figure = {"caption": f"The {name}, as it looks in the notebook. There it works."}
            cell.metadata["mystnb"] = {
                "image": {"alt": figure["caption"], "width": "60%"},
                "figure": figure,
            }
    for call, script in PLAYS.items():
        if call in cell.source:
            cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": play(script)})]


def play(script: str) -> str:
    """HTML of a widget that a page runs: its picture, and the script that takes its place."""
    path = ROOT / "helpers" / "course" / script
    module = path.read_text()
    alt = re.search(r'^const SHOWS = "(.+)";$', module, re.MULTILINE)[1]
    return fill(
        "play.html",
        name=path.stem,
        alt=alt,
        module=module.replace("export default", "const widget ="),
        data=json.dumps(DATA.get(script, {})),
    )


def alternative_text(cell: nbformat.NotebookNode, after: str) -> str:
    """What a figure says: the words stored with it, or the first sentence of the text that follows and discusses it."""
    stored = [
        data["alt"]
        for o in cell.outputs
        for data in o.get("metadata", {}).values()
        if "alt" in data
    ]
    sentence = re.match(r".+?[.?!](?=\s|$)", re.sub(r"[*`$\\]|\]\(\S+?\)|\[", "", after))
    return stored[0] if stored else sentence.group() if sentence else ""


def relink(text: str, folder: Path) -> str:
    """Links of a page in this folder: to a chapter they lead to its page, to all else in the repository to GitHub."""

    def link(match: re.Match) -> str:
        target = (folder / match[1]).resolve()
        path = target.relative_to(ROOT.resolve())
        if target.suffix == ".png":
            return f"]({os.path.relpath(target, ROOT / 'build' / 'pages')})"
        if target.with_suffix(".md").name in [source.name for source in CHAPTERS]:
            return f"]({target.stem}.ipynb)"
        for page, source in WRITTEN.items():
            if target == source.resolve():
                return f"]({page}.md)"
        return f"]({GITHUB}/{'tree' if target.is_dir() else 'blob'}/main/{path})"

    return re.sub(r"\]\((?!https?:|#)([^)#\s]+)\)", link, text)


def home() -> str:
    """The words of site/index.md, with the README's introduction, the table of the chapters and how to cite."""
    readme = (ROOT / "README.md").read_text()
    row = r"^\| (\d+) \| \[(.+)\]\(notebooks/(\S+)\.ipynb\).*? \| (\d+) \| (.+?) \| \["
    rows = re.findall(row, readme, re.MULTILINE)
    table = [
        f"| {n} | [{title}]({name}.ipynb) | {minutes} | {after} |"
        for n, title, name, minutes, after in rows
    ]
    introduction, picture = re.search(
        r"\n\n(.+)\n\n\[Read the course.+?\n\n(!\[.+)", readme.split("\n## ")[0], re.DOTALL
    ).groups()
    promise, introduction = relink(introduction, ROOT).split("\n\n", 1)
    return fill(
        "index.md",
        promise=promise,
        introduction=introduction,
        neuron=play(PLAYS["show_neuron()"]),
        picture=relink(picture, ROOT),
        chapters="\n".join(
            ["| | chapter | minutes | after it you can |", "|---|---|---|---|", *table]
        ),
        colab=re.search(r"\]\((https://colab[^)]+\.ipynb)\)", readme)[1],
        quick_start=relink(readme.split("\n## Quick start\n")[1].split("\n## ")[0], ROOT),
        licence=relink(readme.split("\n## Licence\n\n")[1].split("\n## ")[0], ROOT),
        citation=citation(),
    )


def citation() -> str:
    """How to cite the course and Norse, of CITATION.cff."""
    course = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    return "\n".join(f"- {cite(work)}" for work in (course, *course["references"]))


def cite(work: dict) -> str:
    authors = " and ".join(
        a.get("name") or f"{a['given-names']} {a['family-names']}" for a in work["authors"]
    )
    year = f" ({work['year']})" if "year" in work else ""
    address = f"https://doi.org/{work['doi']}" if "doi" in work else work["repository-code"]
    return f"{authors}{year}. *{work['title']}*. <{address}>"


def main(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source in CHAPTERS:
        nbformat.write(chapter(source), folder / f"{source.stem}.ipynb")
    (folder / "index.md").write_text(home())
    for page, source in WRITTEN.items():
        (folder / f"{page}.md").write_text(relink(source.read_text(), source.parent))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
