"""Checks of exercises: right answers are accepted, each usual mistake gets its own sentence, nothing raises."""

import copy
import math

import norse.torch as norse
import pytest
import torch

from helpers.train import main
from tests.check.answers import NOT_DONE, chapter_1, chapter_2, chapter_3, chapter_4, chapter_5, chapter_6

CHAPTERS = [chapter_1, chapter_2, chapter_3, chapter_4, chapter_5, chapter_6]
EXERCISES = [(chapter, exercise) for chapter in CHAPTERS for exercise in chapter.EXERCISES]


def name(value):
    return value.__name__ if hasattr(value, "__name__") else None


def module(chapter, exercise):
    """What makes an answer of a function, where that is to be a module; or None."""
    return getattr(chapter, "MODULES", {}).get(exercise)


@pytest.mark.parametrize("exercise, answer", [row for chapter in CHAPTERS for row in chapter.RIGHT], ids=name)
def test_right_answers_are_accepted(verdict, exercise, answer):
    assert verdict(exercise, answer).startswith("Right: ")


@pytest.mark.parametrize("exercise, answer, sentence", [row for chapter in CHAPTERS for row in chapter.WRONG], ids=name)
def test_wrong_answers_get_their_sentence(verdict, exercise, answer, sentence):
    printed = verdict(exercise, answer)
    assert sentence in printed
    assert not printed.startswith("Right: ")


@pytest.mark.parametrize("chapter, exercise", EXERCISES, ids=name)
def test_what_is_not_done_yet_is_no_error(verdict, chapter, exercise):
    answers = getattr(chapter, "NOT_DONE", {}).get(exercise, NOT_DONE)
    if make := module(chapter, exercise):
        answers = [..., *(make(answer) for answer in NOT_DONE[1:])]
    number = chapter.EXERCISES.index(exercise) + 1
    for answer in answers:
        assert verdict(getattr(chapter.check, exercise), answer).startswith(f"Exercise {number} is not done yet: ")


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


def resize(x, *arguments):
    return x.resize_(1)


HOSTILE = {
    "None": None,
    "3": 3,
    "nan": math.nan,
    "string": "lif_step",
    "list": [1, 2],
    "Nasty": Nasty(),
    "class": Nasty,
    "returns None": lambda *arguments: None,
    "returns nan": lambda *arguments: math.nan,
    "returns a string": lambda *arguments: "spike",
    "returns True": lambda *arguments: True,
    "returns Nasty": lambda *arguments: Nasty(),
    "returns a huge integer": lambda *arguments: 10**400,
    "returns a tensor of nan": lambda *arguments: torch.full((2, 3), math.nan),
    "returns two numbers": lambda *arguments: (1, 2),
    "returns three numbers": lambda *arguments: (1, 2, 3),
    "returns three strings": lambda *arguments: ("a", "b", "c"),
    "returns empty tensors": lambda *arguments: (torch.zeros(0), torch.zeros(0), torch.zeros(0)),
    "returns a sparse tensor": lambda *arguments: torch.eye(3).to_sparse(),
    "returns a complex number": lambda *arguments: torch.tensor(1j),
    "returns its argument": lambda *arguments: arguments[0],
    "wrong number of arguments": lambda: 1,
    "raises KeyError": raising(KeyError("v")),
    "raises SystemExit": raising(SystemExit(2)),
    "raises StopIteration": raising(StopIteration()),
    "raises without text": raising(NastyError()),
    "overwrites": overwrite,
    "resizes": resize,
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("chapter, exercise", EXERCISES, ids=name)
def test_nothing_raises(verdict, chapter, exercise, answer):
    if (make := module(chapter, exercise)) and callable(answer):
        verdict(getattr(chapter.check, exercise), make(answer))
    assert not verdict(getattr(chapter.check, exercise), answer).startswith("Right: ")


def test_an_error_of_pytorch_is_not_taken_for_an_exercise_not_done(verdict):
    def answer(images):
        raise NotImplementedError("\"conv\" not implemented for 'Byte'")

    assert "stopped with NotImplementedError" in verdict(chapter_2.check.normalise, answer)


def test_the_stop_button_works():
    with pytest.raises(KeyboardInterrupt):
        chapter_2.check.spike_rate(raising(KeyboardInterrupt()))


def test_gradients_are_checked_where_they_are_switched_off(verdict):
    with torch.no_grad():
        assert verdict(chapter_1.check.surrogate, chapter_1.spike_with(chapter_1.superspike)).startswith("Right: ")


@pytest.mark.parametrize("attribute", [None, torch.ones(1, requires_grad=True) * 2])  # the second cannot be copied
def test_a_module_is_left_as_it_was(verdict, attribute):
    module = chapter_1.Classifier(chapter_1.entropy(chapter_1.highest)).eval()
    module.last_loss = attribute
    before = copy.deepcopy(module.state_dict())
    assert verdict(chapter_1.check.training_step, module).startswith("Right: ")
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert all(weight.grad is None for weight in module.parameters())
    assert not module.training and not module.net._forward_hooks


def test_the_surrogate_accepted_is_that_of_norse():
    u = torch.linspace(-2, 2, 8, requires_grad=True)
    theirs = torch.autograd.grad(norse.functional.threshold.threshold(u, "super", 1.0).sum(), u)[0]
    torch.testing.assert_close(chapter_1.superspike(torch.ones(8), u, 1.0), theirs)


def test_the_command_accepted_is_understood_by_the_training_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("helpers.setup.process.setup", lambda: None)
    with pytest.raises(SystemExit):
        main(["fit", "--run", "runs/killed", "--resume"])
    assert "runs/killed has no last.ckpt to resume from" in capsys.readouterr().err


def test_a_sentence_for_what_cannot_be_compared_is_no_excuse(verdict):
    """Answers that are plausible are never met by "This cannot be checked"."""
    for exercise, answer, _ in chapter_6.WRONG:
        assert "cannot be checked" not in verdict(exercise, answer)
