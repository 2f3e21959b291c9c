"""The checks of chapter 2. What an answer takes and gives stands in the starter of its exercise.

Where an answer is not right, each check gives back the course's own, and the chapter goes on with that.
"""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import torch

from helpers.check.judge import Look, NotDone, call, exercise, expect, kind
from helpers.check.values import compare, number, numbers
from helpers.digits import PIXELS
from helpers.model import DECODERS

MEAN, STD = PIXELS["MNIST"]
# Options that may be changed on the way.
OURS = "--trainer.", "--data.", "--last.", "--best.", "--seed_everything", "--config"


@exercise("Normalise a batch", ours=PIXELS["MNIST"].normalise)
def normalise(answer: Callable) -> str:
    images = torch.randint(3, 240, (3, 1, 28, 28), dtype=torch.uint8)  # no pixel is black, none fully bright
    x = images / 255
    mistakes = {
        "The mean and deviation are those of pixels between 0 and 1: yours are 0 to 255.": (images - MEAN) / STD,
        "The mean is that of pixels between 0 and 1: look at the order.": (images - MEAN) / 255 / STD,
        "The deviation should become 1: yours stays as it was.": x - MEAN,
        "The deviation should become 1: yours gets smaller still.": (x - MEAN) * STD,
        "The mean should become 0: yours is not subtracted.": x / STD,
        "Subtract the mean before you divide by the deviation.": x / STD - MEAN,
        "Division comes before subtraction: look at the brackets.": x - MEAN / STD,
        "The mean is 0.1307 and the deviation 0.3081: yours are the other way round.": (x - STD) / MEAN,
        "The brightest byte is 255: that should become 1 before the mean is subtracted.": (images / 256 - MEAN) / STD,
        "Whole numbers cannot be between 0 and 1: yours are rounded down.": (images // 255 - MEAN) / STD,
        "That changes with the batch: take the mean and deviation of the whole data set.": (x - x.mean()) / x.std(),
    }
    compare("The result", call(answer, pixels=images), PIXELS["MNIST"].normalise(images), mistakes, pixels=images)
    return "a pixel of full brightness is 2.8 now. That is well above the threshold, so neurons that see it spike."


def _decode(v: torch.Tensor, how: str) -> torch.Tensor:
    return DECODERS[how](v)


@exercise("Decode", ours=_decode)
def decode(answer: Callable) -> str:
    v = torch.randn(5, 3, 4)
    v[:, 0, 0], v[0, 1, 1] = -v[:, 0, 0].abs(), 4.0  # one is never positive, one is highest in the first step
    v.requires_grad_()
    usual = {
        "max": {
            "The highest voltage counts: yours takes the largest size, whatever its sign.": v.abs().amax(0),
            "argmax tells when the voltage was highest: the logit is the voltage itself.": v.argmax(0),
        },
        "mean": {"For mean, yours is a sum: it grows with seq_length.": v.sum(0)},
        "last": {"For last, yours is the voltage of the first step.": v[0]},
    }
    for how, right in DECODERS.items():
        got = call(answer, v=v, how=how)
        expect(not isinstance(got, tuple) or len(got) == 2, "Return one tensor, for the one how that is asked for.")
        expect(not isinstance(got, tuple), "Yours is a pair: max gives values and indices. Which of them are logits?")
        mistakes = {
            f"For {how}, yours goes over the batch: look at the axis.": right(v.movedim(1, 0)),
            f"For {how}, yours goes over the classes: look at the axis.": right(v.movedim(2, 0)),
            **{f"For {how}, yours gives the {other}.": DECODERS[other](v) for other in DECODERS if other != how},
            **usual[how],
        }
        compare(f"The result for {how}", got, right(v), mistakes)
        expect(got.requires_grad, f"The values for {how} are right, but no gradient gets through: what cuts it off?")
    return "one logit for each image and class. The gradient goes to the moments that were chosen."


def _spike_rate(z: torch.Tensor, dt: float) -> torch.Tensor:
    return z.mean() / dt


@exercise("Spike rate", ours=_spike_rate)
def spike_rate(answer: Callable) -> str:
    z, steps = (torch.rand(7, 3, 2, 5) < 0.3).float(), [1e-3, 2e-3]
    got = torch.tensor([number(call(answer, z=z, dt=dt)) for dt in steps])
    share, dt = z.mean(), torch.tensor(steps)
    right = _spike_rate(z, dt)
    mistakes = {
        "That is spikes per step: a rate is per second.": share.expand(2),
        "That is the number of all spikes: a rate is for one neuron and one second.": z.sum().expand(2),
        "With longer steps the same spikes are a lower rate: yours is higher.": share * dt,
        "Upside down: that is the time from one spike to the next.": dt / share,
        "Your rate takes every step for 1 ms: it should depend on dt.": 1e3 * share.expand(2),
        "That is the rate of all neurons together: we want that of one.": z.sum() / (7 * dt),
        "That is the rate of all neurons of an example: divide by their number, too.": z.sum() / (7 * 3 * dt),
        "All spikes are counted: of how many neurons, and in how many steps?": z.sum() / dt,
        "The spikes of the whole sequence are counted: a rate is for one second.": 7 * right,
        "Yours is too low by a factor of seq_length: is it divided by that twice?": right / 7,
    }
    compare("The rate for dt = ", got, right, mistakes, steps)
    return "spikes a second, for one neuron. A layer that stays silent learns nothing, a busy one costs energy."


@exercise("Go on", ours="python -m helpers.train fit --run runs/killed --resume")
def resume_command(answer: str | list[str]) -> str:
    words = _words(answer)
    expect("fit" in words, "Begin with python -m helpers.train fit: yours starts no training.")
    program, options = words[: words.index("fit")], words[words.index("fit") + 1 :]
    expect(not any(word.startswith("--") for word in program), "The subcommand comes first, its options behind it.")
    name, given = "", {"": []}  # the values behind each option
    for word in options:
        if word.startswith("--"):
            given[name := word] = []
        else:
            given[name].append(word)
    loose = " ".join(given.pop(""))
    expect(not loose, f"{loose} belongs to no option: an option begins with two dashes, and its value follows it.")
    expect("--ckpt_path" not in given, "A checkpoint is one moment: the command can find the last step by itself.")
    for name in given:
        expect(not name.startswith("--model."), f"The network is that of the run, and stays so: leave out {name}.")
        known = name in ("--run", "--resume") or name.startswith(OURS)
        expect(known, f"{name} is no option that is needed: those are --run and --resume.")
    expect(not given.get("--resume"), "--resume is a switch and takes no value: the folder follows --run.")
    named = "--run" in given or "--resume" not in given
    expect(named, "That goes on with the newest run: name the folder of this one.")
    run = " ".join(given.get("--run", ["runs/killed"]))
    right = Path(run).expanduser().resolve() == Path("runs/killed").resolve()
    expect(right, f"--run names the folder of the run, which is runs/killed: yours says {run or 'none'}.")
    expect("--resume" in given, "That would start anew, where a run is already, and is refused: say that it goes on.")
    python = program and re.fullmatch(r"py(thon[\d.]*)?(\.exe)?", Path(program[0]).name)
    yours = f"yours by {shlex.join(program) or 'nothing'}."
    started = f"The options are right, but the program is started by python -m helpers.train: {yours}"
    expect(python and program[1:] == ["-m", "helpers.train"], started)
    return "it goes on where the run stopped, with the options of that run. Long runs do get interrupted."


def _words(answer: str | list[str]) -> list[str]:
    """The words of a command, up to a comment, or to where a shell would begin another command."""
    words = answer if isinstance(answer, list | tuple) else [answer]
    if any(word is ... or word in ("...", "") for word in words):
        raise NotDone
    expect(all(isinstance(word, str) for word in words), f"Write the command as a string: this is {kind(answer)}.")
    text = answer if isinstance(answer, str) else shlex.join(words)
    commands = re.split(r"\s*(?:\d?&?>|[|;&\n])", text.lstrip("!$ \n").replace("\\\n", " "))
    text = next((command for command in commands if "helpers.train" in command), commands[0])
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        raise Look("There is a quote that is never closed, or a backslash at the end.") from None
    return [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]


def _speed_up_limit(share: float) -> float:
    return 1 / (1 - share)


@exercise("What is there to gain?", ours=_speed_up_limit)
def speed_up_limit(answer: Callable) -> str:
    got, (share,) = numbers(answer, "share", [(0.75,), (0.2,), (0.9,)])
    right = _speed_up_limit(share)
    mistakes = {
        "A larger part promises more: yours promises less.": 1 / share,
        "That is the share itself: what is left of the time without it?": share,
        "That is the time that is left: how many times shorter is it than before?": 1 - share,
        "Without nine tenths of the work the whole is far more than twice as fast: yours is not.": 1 + share,
        "The share is between 0 and 1: yours takes it for percent.": 1 / (1 - share / 100),
        "Nothing gained is a factor of 1: yours counts from 0.": right - 1,
        "That is in percent: return the factor itself.": 100 * right,
    }
    expect(len(set(got.tolist())) > 1, "Yours gives the same number for every share: it should depend on share.")
    compare("speed_up_limit", got, right, mistakes, ["(0.75)", "(0.2)", "(0.9)"])
    return "Amdahl's law. It says where work pays: in the part that takes most of the time."
