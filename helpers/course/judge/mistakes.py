"""The course's solution to an exercise, and its usual mistakes: each is an edit of the solution."""

import math
from collections.abc import Callable, Iterator
from inspect import signature
from itertools import combinations

import torch

from helpers.course.judge.values import compare, is_close, number, numbers
from helpers.course.judge.verdict import call, expect

PLACE = "\0"  # of an edit, while another one is made


class Solution:
    """The course's solution to an exercise, as text, and the usual mistakes as edits of it.

    A check runs the solution with each edit, and says the sentence of the mistake that computes
    what an answer computes, or the sentences of two mistakes at once. The tests hand in the
    solution with each edit as an answer, and expect its sentence.

        solution = Solution(
            \"""
        def pays_from(first, slow, fast):
            return first / (1 / slow - 1 / fast)
        \""",
            {
                "first /": {
                    "2 * first /": "Compiling is paid once: yours pays it twice.",
                    ("first +", "first *"): "Divide: yours adds or multiplies.",
                },
            },
        )


        @exercise("When does compiling pay?", ours=solution)
        def pays_from(answer) -> str:
            solution.compare_numbers("pays_from", answer, [(20, 100, 200), (0, 10, 30)])
            return "n / slow = first + n / fast."

    If the result is no number, `compare` takes a function that makes a tensor of it.

    Args:
        text: the function as in the chapter, without its docstring. What it defines last is the
            solution
        mistakes: for a part of the text, what stands in its place in a mistake, and the sentence
            for that. It is put wherever the part stands. In a tuple, each makes the mistake by
            itself. If several mistakes compute the same, the first one counts
        names: what the text uses beside torch and math

    Raises:
        ValueError: if a part is not in the text
    """

    def __init__(self, text: str, mistakes: dict[str, dict[str | tuple, str]], **names):
        self.text = text
        self.names = {"torch": torch, "math": math, **names}
        self.function = self.define(text)
        self.mistakes = []
        for old, edits in mistakes.items():
            for new, sentence in edits.items():
                if old not in text:
                    raise ValueError(f"{old!r} is not in the solution: no edit for {sentence!r}")
                news = new if isinstance(new, tuple) else [new]
                self.mistakes += [(sentence, old, each) for each in news]

    def __call__(self, *arguments, **named):
        return self.function(*arguments, **named)

    def edited(self) -> Iterator[tuple[str, str]]:
        """Yield the sentence of each mistake, and the text that makes it."""
        for sentence, old, new in self.mistakes:
            yield sentence, self.text.replace(old, new)

    def define(self, text: str) -> Callable:
        """Return what the text defines last."""
        names = dict(self.names)
        exec(text, names)
        return list(names.values())[-1]

    def compare(self, name: str, answer: Callable, run: Callable, **options) -> None:
        """Compare the one tensor that `run` returns, as `compare_all` compares several."""
        self.compare_all([name], answer, lambda function: [run(function)], **options)

    def compare_all(self, names: list[str], answer: Callable, run: Callable, **options) -> None:
        """Expect that an answer gives what the solution gives.

        Args:
            names: what a sentence calls the values of each tensor
            answer: the learner's function
            run: calls a function, by `call`, and returns a list of tensors: for the answer, for the
                solution, and for the solution with each edit
            options: labels and inputs, as `compare` of values.py takes them

        Raises:
            WrongAnswer: with the sentence of the first mistake that gives the same tensors, else
                with the first wrong value
        """
        self.expect_no_mistake(answer, run)
        for name, got, right in zip(names, run(answer), run(self.function)):
            compare(name, got, right, **options)

    def compare_cases(
        self, name: str, answer: Callable, cases: list[tuple], hints=None, call=call
    ) -> None:
        """Compare the tensors that the answer returns for these arguments.

        name, hints, call: as `compare_numbers` takes them
        """

        def run(function: Callable) -> list:
            return [call(function, hints, **self._named(case)) for case in cases]

        self.compare_all([name] * len(cases), answer, run)

    def _named(self, case: tuple) -> dict:
        return signature(self.function).bind(*case).arguments

    def expect_no_mistake(self, answer: Callable, run: Callable) -> None:
        """Expect that an answer gives what the solution gives, or what no mistake gives.

        run: as `compare_all` takes it
        """
        got = run(answer)
        if all(map(is_close, got, run(self.function))):
            return
        for sentence, text in self._mistaken():
            try:
                is_mistake = all(map(is_close, got, run(self.define(text))))
            except Exception:  # two edits need not make a function
                continue
            expect(not is_mistake, sentence)

    def compare_numbers(
        self, of: str, answer: Callable, cases: list[tuple], hints=None, call=call, labels=None
    ) -> None:
        """Expect the right number in each case, or several right numbers.

        Args:
            of: what a sentence calls the number, or the numbers, separated by ", "
            answer: the learner's function
            cases: arguments of each call
            hints: for errors, as `call` takes them
            call: `call`, or a function that makes a number of what they return
            labels: what follows the name of a number in each case, if not the arguments
        """
        names = of.split(", ")
        has_parts = len(names) > 1
        labels = labels or [f"({', '.join(map(repr, case))})" for case in cases]

        def run(function: Callable) -> torch.Tensor:
            """Return the numbers, (numbers, cases)."""
            found = []
            for case in cases:
                result = call(function, hints, **self._named(case))
                if has_parts:
                    found.append(numbers(result, of))
                else:
                    found.append([number(result)])
            return torch.tensor(found, dtype=torch.float64).T

        if has_parts:
            names = [f"The {name} for " for name in names]
        self.compare_in_order(names, answer, run, labels=labels)

    def compare_in_order(
        self, names: list[str], answer: Callable, run: Callable, **options
    ) -> None:
        """Compare as `compare_all`, for mistakes in one value that leave those before it right."""
        for n in range(1, len(names) + 1):
            self.compare_all(names, answer, lambda each, n=n: run(each)[:n], **options)

    def _mistaken(self) -> Iterator[tuple[str, str]]:
        """Yield what `edited` does, then the same for two mistakes in different places."""
        yield from self.edited()
        for (one, old, new), (other, other_old, other_new) in combinations(self.mistakes, 2):
            text = self.text.replace(old, PLACE)
            if one != other and other_old in text:
                yield f"{one} {other}", text.replace(other_old, other_new).replace(PLACE, new)
