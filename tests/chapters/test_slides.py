"""What the slides take from the chapters exists there, before anything is executed or built."""

import re

import pytest

from tests import ROOT, stem

DECKS = sorted((ROOT / "site" / "slides").glob("*.md"))
each_deck = pytest.mark.parametrize("path", DECKS, ids=stem)


def missing(deck: str, chapter: str) -> list[str]:
    """The lines of a deck that name what the chapter does not have."""
    sections = dict(
        re.findall(r"^## (\d+\.\d+) · (.+?)(?=^## |\Z)", chapter, re.MULTILINE | re.DOTALL)
    )
    found = []
    for kind, name in re.findall(
        r"@(section|exercise|code|figure|answer) (.+)$", deck, re.MULTILINE
    ):
        other = re.match(r"(\d\d_\w+) (.+)", name)
        text, name = chapter, re.match(r"\d+\.\d+", name)[0] if kind == "answer" else name
        if other:
            text, name = (ROOT / "solutions" / f"{other[1]}.md").read_text(), other[2]
        exists = {
            "section": name in sections,
            "answer": "reveal(" in sections.get(name, ""),
            "figure": name in text,
        }.get(kind, f"### Exercise · {name} (" in text)
        if not exists:
            found.append(f"@{kind} {name}")
    return found


@each_deck
def test_what_slides_name_is_in_the_chapter(path):
    chapter = (ROOT / "solutions" / path.name).read_text()
    assert missing(path.read_text(), chapter) == []


def test_a_name_that_is_gone_is_found():
    deck = "@section 5.1\n@exercise No such\n@code No such\n@figure plot_nothing\n## @answer 0.2\n"
    chapter = (ROOT / "solutions" / "00_half_hour.md").read_text()
    assert len(missing(deck, chapter)) == 5


@each_deck
def test_pictures_exist_and_are_described(path):
    for name in re.findall(r"^@picture (\w+)$", path.read_text(), re.MULTILINE):
        drawing = (path.parent / f"{name}.svg").read_text()
        assert len(re.search(r'aria-label="(.+?)"', drawing)[1].split()) > 5
        sizes = [int(size) for size in re.findall(r'font-size="(\d+)"', drawing)]
        assert min(sizes) >= 28  # of 1,100 pixels
