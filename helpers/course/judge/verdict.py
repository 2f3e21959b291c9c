"""Judge an answer: a check prints one sentence, whatever the answer does, and raises nothing.

Usual mistakes are recognised by what they compute, and each has its own sentence: see mistakes.py.
A check leaves the random state and the learner's objects as they were.
"""

import sys
import warnings
from collections.abc import Callable
from functools import wraps

import torch
from torch.utils._pytree import tree_leaves, tree_map_only  # private

from helpers.course import STUB
from helpers.course.judge.exceptions import explain
from helpers.course.notebook.tell import NOT_DONE, RIGHT, WRONG, tell_verdict
from helpers.tools import cells
from helpers.tools.learners_code import is_learners

MAX_LINES = 300_000  # an answer that takes so many does not end


class WrongAnswer(Exception):
    """The sentence that tells the learner what to look at."""


class NotDone(Exception):
    """The exercise is still as it was handed out."""


def expect(condition, sentence: str) -> None:
    """Tell the learner the sentence unless the condition holds."""
    if not condition:
        raise WrongAnswer(sentence)


def expect_type(value, types, sentence: str) -> None:
    """Expect a value of a type, or of one of several; the sentence ends with what it is instead."""
    expect(isinstance(value, types), f"{sentence} {kind(value)}.")


def exercise(name: str, ours: Callable | None = None) -> Callable:
    """Make a check of a function that says what is right about an answer, or raises WrongAnswer.

    Args:
        name: heading of the exercise in its chapter; it has no other name and no number
        ours: the course's solution. If given, the check returns what the chapter goes on with:
            the learner's answer if that is right, else this one.
    """
    course_answer = getattr(ours, "function", ours)  # what the text of a Solution defines

    def decorate(verdict: Callable[..., str]) -> Callable:
        @wraps(verdict)
        def check(answer):
            sentence, kind = _judge(name, verdict, answer, course_answer)
            if ours and kind is not RIGHT:
                answer = course_answer
                sentence += "\nUntil your answer is right, the notebook uses the course's solution."
            tell_verdict(sentence, kind)
            return answer if ours else None

        check.exercise = name
        check.ours = ours
        return check

    return decorate


def _judge(
    name: str, verdict: Callable[..., str], answer, course_answer
) -> tuple[str, tuple[str, str]]:
    """Return the sentence about an answer, and whether it is RIGHT, WRONG or NOT_DONE.

    course_answer: which is no answer of the learner's
    """
    watched = cells.of_this_notebook()
    if watched and watched.problem():
        return watched.problem(), WRONG
    type_before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float32)  # as in the chapters
        with torch.random.fork_rng(devices=[]), torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.default_generator.manual_seed(0)
            if _has_ellipsis(answer) or isinstance(answer, cells.Missing):
                raise NotDone
            is_from_helpers = str(getattr(answer, "__module__", "")).startswith("helpers.")
            if is_from_helpers or (course_answer and answer is course_answer):
                return (
                    "This is the course's solution. To check an answer of yours, run the cell with"
                    " your answer, then this one."
                ), NOT_DONE
            return f"Right: {verdict(answer)}", RIGHT
    except NotDone:
        return (
            f'"{name}" is not done yet: write your answer in place of the raise line or the dots,'
            " run that cell, then this one."
        ), NOT_DONE
    except WrongAnswer as look:
        return str(look), WRONG
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return (
            f"This cannot be checked ({type(error).__name__}):"
            " compare what it returns with the exercise."
        ), WRONG
    finally:
        torch.set_default_dtype(type_before)


def call(
    function: Callable,
    hints: dict[str, str] | None = None,
    max_lines: int = MAX_LINES,
    **arguments,
):
    """Return what the learner's function returns for copies of the arguments.

    Args:
        function: the learner's
        hints: like HINTS of exceptions.py, for this exercise alone
        max_lines: of the learner's code, after which it is stopped
        arguments: what the function is given, by position; it should leave tensors, also those
            in a tuple or a list, and dicts as they are. Lists are no copies

    Raises:
        WrongAnswer: if the function stops with an error, does not end, returns None or changes a
            tensor or a dict in place
        NotDone: if it is still as it was handed out
    """
    expect_type(function, Callable, "Hand over the function by its name, without brackets: this is")
    copies = list(map(_copy, arguments.values()))
    given = list(zip(map(_tensors, arguments.values()), map(_tensors, copies)))
    try:
        result = _stop_after(max_lines, function, *copies)
    except (WrongAnswer, KeyboardInterrupt):
        raise
    except BaseException as error:
        if STUB in str(error) or "ellipsis" in str(error):
            raise NotDone from None
        raise WrongAnswer(explain(error, arguments, hints or {})) from error
    if _has_ellipsis(result):
        raise NotDone
    expect(
        result is not None,
        "Your function returns None: does it end in a line with return, whatever it is given?",
    )
    for (name, before), after, tensors in zip(arguments.items(), copies, given):
        is_changed = isinstance(before, dict) and before != after
        expect(
            not is_changed and all(map(torch.equal, *tensors)),
            f"Your function changes {name} in place, as +=, pop and x[...] = do:"
            " its caller may still need the old one.",
        )
    return result


def _copy(value):
    """Return a copy of a tensor, of a tuple with tensors or of a dict; everything else as it is."""
    if isinstance(value, torch.Tensor | tuple):
        return tree_map_only(torch.Tensor, torch.clone, value)
    return dict(value) if isinstance(value, dict) else value


def _tensors(value) -> list[torch.Tensor]:
    """The tensors in a value, also those in a tuple, a list or a dict."""
    return list(filter(torch.is_tensor, tree_leaves(value)))


def _has_ellipsis(value) -> bool:
    """Return whether a value, or a part of it, is still `...`."""
    return any(part is ... for part in tree_leaves(value))


def _stop_after(max_lines: int, function: Callable, *arguments):
    """Call a function that may loop for ever: stop it after so many lines of the learner's code."""
    n_lines = 0

    def trace(frame, event, _):
        nonlocal n_lines
        n_lines += 1
        if n_lines > max_lines:
            raise TimeoutError("it takes too many steps, or loops for ever")
        return trace

    def trace_learners(frame, *event):
        return trace if is_learners(frame.f_code.co_filename) else None

    trace_before = sys.gettrace()
    sys.settrace(trace_before or trace_learners)
    try:
        return function(*arguments)
    finally:
        sys.settrace(trace_before)


def kind(value) -> str:
    """Say what a value is: "a tuple of 2", "a tensor shaped (3, 4)", "of type int"."""
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, torch.Tensor):
        return f"a tensor shaped {tuple(value.shape)}"
    return f"of type {type(value).__name__}"
