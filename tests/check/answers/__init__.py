"""Answers to the exercises, right and wrong, a file for each chapter: tests/check/test_check.py hands them in.

Each file has EXERCISES, the names of the chapter's checks in their order; RIGHT, pairs of check and answer; and WRONG,
triples of check, answer and what the check must say: they change one thing. Where an answer is no function, NOT_DONE
has answers that are not done yet; where it is a module, MODULES makes one of a function.
"""


def changed(function, **changes):
    return lambda *arguments: function(*arguments, **changes)


def stub(*arguments):
    raise NotImplementedError("replace this line")


NOT_DONE = [..., lambda *arguments: ..., lambda *arguments: (..., 1), lambda *arguments: 2 * ..., stub]
