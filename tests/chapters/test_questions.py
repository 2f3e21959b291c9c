"""The questions for the end of a chapter: three for each, and their answers quote what their code prints."""

import contextlib
import html
import io
import re

import pytest

from tests import ROOT, SOLUTIONS

PAGE = (ROOT / "solutions" / "questions.md").read_text()
CHAPTERS = {
    int(title): text
    for title, text in re.findall(
        r"^## Chapter (\d+)\n(.+?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE
    )
}
QUESTION = re.compile(
    r"^\*\*.+?[.?]\*\* .+?\n\n```python\n(.+?)```\n\n<details><summary>Answer</summary>(.+?)</details>$",
    re.DOTALL | re.MULTILINE,
)


def test_every_chapter_has_three():
    missing = {int(path.stem[:2]) for path in SOLUTIONS} - set(CHAPTERS)
    assert not missing, f"solutions/questions.md has no questions for these chapters: {missing}"
    for chapter, text in CHAPTERS.items():
        assert len(QUESTION.findall(text)) == 3 == text.count("<details>"), f"chapter {chapter}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_answers_quote_what_is_printed(chapter):
    """Spaces do not count. Each question runs alone, in any notebook."""
    for code, answer in QUESTION.findall(CHAPTERS[chapter]):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "question", "exec"), {})
        quoted = re.findall(r"<samp>(.+?)</samp>", answer)
        assert quoted, answer
        for text in quoted:
            words = " ".join(html.unescape(text).split())
            assert words in " ".join(printed.getvalue().split()), (words, printed.getvalue())


def test_code_fits_the_page():
    for code, _ in QUESTION.findall(PAGE):
        assert all(len(line) <= 80 for line in code.splitlines()), code
