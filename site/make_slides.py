"""Write the slides of four chapters, each deck from a text of its own in site/slides.

    python site/make_slides.py build/site/slides

Slides are separated by ---. What follows the line Notes is for the speaker (key S). A quote, "> ...", is a question:
the next slide answers it. A line that begins with @ brings what is written elsewhere:

    @figure plot_responses     a figure of the chapter: that of the first cell that has these words;
                               of another chapter: @figure 01_build plot_surrogate
    @picture neuron            the drawing neuron.svg beside the decks
    @exercise Run a neuron     the name and the minutes of an exercise, and for the speaker where learners get stuck
    @code Run a neuron         the answer of that exercise
    @text                      the lines up to the next empty one, as code with gaps
    @answer 0.1                what the section's first guess is compared with, as found when the chapter was executed
    @section 0.1               for the speaker: the minute, the section, and what the instructors' page says to it
"""

import ast
import html
import re
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import nbformat
from make_pages import CHAPTERS, ROOT, SITE, alternative_text, fill, with_outputs
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import BashLexer, PythonLexer

from solutions.make_chapters import BLOCK, LINE

REVEAL = ROOT / ".venv-site" / "node_modules" / "reveal.js"
DECKS = sorted((SITE / "slides").glob("*.md"))
INSTRUCTORS = (ROOT / "solutions" / "README.md").read_text()
MARKDOWN = MarkdownIt()
FOUND = re.compile(r"Found: (.+)\.$", re.MULTILINE)


class Chapter:
    """What slides take from a chapter. A name that it does not have is an error."""

    def __init__(self, source: Path) -> None:
        self.name = source.stem
        self.cells = with_outputs(source).cells

    def section(self, number: str) -> list[nbformat.NotebookNode]:
        """The cells of a section, from its heading on."""
        cells, inside = [], False
        for cell in self.cells:
            if cell.cell_type == "markdown" and cell.source.startswith("## "):
                inside = cell.source.startswith(f"## {number} · ")
            if inside:
                cells.append(cell)
        return cells or self._lacks(f"section {number}")

    def exercise(self, name: str) -> tuple[str, str]:
        """The minutes of an exercise, and its answer."""
        heading = re.compile(rf"^### Exercise · {re.escape(name)} \((\d+) min\)$", re.MULTILINE)
        minutes = ""
        for cell in self.cells:
            found = heading.search(cell.source)
            minutes = found[1] if found else minutes
            if minutes and cell.cell_type == "code":
                return minutes, answer(cell.source)
        return self._lacks(f"exercise {name}")

    def figure(self, words: str) -> str:
        for place, cell in enumerate(self.cells):
            if cell.cell_type == "code" and words in cell.source:
                texts = (below.source for below in self.cells[place:] if below.cell_type != "code")
                alt = html.escape(alternative_text(cell, next(texts, "")))
                for output in cell.outputs:
                    png = output.get("data", {}).get("image/png")
                    if png:
                        return f'<img alt="{alt}" src="data:image/png;base64,{png}">'
        return self._lacks(f"figure of a cell with {words}")

    def found(self, number: str) -> str:
        """What was found for the first guess of a section."""
        for cell in self.section(number):
            text = "".join(output.get("text", "") for output in cell.get("outputs", []))
            if FOUND.search(text):
                number, _, unit = FOUND.search(text)[1].partition(" ")
                plain = f"{Decimal(number):f}" if "e-" in number else number
                return f"{plain} {unit}".strip()
        return self._lacks(f"guess in section {number}")

    def _lacks(self, what: str):
        raise SystemExit(f"site/slides/{self.name}.md: the chapter has no {what}")


def answer(source: str) -> str:
    """The answer of an exercise alone; of a text with blanks, the text with what is to be filled in."""
    blocks = [dedent(lines) for _, lines in BLOCK.findall(source)]
    if blocks:
        return "\n".join(blocks)
    filled = {}
    for line in LINE.finditer(source):
        name, value = line[0].removesuffix("  # SOLUTION").split(" = ", 1)
        filled[name] = str(ast.literal_eval(value))
    text = source.partition('"""')[2].partition('"""')[0]
    return re.sub(r"\{(\w+)\}", lambda blank: filled[blank[1]], text)


def code(text: str) -> str:
    """Code as large as it fits: on a wall by its width and height, on a phone by its width."""
    lines = text.strip().splitlines()
    width = max(map(len, lines))
    wall = max(28, min(44, 1130 / (0.61 * width), 540 / (1.3 * len(lines))))
    phone = min(30, 540 / (0.61 * width))
    lexer = BashLexer() if text.startswith("#") else PythonLexer()
    shown = highlight(text, lexer, HtmlFormatter(noclasses=True, style="sas"))
    shown = shown.replace("\n\n", "\n&#10;")  # an empty line would end the block of HTML
    return f'<div style="--wall: {wall:.0f}px; --phone: {max(phone, 15):.0f}px">{shown}</div>'


def said_about_section(chapter: Chapter, number: str) -> str:
    """The minute at which a section begins, its heading, and the instructors' turn."""
    minute, title = 0, ""
    for n in range(1, int(number.split(".")[1]) + 1):
        heading = chapter.section(f"{number.split('.')[0]}.{n}")[0].source.split("\n")[0]
        minute += int(title[1]) if title else 0
        title = re.search(r"\((\d+) min\)$", heading)
    turn = rf"^\| \d:\d\d \| \d+ \| chapter \d+, sections? {re.escape(number)}\b.*? \| (.+) \|$"
    said = re.findall(turn, INSTRUCTORS, re.MULTILINE)
    return "\n\n".join([f"**Minute {minute}: {heading.removeprefix('## ')}**", *said])


def said_about_exercise(chapter: Chapter, name: str) -> str:
    """What the instructors' page says where learners get stuck."""
    row = rf"^\| {int(chapter.name[:2])} · {re.escape(name)} \| (.+) \| (.+) \|$"
    helps = re.findall(row, INSTRUCTORS, re.MULTILINE)
    return "\n\n".join(f"{happens}: {what}" for happens, what in helps)


def slide(text: str, chapter: Chapter) -> str:
    """One slide as HTML."""
    shown, _, notes = text.partition("\nNotes\n")
    before = []  # for the speaker, above the notes

    def part(match: re.Match) -> str:
        kind, name = match.groups()
        if kind == "exercise":
            before.append(said_about_exercise(chapter, name))
            return f'<p class="exercise">{name} · {chapter.exercise(name)[0]} minutes</p>\n'
        if kind == "section":
            before.append(said_about_section(chapter, name))
            return ""
        if kind == "code":
            return code(chapter.exercise(name)[1])
        if kind == "picture":
            return (SITE / "slides" / f"{name}.svg").read_text()
        other = re.match(r"(\d\d_\w+) (.+)", name)
        if other:
            return Chapter(ROOT / "solutions" / f"{other[1]}.md").figure(other[2])
        return chapter.figure(name)

    def found(match: re.Match) -> str:
        text = html.escape(chapter.found(match[2]))
        if match[1]:  # it is a heading
            return match[1] + text[0].upper() + text[1:]
        return text

    shown = re.sub(r"(## )?@answer (\d+\.\d+)", found, shown)
    shown = re.sub(
        r"^@text\n(.+?)\n(?=\n|\Z)",
        lambda match: code(match[1]),
        shown + "\n",
        flags=re.MULTILINE | re.DOTALL,
    )
    shown = re.sub(r"^@(exercise|section|code|picture|figure) (.+)$", part, shown, flags=re.M)
    notes = MARKDOWN.render("\n\n".join([*before, notes.strip()]))
    return f'<section>\n{MARKDOWN.render(shown)}\n<aside class="notes">{notes}</aside>\n</section>'


def make(deck: Path) -> str:
    (source,) = [source for source in CHAPTERS if source.stem == deck.stem]
    chapter = Chapter(source)
    return "\n".join(slide(text, chapter) for text in deck.read_text().split("\n---\n"))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fonts, ignored = (
        "fonts/source-sans-pro",
        shutil.ignore_patterns("*.eot", "*.ttf"),
    )  # browsers take the .woff
    shutil.copytree(
        REVEAL / "dist" / "theme" / fonts, folder / fonts, ignore=ignored, dirs_exist_ok=True
    )
    for name in (
        "dist/reveal.js",
        "dist/reveal.css",
        "dist/theme/white.css",
        "plugin/notes/notes.js",
    ):
        shutil.copy(REVEAL / name, folder)
    links = []
    for deck in DECKS:
        title = deck.read_text().partition("\n")[0].removeprefix("# ")
        page = fill("slides.html", title=title, slides=make(deck))
        (folder / f"{deck.stem}.html").write_text(page)
        chapter = int(deck.stem[:2])
        links.append(f'<li><a href="{deck.stem}.html">Chapter {chapter}: {title}</a></li>')
    (folder / "index.html").write_text(fill("decks.html", decks="\n".join(links)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
