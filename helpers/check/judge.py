"""How a check judges an answer: it prints one sentence, whatever the answer does, and raises nothing.

Usual mistakes are recognised by what they compute, and each has its own sentence: see values.py. Random numbers and
the learner's objects are left as they were.
"""

import sys
import warnings
from collections.abc import Callable
from functools import wraps

import torch

from helpers.check import STUB, tell
from helpers.check.errors import describe


class Look(Exception):
    """The sentence that tells the learner what to look at."""


class NotDone(Exception):
    """The exercise is still as it was handed out."""


def expect(condition, sentence: str) -> None:
    if not condition:
        raise Look(sentence)


def exercise(name: str, ours: Callable | None = None) -> Callable:
    """Make a check out of a function that returns what is right about an answer, or raises Look.

    name: that of the exercise, as in its heading in the chapter; nothing else numbers or names it
    ours: the course's own answer. The check then gives back what the chapter goes on with: the learner's if it is right
    """

    def decorate(verdict: Callable[..., str]) -> Callable:
        @wraps(verdict)
        def check(answer):
            sentence = _sentence(name, verdict, answer)
            tell(sentence)
            if ours and not sentence.startswith("Right: "):
                tell("Until it is right, this notebook goes on with the course's own.")
                return ours
            return answer if ours else None

        check.exercise, check.ours = name, ours
        return check

    return decorate


def _sentence(name: str, verdict: Callable[..., str], answer) -> str:
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.default_generator.manual_seed(0)
            if answer is ...:
                raise NotDone
            ours = str(getattr(answer, "__module__", "")).startswith("helpers.")
            expect(not ours, "This is the course's own, not yours: run the cell with your answer again, then this one.")
            return f"Right: {verdict(answer)}"
    except NotDone:
        where = "in place of the raise line or the dots"
        return f'"{name}" is not done yet: write your answer {where}, run that cell, then this one.'
    except Look as look:
        return str(look)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"This cannot be checked ({type(error).__name__}): compare what it returns with the exercise."


def call(function: Callable, hints: dict[str, str] | None = None, **arguments):
    """What the learner's function returns for copies of the arguments, which it should leave as they are.

    hints: as HINTS of errors.py, for this exercise alone
    """
    expect(callable(function), f"Hand over the function by its name, without brackets: this is {kind(function)}.")
    copies = [value.clone() if isinstance(value, torch.Tensor) else value for value in arguments.values()]
    try:
        result = function(*copies)
    except (Look, KeyboardInterrupt):
        raise
    except BaseException as error:
        if STUB in str(error) or "ellipsis" in str(error):
            raise NotDone from None
        raise Look(describe(error, list(arguments), hints or {})) from error
    parts = result.values() if isinstance(result, dict) else result if isinstance(result, tuple | list) else [result]
    if any(part is ... for part in parts):
        raise NotDone
    case = "".join(f" for {name} = {value!r}" for name, value in arguments.items() if isinstance(value, str))
    expect(result is not None, f"Your function returns None{case}: does it end in a line with return?")
    for (name, before), after in zip(arguments.items(), copies, strict=True):
        unchanged = not isinstance(before, torch.Tensor) or torch.equal(before, after)
        what = f"Your function changes {name} in place, as += and x[...] = do"
        expect(unchanged, f"{what}: its caller may still need the old one.")
    return result


def call_briefly(function: Callable, lines: int = 1_000_000, **arguments):
    """Call a function that may loop for ever: it is stopped after so many lines."""

    def count(*event):
        nonlocal lines
        lines -= 1
        if lines < 0:
            raise TimeoutError("it takes too many steps, or loops for ever")
        return count

    before = sys.gettrace()
    sys.settrace(before or count)
    try:
        return call(function, **arguments)
    finally:
        sys.settrace(before)


def kind(value) -> str:
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    tensor = isinstance(value, torch.Tensor)
    return f"a tensor shaped {tuple(value.shape)}" if tensor else f"of type {type(value).__name__}"
