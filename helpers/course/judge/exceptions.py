"""Errors in the learner's code: what to look at, and where it happened."""

from helpers.tools.learners_code import learners_line

STAR = "Layers in a tuple or a list are handed over one by one with a star: *layers."
NUMBERS = "torch.tensor makes one tensor of a list of numbers."
ONE_LIST = "torch.cat takes one list: torch.cat([a, b])."
LIST_OF_DICTS = "It is a list of dicts: take one name at a time, from all of them."

# For a part of an error message, what to look at. The first part that is found counts.
HINTS = {
    "target batch_size": (
        "The logits should be shaped (batch, n_classes), and time is the first axis of v."
    ),
    "tuple is not a Module": STAR,
    "list is not a Module": STAR,
    "is not a Module subclass": (
        "Hand over layers, one after the other, made with brackets: norse.LIFCell()."
    ),
    "return_types": (
        "max over an axis gives a pair, values and indices: only one of the two is needed here."
    ),
    "is ambiguous": "Compare all values at once: an if, and Python's min and max, take only one.",
    "expected condition to be": (
        "The condition of torch.where is a comparison: true or false for each neuron."
    ),
    "invalid gradient": "There is one gradient for each u: it has the same shape.",
    "implemented for 'Long'": (
        "This takes floats: are these indices, as of argmax, or labels in the place of logits?"
    ),
    "tuple of Tensors, not Tensor": ONE_LIST,
    "cat() received an invalid combination": ONE_LIST,  # PyTorch 2.11
    "'list' object has no attribute 'items'": LIST_OF_DICTS,
    "and 'dict'": "There is no arithmetic with dicts: take one name at a time.",
    "but got dict": LIST_OF_DICTS,
    "must be Tensor, not list": (
        "torch.stack makes one tensor of a list of tensors, torch.tensor one of numbers."
    ),
    "mean() received an invalid combination": (
        "mean takes a tensor: torch.stack makes one tensor of a list."
    ),
    "in argument 0, but got float": NUMBERS,
    "in argument 0, but got int": NUMBERS,
    "one element tensors can be converted": (
        "float, int and math take one number: torch has functions for tensors."
    ),
    "cannot unpack non-iterable int": (
        "One number is no pair. (Those of a dict: pairs come from .items().)"
    ),
    "tuple of ints": "A shape inside a list of sizes needs a star, as in *p.shape.",
    "Expected floating point type for target": (
        "cross_entropy takes logits (argmax has no slope) and plain labels."
    ),
    "multi-target": "cross_entropy takes the labels as they are, one number for each image.",
    "attribute 'astype'": "This is a tensor: x.to(torch.float32) converts it.",
    "'builtin_function_or_method'": (
        "A method lacks its brackets. (x.numel() is the number of values.)"
    ),
    "call numpy() on": (
        "NumPy ends the gradient: torch.cat and torch.stack take the place of its functions."
    ),
    "__round__ method": "Python's round takes one number: x.round() is for tensors.",
    "__trunc__ method": "math.trunc takes one number: x.trunc() is for tensors.",
}


def explain(error: BaseException, given: dict, hints: dict[str, str]) -> str:
    """Explain an error in the learner's code, with a hint or the line where it happened.

    Args:
        error: what the learner's function raised
        given: its arguments, by name
        hints: like HINTS, for one exercise; they come before HINTS
    """
    message = str(error).strip().split("\n")[0][:200]
    title = f"Your function stopped with {type(error).__name__}: {message}".removesuffix(": ")
    for part, hint in [*hints.items(), *HINTS.items()]:
        if part in message:
            return f"{title}\n{hint}"
    arguments = ", ".join(given) or "nothing"
    place = learners_line(error) or f"It is given {arguments}."
    return f"{title}\n{place}"
