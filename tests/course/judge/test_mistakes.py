"""A check knows a mistake by what it computes. An edit of what is not in the solution is an error."""

import pytest
import torch

from helpers.course.judge import Solution, WrongAnswer

TEXT = """
def area(width, height):
    return width * height
"""
MISTAKES = {
    "return width": {("return width / 2", "return width / 3"): "Take all of the width."},
    "height\n": {("1\n", "width\n"): "Take the height too."},
    "*": {"+": "Multiply."},
}
area = Solution(TEXT, MISTAKES)


def said(answer) -> str:
    with pytest.raises(WrongAnswer) as told:
        area.compare_numbers("area", answer, [(2, 5), (7, 3)])
    return str(told.value)


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (lambda a, b: b * a / 3, "Take all of the width."),
        (lambda a, b: torch.tensor(a), "Take the height too."),
        (lambda a, b: a * a, "Take the height too."),
        (lambda a, b: a / 3 + b, "Take all of the width. Multiply."),
        (lambda a, b: a * b if a == 2 else a, "area(7, 3) should be 21: yours is 7."),
        (lambda a, b: a**b, "area(2, 5) should be 10: yours is 32."),
    ],
)
def test_a_mistake_is_known_by_what_it_computes(answer, sentence):
    assert said(answer) == sentence


def test_a_number_of_any_type_is_right():
    area.compare_numbers("area", lambda *sides: torch.tensor(sides).prod().float(), [(2, 5)])


def test_an_edit_of_what_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="'depth' is not in the solution: no edit for 'Look.'"):
        Solution(TEXT, {"depth": {"height": "Look."}})
