"""Write the slides of the half hour, from the headings, first sentences, figures and questions of chapter 0.

    python site/make_slides.py build/site/slides

A question has a slide of its own, and the next one answers it. What the chapter says in full stands in the speaker
notes (key S), below what the instructors' page says to that section or exercise.
"""

import html
import re
import shutil
import sys
from pathlib import Path
from textwrap import dedent

from make_pages import CHAPTERS, ROOT, alternative_text, fill, with_outputs
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from solutions.make_chapters import BLOCK, LINE

REVEAL = ROOT / ".venv-site" / "node_modules" / "reveal.js"
README = (ROOT / "README.md").read_text()
INSTRUCTORS = (ROOT / "solutions" / "README.md").read_text()
MARKDOWN = MarkdownIt().enable("table")
SENTENCE = re.compile(r".+?[.?!](?=\s|$)", re.DOTALL)
NO_GUESS = "Your guess: none. "  # what comes before the answer where nobody guessed
QUESTION = re.compile(r"\*\*Predict:\*\* .+\?", re.DOTALL)


class Slides:
    """Slides as HTML. `add` puts a part on the present one, with what to say to it; `turn` ends it."""

    def __init__(self) -> None:
        self.done, self.parts, self.notes = [], [], []
        self.section, self.exercise = "", ""  # the headings that we are below

    def add(self, part: str, notes: str = "") -> None:
        self.parts.append(part)
        self.notes.append(notes)

    def turn(self) -> None:
        if self.parts:
            shown = MARKDOWN.render(f"## {self.exercise or self.section}") + "\n".join(self.parts)
            notes = MARKDOWN.render("\n\n".join(self.notes))
            self.done.append(
                f'<section>\n{shown}\n<aside class="notes">{notes}</aside>\n</section>'
            )
        self.parts, self.notes = [], []


def said_by_instructors(heading: str) -> str:
    """What the instructors' page has for a section, "0.3 · ...", or an exercise, "Exercise · ...", of chapter 0."""
    name = re.sub(r"^Exercise · | \(\d+ min\)$", "", heading)
    found = re.findall(
        r"^\| \d:\d\d \| \d+ \| chapter 0, sections (\S+) to \S+ \| (.+) \|$",
        INSTRUCTORS,
        re.MULTILINE,
    )
    turns = [turn for section, turn in found if name.startswith(f"{section} · ")]
    helps = re.findall(rf"^\| 0 · {re.escape(name)} \| (.+) \| (.+) \|$", INSTRUCTORS, re.MULTILINE)
    return "\n\n".join([*turns, *(f"{mistake}: {what}" for mistake, what in helps)])


def text(slides: Slides, block: str, asks: bool = False) -> None:
    """A block of Markdown. Of a paragraph the first sentence is shown, or all if it leads to a question.

    It ends a slide with a figure.
    """
    title, question, sentence = (
        re.match(r"#+ (.+)", block),
        QUESTION.search(block),
        SENTENCE.match(block),
    )
    if title:
        slides.turn()
        slides.exercise = title[1] if block.startswith("### ") else ""
        slides.section = slides.section if slides.exercise else title[1]
        slides.notes.append(said_by_instructors(title[1]))
    elif slides.exercise:
        if not block.startswith("<"):  # a hint
            slides.add(f'<div class="question">{MARKDOWN.render(block)}</div>')
    elif question:
        slides.add(f'<div class="question">{MARKDOWN.render(question[0])}</div>', block)
        slides.turn()
    elif block.startswith(("- ", "**Takeaways")):
        slides.turn()
        slides.add(MARKDOWN.render(block))
        slides.turn()
    elif sentence and block[0] not in "<|*":
        results = any(part.startswith(("<img", "<pre")) for part in slides.parts)
        slides.add(MARKDOWN.render(block if asks else sentence[0]), block)
        if results:
            slides.turn()


def code(slides: Slides, cell, after: str) -> None:
    """A code cell: the answer of an exercise, the verdict of its check, or else what comes out of it."""
    lines = [
        *(dedent(lines) for _, lines in BLOCK.findall(cell.source)),
        *(m[0] for m in LINE.finditer(cell.source)),
    ]
    if lines:
        slides.turn()
        answer = "\n".join(lines).replace("  # SOLUTION", "")
        slides.add(highlight(answer, PythonLexer(), HtmlFormatter(noclasses=True)))
    elif "check." in cell.source:
        said = "".join(o.get("text") or o.data["text/plain"] for o in cell.outputs)
        slides.add(f'<p class="verdict">{html.escape(said)}</p>')
        slides.turn()
        slides.exercise = ""
    else:
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                alt = html.escape(alternative_text(cell, after))
                slides.add(
                    f'<img alt="{alt}" src="data:image/png;base64,{output.data["image/png"]}">'
                )
            elif output.output_type == "stream":
                slides.add(f"<pre>{html.escape(output.text.strip().removeprefix(NO_GUESS))}</pre>")


def make() -> str:
    """All slides: first the course's name and the picture that opens the chapter, then section by section."""
    cells, slides = with_outputs(CHAPTERS[0]).cells, Slides()
    begin = next(place for place, cell in enumerate(cells) if cell.source.startswith("## "))
    slides.section = README.split("\n")[0].removeprefix("# ")
    chapter = cells[0].source.split("\n")[0].removeprefix("# ")
    slides.add(MARKDOWN.render(chapter), INSTRUCTORS.split("\n## 30 minutes\n\n")[1].split("\n")[0])
    for cell in cells[:begin]:
        if "show_picture(" in cell.source:
            code(slides, cell, "")
    slides.turn()
    for place, cell in enumerate(cells[begin:], start=begin):
        if cell.cell_type == "code":
            texts = (below.source for below in cells[place:] if below.cell_type == "markdown")
            code(slides, cell, next(texts, ""))
        else:
            blocks = re.split(r"\n\n+", cell.source.strip())
            for block, following in zip(blocks, [*blocks[1:], ""]):
                text(slides, block, bool(QUESTION.match(following)))
    slides.turn()
    return "\n".join(slides.done)


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
    (folder / "index.html").write_text(fill("slides.html", slides=make()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
