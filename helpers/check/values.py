"""Values that an answer gives: the right ones pass, and of wrong ones a sentence says what is wrong."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations, permutations, product
from numbers import Real

import torch

from helpers.check.judge import Look, call, expect, kind

BYTES = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def number(value, name: str = "The result") -> float:
    """The value of a number, or of a tensor without axes."""
    plain = isinstance(value, Real) and not isinstance(value, bool)
    expect(plain or getattr(value, "ndim", 1) == 0, f"{name} should be one number: yours is {kind(value)}.")
    return float(value)


def numbers(function: Callable, names: str, cases: list[tuple], call=call, read=number):
    """What the learner's function gives for each case, and the cases in columns: two float64 tensors.

    names: of its arguments; read: makes a number of what it returns, or a list of numbers
    """
    got = [read(call(function, **dict(zip(names.split(), case)))) for case in cases]
    return torch.tensor(got, dtype=torch.float64), torch.tensor(cases, dtype=torch.float64).T


def parts(got, names: str, right: Sequence[torch.Tensor] = ()) -> list:
    """The results with these names, of a tuple, a list or along the first axis; right ones in the right order."""
    several = isinstance(got, tuple | list) or getattr(got, "ndim", 0) > 0
    each = [*got] if several else []
    expect(len(each) == len(names.split(", ")), f"Return {names}, in this order: yours is {kind(got)}.")
    orders = [all(map(close, order, right)) for order in permutations(each)] if right else [True]
    expect(orders[0] or not any(orders), f"The results are right, but in another order than {names}.")
    return each


def slopes(value: torch.Tensor, *inputs: torch.Tensor) -> list[torch.Tensor | None]:
    """The gradients of the sum of value; None where none arrives."""
    if not getattr(value, "requires_grad", False):
        return [None] * len(inputs)
    return list(torch.autograd.grad(value.sum(), inputs, allow_unused=True, retain_graph=True))


def expect_slopes(value, name: str, *inputs: torch.Tensor) -> None:
    """Expect that a gradient gets from the value to all inputs; name: of them together."""
    arrives = all(slope is not None for slope in slopes(value, *inputs))
    expect(arrives, f"The values are right, but no gradient gets back to {name}: what cuts it off?")


def close(a, b: torch.Tensor) -> bool:
    alike = isinstance(a, torch.Tensor) and a.shape == b.shape
    return alike and torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-5)


def form(name: str, got, right: torch.Tensor) -> None:
    """Expect a tensor of the right shape and type, with finite values."""
    expect(isinstance(got, torch.Tensor), f"{name} should be one tensor: yours is {kind(got)}.")
    shape = tuple(right.shape)
    expect(got.shape == shape, f"{name} should be shaped {shape} here: yours is {tuple(got.shape)}.")
    types = f"{name} should hold numbers of type {right.dtype}: yours are {got.dtype}."
    expect(got.dtype == right.dtype, f"{types} Convert them, by .to({right.dtype}).")
    expect(got.isfinite().all(), f"{name} holds nan or infinite values: look for a division by 0.")


def compare(name: str, got, right: torch.Tensor, mistakes: dict, labels: list | None = None, **given) -> None:
    """Expect the right values.

    Args:
        mistakes: for each usual one its sentence and what it would give: one tensor or function, or a list of them
        labels: names of the places along the first axis, for the place of a wrong value
        given: the inputs at each place, to be told with a wrong value
    """
    if not close(got, right):
        for sentence, wrong in mistakes.items():
            for one in wrong if isinstance(wrong, list) else [wrong]:
                expect(not close(got, torch.as_tensor(one() if callable(one) else one)), sentence)
    if labels is None:
        form(name.strip(), got, right)
    for place in (~torch.isclose(got.double(), right.double(), rtol=1e-4, atol=1e-5)).nonzero().tolist():
        label = labels[place[0]] if labels else place or ""
        inputs = ", ".join(f"{key} = {value[tuple(place)]:.4g}" for key, value in given.items())
        inputs = inputs and f" for {inputs}"
        expected, found = right[tuple(place)], got[tuple(place)] + 0  # no -0
        digits = 4 if f"{expected:.4g}" != f"{found:.4g}" else 9
        raise Look(f"{name}{label} should be {expected:.{digits}g}{inputs}: yours is {found:.{digits}g}.")


def variations(formula: Callable, mistakes: dict[str, object]) -> dict[str, list]:
    """What comes out of a formula by each usual mistake, then by each two of them: for compare, which computes it.

    Args:
        formula: the course's own. Its parts are keywords, and what is right is their default
        mistakes: for each sentence the parts that are wrong, as a dict, or else what comes out. A part has one wrong
            value, a list of them, or a dict from words to values: the words take the place of {} in the sentence
    """
    found, wrong = {}, []
    for sentence, mistake in mistakes.items():
        if isinstance(mistake, dict):
            for choice in product(*map(_choices, mistake.values())):
                words = "".join(word for word, _ in choice)
                wrong.append((sentence.replace("{}", words), dict(zip(mistake, (value for _, value in choice)))))
        else:
            found[sentence] = mistake if isinstance(mistake, list) else [mistake]
    for chosen in [*combinations(wrong, 1), *combinations(wrong, 2)]:
        parts = {part: value for _, changes in chosen for part, value in changes.items()}
        if len(parts) == sum(len(changes) for _, changes in chosen):
            sentence = " ".join(dict.fromkeys(sentence for sentence, _ in chosen)).strip()
            found.setdefault(sentence, []).append(partial(formula, **parts))
    return found


def _choices(values) -> list[tuple]:
    """Each wrong value of a part, with its word."""
    if isinstance(values, dict):
        return [*values.items()]
    return [("", value) for value in (values if isinstance(values, list) else [values])]
