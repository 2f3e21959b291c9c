"""CONTRIBUTING.md's recipes, followed in a copy of the course: another chapter, and one more exercise in it.

What is written, and which commands run, is what the page's numbered steps name, in their order. A step that the page
leaves out is left out here, and then the copy's own tests fail.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests import SOLUTIONS, copy_course

PLACE = re.compile(r"`((?:solutions|helpers|tests)/[^`]+)`|\]\(([^)]+)\)")
FRUITS = {"apples": 1, "pears": 2, "plums": 3, "figs": 4, "dates": 5}
LIGHT = ["source", "contributing", "floors", "accessibility", "instructors", "questions"]
LIGHT = [f"tests/chapters/test_{name}.py" for name in (*LIGHT, "plain_code")]
LIGHT += ["tests/course/judge/test_check.py"]
OPENING = """\
# {number} · Fruit

{links}

You will count. The line shows how many apples there are, for each number that was there before.

{picture}

| | |
|---|---|
| **What you'll do** | Count fruit |
| **What you'll learn** | How to add |
| **What you need** | Nothing |
| **Time** | 20 minutes: about 10 to read and to look, 10 for exercises. |

Run the cells above {number}.1 first.

{setup}
"""
SECTION = """
## {number}.{n} · All {fruit} (4 min)

**Predict:** How many {fruit} are three and {n}?

```python
guess = ...  # {fruit}
```

```python
reveal(guess, 3 + {n}, "{fruit}")
```

It is a sum.
"""
EXERCISE = """
### Exercise · Count {fruit} ({minutes} min)

Add {n} to `n`.

```python
def {fruit}(n):
    # BEGIN SOLUTION
    return n + {n}
    # END SOLUTION
```

<details><summary>Hint</summary>It is a sum.</details>

```python
{fruit} = check.{fruit}({fruit})
```
"""
FIGURE = """
```python tags=["picture"]
plot.plot_line([{fruit}(n) for n in range(9)]);
```

The line rises by one for each of the {fruit} that were there before.
"""
CHECK = '''\
"""{fruit}(n) gives n and {n} more."""

from helpers.course.judge import Solution, exercise

solution = Solution(
    """
def {fruit}(n):
    return n + {n}
""",
    {{" + {n}": {{"": "A sum is larger."}}}},
)


@exercise("Count {fruit}", ours=solution)
def {fruit}(answer) -> str:
    solution.compare_numbers("{fruit}", answer, [(3,), (8,)])
    return "it is a sum."
'''
PLOT = '''\
"""The figure of this chapter."""

from helpers.tools.style import BLUE, panels


def plot_line(values):
    """Draw values over their number."""
    ax = panels(2.8)
    ax.plot(values, color=BLUE)
    ax.set(xlabel="number before", ylabel="number after")
    return ax
'''
QUESTION = """\
**A sum.** What comes out?

```python
print(1 + {n})
```

<details><summary>Answer</summary><samp>{sum}</samp></details>

"""


def python(course: Path, *arguments: str) -> None:
    """Run this Python in the copy."""
    environment = {**os.environ, "PYTHONPATH": str(course)}
    options = {"cwd": course, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, *arguments], **options)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


class Recipe(NamedTuple):
    """What a contributor does in a copy of the course, for one chapter."""

    course: Path
    number: int
    name: str
    fruits: dict[str, int]

    def follow(self, title: str, acts: dict) -> list[str]:
        """Do what the steps of a recipe name. Returns the places where something is written by hand."""
        page = (self.course / "CONTRIBUTING.md").read_text()
        recipe = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
        steps = re.findall(r"^\d+\. (.+)$", recipe, re.MULTILINE)
        assert "`make check`" in steps[-1]
        places = []
        for step in steps:
            if "`make chapter " in step:
                acts["make chapter"](self)
            elif "`make " not in step:
                for place in map("".join, PLACE.findall(step)):
                    acts[place](self)
                    places.append(place)
        return places

    def write(self, path: str, text: str) -> None:
        file = self.course / path
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text() if file.exists() else ""
        file.write_text(before + text)

    def add_row(self, path: str, row: str) -> None:
        """Below the row of the chapter before this one."""
        page = (self.course / path).read_text()
        last = rf"^\| {self.number - 1} \| .*\n"
        (self.course / path).write_text(
            re.sub(last, lambda before: f"{before[0]}{row}\n", page, flags=re.MULTILINE)
        )

    def write_chapter(self) -> None:
        other = (self.course / "solutions" / "00_half_hour.md").read_text()
        links = re.search(r"^\[Open in Colab\].*$", other, re.MULTILINE)[0]
        cells = re.findall(r"^```python jupyter.+?^```$", other, re.MULTILINE | re.DOTALL)
        picture, setup = (cell.replace("00_half_hour", self.name) for cell in cells)
        imported = f"chapter_{self.number} import check, plot"
        values = {
            "number": self.number,
            "links": links.replace("00_half_hour", self.name),
            "picture": re.sub(
                "^alt = .+$",
                'alt = "A line that rises with the number of apples"',
                picture,
                flags=re.M,
            ),
            "setup": setup.replace("chapter_0 import check", imported),
        }
        text = other.partition("# 0 · ")[0] + OPENING.format(**values)
        for fruit, n in self.fruits.items():
            part = SECTION + EXERCISE + FIGURE
            text += part.format(number=self.number, n=n, fruit=fruit, minutes=2)
        self.write(f"solutions/{self.name}.md", text)

    def write_exercise(self) -> None:
        """As the last one, with a minute less to read."""
        path = self.course / "solutions" / f"{self.name}.md"
        before = "about 10 to read and to look, 10 for"
        after = "about 9 to read and to look, 11 for"
        exercise = EXERCISE.format(n=1, fruit="cherries", minutes=1)
        path.write_text(path.read_text().replace(before, after) + exercise)

    def write_checks(self) -> None:
        for fruit, n in self.fruits.items():
            folder = f"helpers/course/chapter_{self.number}/check"
            self.write(f"{folder}/{fruit}.py", CHECK.format(fruit=fruit, n=n))
            module = f"{folder}/{fruit}".replace("/", ".")
            self.write(f"{folder}/__init__.py", f"from {module} import {fruit}\n")

    def write_room(self) -> None:
        self.write(f"helpers/course/chapter_{self.number}/__init__.py", "")
        self.write(f"helpers/course/chapter_{self.number}/plot.py", PLOT)
        self.write_checks()

    def write_answers(self) -> None:
        """In a new file, or below those that are there."""
        path = f"tests/course/chapter_{self.number}/answers.py"
        if not (self.course / path).exists():
            line = f"from helpers.course.chapter_{self.number} import check"
            self.write(path, f'"""Answers."""\n\n{line}\n\nRIGHT, WRONG = {{}}, {{}}\n')
        for fruit, n in self.fruits.items():
            self.write(path, f"RIGHT[check.{fruit}] = [lambda n: n + {n}]\n")
            self.write(path, f'WRONG[check.{fruit}] = {{"should be": lambda n: n - 1}}\n')

    def write_readme(self) -> None:
        readme = (self.course / "README.md").read_text()
        colab = re.search(r"\[!\[Open in Colab\]\S+\)\]\(\S+/00_half_hour.ipynb\)", readme)[0]
        colab = colab.replace("00_half_hour", self.name)
        chapter = f"[Fruit](notebooks/{self.name}.ipynb)"
        self.add_row("README.md", f"| {self.number} | {chapter} | 0 | count | {colab} |")

    def write_short_of_time(self) -> None:
        row = f"| {self.number} | *Count apples* | *Count pears* | *Count figs* |"
        self.add_row("site/short_of_time.md", row)

    def write_questions(self) -> None:
        text = "".join(QUESTION.format(n=n, sum=1 + n) for n in range(3))
        self.write("solutions/questions.md", f"\n## Chapter {self.number}\n\n{text}")

    def make_chapter(self) -> None:
        python(self.course, "solutions/make_chapters.py", self.name)


CHAPTER_ACTS = {
    "solutions/NN_name.md": Recipe.write_chapter,
    "helpers/course/chapter_N": Recipe.write_room,
    "tests/course/chapter_N/answers.py": Recipe.write_answers,
    "README.md": Recipe.write_readme,
    "site/short_of_time.md": Recipe.write_short_of_time,
    "solutions/questions.md": Recipe.write_questions,
    "make chapter": lambda recipe: None,  # once, for the exercise too
}
EXERCISE_ACTS = {
    "solutions/NN_name.md": Recipe.write_exercise,
    "helpers/course/chapter_N/check": Recipe.write_checks,
    "tests/course/chapter_N/answers.py": Recipe.write_answers,
    "make chapter": Recipe.make_chapter,
}


def test_recipes_lead_to_what_the_tests_demand(tmp_path):
    copy_course(tmp_path)
    chapter = Recipe(tmp_path, len(SOLUTIONS), f"{len(SOLUTIONS):02}_fruit", FRUITS)
    chapter.follow("To add a chapter", CHAPTER_ACTS)
    chapter._replace(fruits={"cherries": 1}).follow("To add an exercise", EXERCISE_ACTS)
    # as make check does, and of make test what is of these chapters, or of all at once
    python(tmp_path, "-m", "ruff", "check", ".")
    python(tmp_path, "-m", "ruff", "format", "--check", ".")
    of_all = "not (test_check or quote or study)"
    of_these = " or ".join([of_all, f"[{chapter.number}]", "fruit", "cherries", *FRUITS])
    python(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", of_these, *LIGHT)
