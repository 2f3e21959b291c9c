"""What the checks of all chapters are made of, and `reveal`, which answers a guess."""

from helpers.course.judge.mistakes import Solution
from helpers.course.judge.values import (
    compare,
    expect_form,
    expect_slopes,
    expect_spikes,
    is_close,
    number,
    numbers,
    parts,
    slopes,
)
from helpers.course.judge.verdict import (
    NotDone,
    WrongAnswer,
    call,
    exercise,
    expect,
    expect_type,
    kind,
)
from helpers.course.notebook.tell import tell
from helpers.tools import cells


def reveal(guess, found, unit: str = "") -> None:
    """Print what was found beside the learner's guess, and forget the guess.

    So it is not taken for that of the next question, where somebody leaves its cell out.

    Args:
        guess: a number or a word; `...` is no guess, as nobody has to make one
        found: a number or a word
        unit: of both, such as "spikes"; nothing for words
    """
    if isinstance(guess, str) and unit:  # some write the unit too: "50 %"
        guess = guess.strip().removesuffix(unit).removesuffix("%").removesuffix("percent").strip()
    guessed = "none" if guess is ... else _with_unit(guess, unit)
    tell(f"Your guess: {guessed}. Found: {_with_unit(found, unit)}.")
    if watched := cells.of_this_notebook():
        watched.names["guess"] = ...


def _with_unit(value, unit: str) -> str:
    if isinstance(value, float):
        value = f"{value:.3g}"
    return f"{value} {unit}".strip()
