"""The instructors' page: its schedules add up, and its minutes are those of the chapters."""

import re

import pytest

from tests import ROOT

SOLUTIONS = ROOT / "solutions"
PAGE = (SOLUTIONS / "README.md").read_text()
CHAPTERS = {
    int(path.stem[:2]): path.read_text() for path in sorted(SOLUTIONS.glob("[0-9][0-9]_*.md"))
}
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


def counted(chapter: int) -> dict[str, int]:
    """Those of its sections: what stands under Further on is not counted."""
    further = CHAPTERS[chapter].partition("\n## Further on\n")[2]
    return {
        name: minutes
        for name, minutes in exercises(chapter).items()
        if f"### Exercise · {name} (" not in further
    }


def minutes_of_sections(chapter: int) -> dict[str, int]:
    """The minutes that the headings of a chapter give, by the number of the section."""
    found = re.findall(
        rf"^## ({chapter}\.\d+) · .* \((\d+) min\)$", CHAPTERS[chapter], re.MULTILINE
    )
    return {section: int(minutes) for section, minutes in found}


@pytest.mark.parametrize("title, total", SCHEDULES.items())
def test_a_schedule_adds_up(title, total):
    clock = 0
    for start, minutes, *_ in rows(title, 4):
        hours, rest = start.split(":")
        assert 60 * int(hours) + int(rest) == clock, start
        clock += int(minutes or 0)
    assert clock == total


@pytest.mark.parametrize("title", SCHEDULES)
def test_a_schedule_gives_chapters_their_minutes(title):
    for _, minutes, what, _ in rows(title, 4):
        whole = re.fullmatch(r"chapter (\d)(?:, sections? \d\.(\d+)(?: to \d\.(\d+))?)?", what)
        if whole and int(whole[1]) in CHAPTERS:
            sections = minutes_of_sections(int(whole[1]))
            first, last = int(whole[2] or 1), int(whole[3] or whole[2] or len(sections))
            known = sum(sections[f"{whole[1]}.{n}"] for n in range(first, last + 1))
            assert int(minutes) == known, (
                f"{title}: {what} takes {known} minutes, as its headings say, not {minutes}"
            )


def test_the_table_of_chapters_is_right():
    table = {int(row[0]): " | ".join(row[1:4]) for row in rows("The chapters in minutes", 5)}
    for chapter, text in CHAPTERS.items():
        of_exercises, whole = (
            sum(counted(chapter).values()),
            sum(minutes_of_sections(chapter).values()),
        )
        right = f"{whole - of_exercises} | {of_exercises} | {whole}"
        assert table.get(chapter) == right, (
            f"the row of chapter {chapter} should be {right}, by the chapter's headings"
        )
        time = f"{whole} minutes: about {whole - of_exercises} to read and to look, {of_exercises} for exercises."
        assert time in text, f"the table that opens chapter {chapter} should say: {time}"
        listed = re.search(
            rf"^\| {chapter} \| .+? \| (\d+) \|", (ROOT / "README.md").read_text(), re.MULTILINE
        )[1]
        assert listed == str(whole), (
            f"README.md gives chapter {chapter} {listed} minutes, its headings {whole}"
        )


def test_the_minute_marks_are_right():
    right = []
    for chapter in CHAPTERS:
        clock, marks = 0, []
        for section, minutes in minutes_of_sections(chapter).items():
            marks.append(f"{section} at {clock}")
            clock += minutes
        right.append(f"| {chapter} | {', '.join(marks)}, end at {clock} |")
    table = "\n".join(right)
    assert f"{table}\n" in PAGE, f"by the chapters' headings, the minute marks should be:\n{table}"


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
        counted_sections = text.partition("\n## Further on\n")[0]
        for section in re.split(r"^## (?=\d+\.\d+ · )", counted_sections, flags=re.MULTILINE)[1:]:
            title, minutes = re.match(r"(.+) \((\d+) min\)$", section, re.MULTILINE).groups()
            needed = sum(
                map(int, re.findall(r"^### Exercise · .+ \((\d+) min\)$", section, re.MULTILINE))
            )
            assert needed < int(minutes), (
                f"section {title} has {minutes} minutes, and its exercises take {needed}"
            )


def test_every_section_and_exercise_named_exists():
    named = {
        section
        for section in re.findall(r"\b(\d\.\d+)\b", re.sub(r"https?://\S+|python3\.\d+", "", PAGE))
    }
    known = {section for chapter in CHAPTERS for section in minutes_of_sections(chapter)}
    assert {section for section in named if int(section[0]) in CHAPTERS} <= known | {
        "0.9"
    }  # a value before rounding
    for first, *_ in rows("Where learners get stuck, and what helps", 3):
        for chapter, exercise in re.findall(r"(\d) · (.+?)(?=, \d · |$)", first):
            assert exercise in exercises(int(chapter)), (
                f"there is no exercise {exercise} in chapter {chapter}"
            )
    for exercise in re.findall(r"exercise \*(.+?)\*", PAGE):
        assert any(exercise in exercises(chapter) for chapter in CHAPTERS), (
            f"there is no exercise {exercise}"
        )


def test_every_prompt_of_a_chapter_has_an_answer():
    answers = re.findall(r"^\*\*Chapter (\d): .+\*\*", PAGE, re.MULTILINE)
    assert "4" in answers
    for chapter in map(int, set(answers)):
        _, _, discussion = CHAPTERS[chapter].partition("\n## Discussion")
        prompts = re.findall(r"^- .+\?$", discussion.split("\n## ")[0], re.MULTILINE)
        assert answers.count(str(chapter)) >= len(prompts)
