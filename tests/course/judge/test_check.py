"""Checks of exercises: right answers are accepted, each usual mistake gets its own sentence, nothing raises.

An exercise is a name: of a heading in its chapter, of a check, and with it of answers that this file hands in.
"""

import ast
import math
from collections.abc import Callable
from functools import partial
from importlib import import_module

import pytest
import torch

from helpers.course.judge import Solution, reveal
from tests import ROOT
from tests.course.chapter_1 import answers as chapter_1
from tests.course.chapter_2 import answers as chapter_2
from tests.course.judge.answers import NOT_DONE
from tests.course.judge.learners_copy import (
    CHAPTERS,
    RAISE,
    cells,
    checks,
    exercises,
    fill,
    is_check_cell,
    solutions,
)

ANSWERS = {chapter: import_module(f"tests.course.{chapter}.answers") for chapter in CHAPTERS}
CHECKS = [(chapter, check) for chapter in CHAPTERS for check in checks(chapter)]
RIGHT = [
    (check, answer)
    for of in ANSWERS.values()
    for check, answers in of.RIGHT.items()
    for answer in answers
]
WRONG = [
    (check, sentence, answer)
    for of in ANSWERS.values()
    for check, told in of.WRONG.items()
    for sentence, answers in told.items()
    for answer in (answers if isinstance(answers, tuple) else (answers,))
]
# right answers that make floats
MAKES_FLOATS = ("surrogate", "cut_into_bins", "pack", "fan_out_map", "operations_per_image")
TYPED = [(check, answer) for check, answer in RIGHT if check.__name__ in MAKES_FLOATS]
SOLUTIONS = [(chapter, check) for chapter, check in CHECKS if isinstance(check.ours, Solution)]
EDITED = [(check, *edited) for _, check in SOLUTIONS for edited in check.ours.edited()]


def name(value):
    return getattr(value, "__name__", None)


each_check = pytest.mark.parametrize("chapter, check", CHECKS, ids=name)
each_with_ours = pytest.mark.parametrize(
    "check", [check for _, check in CHECKS if check.ours], ids=name
)


def hand_in(verdict: Callable, check: Callable, answer) -> str:
    """What the check says of an answer; lines are filled into the learner's copy."""
    if isinstance(answer, str) and RAISE in cells(check)[0]:
        check = partial(fill, check)
    return verdict(check, answer)


def module(chapter, check):
    """What makes an answer of a function, where that is to be a module."""
    return getattr(ANSWERS[chapter], "MODULES", {}).get(check)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_a_chapter_and_its_checks_have_the_same_exercises(path):
    chapter = f"chapter_{int(path.stem[:2])}"
    folder = f"helpers/course/{chapter}/check"
    told = list(exercises(chapter))
    checked = [check.exercise for check in checks(chapter)] if chapter in CHAPTERS else []
    for exercise in told:
        where = f'no @exercise("{exercise}") in a file of {folder} that its __init__.py imports'
        assert exercise in checked, f'"{exercise}" of {path.stem} has no check: {where}'
    for exercise in checked:
        assert exercise in told, (
            f'"{exercise}" of {folder} is no exercise of {path.stem}: there is no such heading'
        )
    assert checked == told, (
        f"{folder}/__init__.py should import in the order of the exercises in {path.stem}"
    )


@each_check
def test_an_exercise_has_all_its_parts(chapter, check):
    asked = f"check.{check.__name__}("
    found = [cell for cell in cells(check) if is_check_cell(check, cell)]
    assert found, f'below "{check.exercise}" of {chapter}, no code cell begins with {asked}'
    kept = not found[0].startswith(asked)
    assert kept == bool(check.ours), (
        f"both or none: the cell keeps what {asked}...) gives, and the check has ours"
    )
    for kind in ("RIGHT", "WRONG"):
        answers = getattr(ANSWERS[chapter], kind).get(check)
        assert answers, (
            f'{kind} in tests/course/{chapter}/answers.py has no answers to "{check.exercise}"'
        )


@pytest.mark.parametrize("check, answer", RIGHT, ids=name)
def test_right_answers_are_accepted(verdict, check, answer):
    assert hand_in(verdict, check, answer).startswith("Right: ")


@each_with_ours
def test_the_course_s_own_answer_is_right(verdict, check):
    ours = check.ours
    # A check refuses what comes from helpers: hand in the same thing as if it came from here.
    if isinstance(ours, Solution):
        answer = ours.define(ours.text)
    elif callable(ours):
        answer = partial(ours)
    else:  # a text, such as a command
        answer = "".join(ours)
    assert verdict(check, answer).startswith("Right: ")


@each_with_ours
def test_the_course_s_answer_is_not_the_learner_s(verdict, check):
    """After a wrong answer, it is what the name holds: the check is run a second time."""
    course_answer = getattr(check.ours, "function", check.ours)
    assert verdict(check, course_answer).startswith("This is the course's solution")


@pytest.mark.parametrize("check, sentence, answer", WRONG, ids=name)
def test_wrong_answers_get_their_sentence(verdict, check, sentence, answer):
    printed = hand_in(verdict, check, answer)
    assert sentence.replace("\n", " ") in printed
    assert not printed.startswith("Right: ") and "cannot be checked" not in printed


@pytest.mark.parametrize("check, sentence, text", EDITED, ids=name)
def test_an_edit_of_the_solution_gets_its_sentence(verdict, check, sentence, text):
    assert verdict(check, check.ours.define(text)).startswith(sentence)


@pytest.mark.parametrize("chapter, check", SOLUTIONS, ids=name)
def test_the_solution_of_a_check_is_the_chapter_s(chapter, check):
    ours, *_ = ast.parse(check.ours.text).body
    cell = ast.parse(solutions(chapter)[check.exercise])
    (theirs,) = (node for node in ast.walk(cell) if getattr(node, "name", None) == ours.name)
    if ast.get_docstring(theirs):
        del theirs.body[0]
    assert ast.unparse(ours) == ast.unparse(theirs)


@each_check
def test_what_is_not_done_yet_is_no_error(verdict, chapter, check):
    answers = getattr(ANSWERS[chapter], "NOT_DONE", {}).get(check, NOT_DONE)
    if make := module(chapter, check):
        answers = [..., *(make(answer) for answer in NOT_DONE[1:])]
    as_handed_out = verdict(partial(fill, check), RAISE)
    for printed in [as_handed_out, *(hand_in(verdict, check, answer) for answer in answers)]:
        assert printed.startswith(f'"{check.exercise}" is not done yet: ')


def raising(error):
    def answer(*arguments):
        raise error

    return answer


class Nasty:
    """Cannot be compared, printed or asked for its shape."""

    ndim = 0
    __eq__ = __repr__ = __str__ = __float__ = __len__ = raising(SystemExit(1))
    shape = property(raising(ZeroDivisionError()))


class NastyError(Exception):
    __str__ = raising(RuntimeError("no text"))


def overwrite(*arguments):
    for argument in arguments:
        if isinstance(argument, torch.Tensor):
            argument.zero_()
    return arguments[0]


def loop(*arguments):
    while True:
        pass


# A few answers of different kinds: the judge catches all exceptions alike.
HOSTILE = {
    "ellipsis": ...,
    "None": None,
    "Nasty": Nasty(),
    "returns a string": lambda *arguments: "spike",
    "returns a tensor of nan": lambda *arguments: torch.full((2, 3), math.nan),
    "raises SystemExit": raising(SystemExit(2)),
    "raises without text": raising(NastyError()),
    "overwrites": overwrite,
    "loops for ever": loop,
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
@each_check
def test_nothing_raises(verdict, chapter, check, answer):
    if (make := module(chapter, check)) and callable(answer):
        verdict(check, make(answer))
    assert not verdict(check, answer).startswith("Right: ")


@pytest.mark.parametrize(
    "guess, unit, said",
    [
        (..., "spikes", "none"),
        (0.25, "spikes", "0.25 spikes"),
        ("50 %", "percent", "50 percent"),
        ("50 percent", "%", "50 %"),
        ("93%", "% of 1,000 new digits", "93 % of 1,000 new digits"),
        ("faster", "", "faster"),
    ],
)
def test_a_guess_has_its_unit_once(guess, unit, said, capsys):
    reveal(guess, 2 / 3, unit)
    assert capsys.readouterr().out == f"Your guess: {said}. Found: {f'0.667 {unit}'.strip()}.\n"


@pytest.mark.parametrize("check, answer", TYPED, ids=name)
def test_a_default_type_of_the_learner_changes_nothing(verdict, check, answer):
    torch.set_default_dtype(torch.float64)
    try:
        assert hand_in(verdict, check, answer).startswith("Right: ")
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_an_error_of_pytorch_is_not_taken_for_an_exercise_not_done(verdict):
    def answer(z):
        raise NotImplementedError("\"conv\" not implemented for 'Byte'")

    assert "stopped with NotImplementedError" in verdict(chapter_2.check.silent_share, answer)


def test_the_stop_button_works():
    with pytest.raises(KeyboardInterrupt):
        chapter_2.check.silent_share(raising(KeyboardInterrupt()))


def test_gradients_are_checked_where_they_are_switched_off(verdict):
    with torch.no_grad():
        assert hand_in(verdict, chapter_1.check.surrogate, chapter_1.slope()).startswith("Right: ")
