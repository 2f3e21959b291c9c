"""Check values that an answer gives: accept the right ones, and say what is wrong with others."""

from collections.abc import Sequence
from itertools import permutations
from numbers import Real

import torch

from helpers.course.judge.verdict import WrongAnswer, expect, expect_type, kind

TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


def number(value, name: str = "The result") -> float:
    """Return the value of a number, or of a tensor without axes."""
    is_plain_number = isinstance(value, Real) and not isinstance(value, bool)
    expect(
        is_plain_number or getattr(value, "ndim", 1) == 0,
        f"{name} should be one number: yours is {kind(value)}.",
    )
    return float(value)


def parts(got, names: str, right: Sequence[torch.Tensor] = ()) -> list:
    """Return the parts of a result as a list, after a check of their number and order.

    Args:
        got: a tuple, a list or a tensor, whose parts are then along its first axis
        names: those of the parts, separated by ", "
        right: the right parts; where they are given, right ones in another order are recognised
    """
    has_parts = isinstance(got, tuple | list) or getattr(got, "ndim", 0) > 0
    each = list(got) if has_parts else []
    expect(
        len(each) == len(names.split(", ")), f"Return {names}, in this order: yours is {kind(got)}."
    )
    # The first permutation is the order in which the parts came. Where nothing is given as right,
    # each order is.
    is_right = [all(map(is_close, order, right)) for order in permutations(each)]
    expect(
        is_right[0] or not any(is_right),
        f"The results are right, but in another order than {names}.",
    )
    return each


def numbers(got, names: str) -> list[float]:
    """Return the parts of a result that are one number each; names: as `parts` takes them."""
    return [number(value, name) for name, value in zip(names.split(", "), parts(got, names))]


def slopes(value: torch.Tensor, *inputs: torch.Tensor) -> Sequence[torch.Tensor | None]:
    """Return the gradients of the sum of value; None where none arrives."""
    if not getattr(value, "requires_grad", False):
        return [None] * len(inputs)
    return torch.autograd.grad(value.sum(), inputs, allow_unused=True, retain_graph=True)


def expect_slopes(value, name: str, *inputs: torch.Tensor) -> None:
    """Expect that a gradient gets from the value to all inputs; name: what they are called."""
    expect(
        None not in slopes(value, *inputs),
        f"The values are right, but no gradient gets back to {name}: what cuts it off?",
    )


def is_close(a, b: torch.Tensor) -> bool:
    """Return whether a is a tensor shaped like b with nearly the same values."""
    has_same_shape = isinstance(a, torch.Tensor) and a.shape == b.shape
    return has_same_shape and torch.allclose(a.double(), b.double(), **TOLERANCE)


def expect_spikes(z: torch.Tensor) -> None:
    """Expect zeros and ones."""
    expect(
        ((z == 0) | (z == 1)).all(), "Spikes are the numbers 0 and 1: yours take other values too."
    )


def expect_form(name: str, got, right: torch.Tensor) -> None:
    """Expect a tensor of the right shape and type, with finite values."""
    expect_type(got, torch.Tensor, f"{name} should be one tensor: yours is")
    expect(
        got.shape == right.shape,
        f"{name} should be shaped {tuple(right.shape)} here: yours is {tuple(got.shape)}.",
    )
    expect(
        got.dtype == right.dtype,
        f"{name} should hold numbers of type {right.dtype}: yours are {got.dtype}."
        f" Convert them, by .to({right.dtype}).",
    )
    expect(got.isfinite().all(), f"{name} holds nan or infinite values: look for a division by 0.")


def compare(name: str, got, right: torch.Tensor, labels: list | None = None, **given) -> None:
    """Expect the right values.

    Args:
        name: what a sentence calls the values; with labels, or with several axes, the place of a
            wrong value follows it
        got: the learner's values
        right: the right values
        labels: names of the places along the first axis
        given: inputs, to be told with a wrong value; they broadcast to the right values

    Raises:
        WrongAnswer: with the first wrong value
    """
    if labels is None:
        expect_form(name.strip(), got, right)
    is_wrong = ~torch.isclose(got.double(), right.double(), **TOLERANCE)
    if not is_wrong.any():
        return
    index = tuple(is_wrong.nonzero()[0].tolist())
    label = labels[index[0]] if labels else list(index) or ""
    inputs = ", ".join(
        f"{key} = {value.expand_as(right)[index]:.4g}" for key, value in given.items()
    )
    if inputs:
        inputs = f" for {inputs}"
    expected = right[index]
    found = got[index] + 0  # no -0
    digits = 9 if f"{expected:.4g}" == f"{found:.4g}" else 4
    raise WrongAnswer(
        f"{name}{label} should be {expected:.{digits}g}{inputs}: yours is {found:.{digits}g}."
    )
