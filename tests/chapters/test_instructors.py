"""The instructors' page: its schedules add up, and its minutes are those of the chapters."""

import re

import pytest

from solutions.make_chapters import minutes, with_minutes
from tests import ROOT, SOLUTIONS

PAGE = (ROOT / "solutions" / "README.md").read_text()
CHAPTERS = {int(path.stem[:2]): path.with_suffix(".md").read_text() for path in SOLUTIONS}
SCHEDULES = {
    "30 minutes": 30,
    "Half a day": 240,
    "A second half day": 240,
    "A full day": 480,
}
SHORT_OF_TIME = (ROOT / "site" / "short_of_time.md").read_text()


def rows(title: str, columns: int) -> list[list[str]]:
    """The rows of the table below a heading, without its head."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("| ")][1:]
    found = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]
    assert all(len(row) == columns for row in found)
    return found


def exercises(chapter: int) -> dict[str, int]:
    """The minutes of a chapter's exercises, by their names."""
    found = re.findall(r"^### Exercise · (.+) \((\d+) min\)$", CHAPTERS[chapter], re.MULTILINE)
    return {name: int(minutes) for name, minutes in found}


@pytest.mark.parametrize("title, total", SCHEDULES.items())
def test_a_schedule_adds_up_and_gives_chapters_their_minutes(title, total):
    clock = 0
    for start, length, what, _ in rows(title, 4):
        hours, rest = start.split(":")
        assert 60 * int(hours) + int(rest) == clock, start
        clock += int(length or 0)
        whole = re.fullmatch(r"chapter (\d+)(?:, sections? \d+\.(\d+)(?: to \d+\.(\d+))?)?", what)
        if whole:
            sections = minutes(CHAPTERS[int(whole[1])])[0]
            first, last = int(whole[2] or 1), int(whole[3] or whole[2] or len(sections))
            known = sum(sections[f"{whole[1]}.{n}"] for n in range(first, last + 1))
            assert int(length) == known, (
                f"{title}: {what} takes {known} minutes, as its headings say, not {length}"
            )
    assert clock == total


def test_minutes_are_those_of_the_headings():
    """In the README, in both tables of the instructors' page, and in the table that opens a chapter."""
    pages = (ROOT / "README.md").read_text(), PAGE
    stale = "python solutions/make_chapters.py --copies writes the minutes anew"
    assert with_minutes(*pages, CHAPTERS) == pages, stale
    for chapter, text in CHAPTERS.items():
        sections, do = minutes(text)
        whole = sum(sections.values())
        time = f"{whole} minutes: about {whole - do} to read and to look, {do} for exercises."
        assert time in text, f"the table that opens chapter {chapter} should say: {time}"


def test_those_short_of_time_are_told_of_real_exercises():
    """Each chapter has a row, and the exercise to do is one of its own."""
    for chapter in CHAPTERS:
        row = re.search(
            rf"^\| {chapter} \| (.+?) \| (.+?) \| (.+) \|$", SHORT_OF_TIME, re.MULTILINE
        )
        assert row, f"site/short_of_time.md says nothing of chapter {chapter}"
        named = re.findall(r"\*(.+?)\*", " ".join(row.groups()))
        known = {*exercises(chapter), "Further on"}
        assert set(named) <= known, f"chapter {chapter} has no exercise {set(named) - known}"
        assert row[1].strip("*") in exercises(chapter)


def test_a_section_has_time_for_its_exercises():
    for text in CHAPTERS.values():
        counted = text.partition("\n## Further on\n")[0]
        for section in re.split(r"^## (?=\d+\.\d+ · )", counted, flags=re.MULTILINE)[1:]:
            title, length = re.match(r"(.+) \((\d+) min\)$", section, re.MULTILINE).groups()
            needed = minutes(section)[1]
            assert needed < int(length), (
                f"section {title} has {length} minutes, and its exercises take {needed}"
            )


def test_every_section_and_exercise_named_exists():
    named = set(re.findall(r"\b(\d+\.\d+)\b", re.sub(r"https?://\S+|python3\.\d+", "", PAGE)))
    known = {section for text in CHAPTERS.values() for section in minutes(text)[0]}
    assert {section for section in named if int(section.split(".")[0]) in CHAPTERS} <= known | {
        "0.9"
    }  # a value before rounding
    for first, *_ in rows("Where learners get stuck, and what helps", 3):
        for chapter, exercise in re.findall(r"(\d+) · (.+?)(?=, \d+ · |$)", first):
            assert exercise in exercises(int(chapter)), (
                f"there is no exercise {exercise} in chapter {chapter}"
            )
    for exercise in re.findall(r"exercise \*(.+?)\*", PAGE):
        assert any(exercise in exercises(chapter) for chapter in CHAPTERS), (
            f"there is no exercise {exercise}"
        )


def test_every_prompt_of_a_chapter_has_an_answer():
    answers = re.findall(r"^\*\*Chapter (\d+): .+\*\*", PAGE, re.MULTILINE)
    assert "4" in answers
    for chapter in map(int, set(answers)):
        _, _, discussion = CHAPTERS[chapter].partition("\n## Discussion")
        prompts = re.findall(r"^- .+\?$", discussion.split("\n## ")[0], re.MULTILINE)
        assert answers.count(str(chapter)) >= len(prompts)
