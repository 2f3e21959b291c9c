"""What the exercises of chapters 1 and 2 call: a line that says what is right, or what to look at.

A check prints its verdict and returns None. It raises nothing, whatever the answer does, and leaves random numbers and
the learner's objects as they were. Usual mistakes are recognised by what they compute: each has its own sentence.
"""

import copy
import itertools
import math
import shlex
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from pathlib import Path

import torch
import torch.nn.functional as F
from norse.torch.functional.encode import constant_current_lif_encode
from norse.torch.functional.lif import LIFFeedForwardState, LIFParameters, lif_feed_forward_step
from pytorch_lightning import LightningModule

from helpers.data import MEAN, STD
from helpers.model import DECODERS, SpikingConvNet

NOT_THE_LEARNERS = str(Path(__file__).parent), "-packages", "lib/python"  # parts of the paths of other people's code
HINTS = {  # part of an error message: what to look at
    "target batch_size": "The logits should be shaped (batch, n_classes), and time is the first axis of v.",
    "return_types": "max over an axis gives a pair, values and indices: only one of the two is needed here.",
    "second time": "Lightning calls backward itself: training_step only returns the loss.",
}


class _Look(Exception):
    """The sentence that tells the learner what to look at."""


class _NotDone(Exception):
    """The exercise is still as it was handed out."""


def _expect(condition, sentence: str) -> None:
    if not condition:
        raise _Look(sentence)


def _exercise(number: int, verdict: Callable[..., str]) -> Callable[..., None]:
    """Make a check out of a function that returns what is right about an answer, or raises _Look."""

    @wraps(verdict)
    def check(answer) -> None:
        try:
            with torch.random.fork_rng(devices=[]), torch.enable_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                torch.default_generator.manual_seed(0)
                if answer is ...:
                    raise _NotDone
                sentence = f"Right: {verdict(answer)}"
        except _NotDone:
            sentence = f"Exercise {number} is not done yet: write your lines in its cell, run it, then this one."
        except _Look as look:
            sentence = str(look)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            sentence = f"This cannot be checked ({type(error).__name__}): compare its types with the exercise."
        print(sentence)

    return check


def _call(function: Callable, **arguments):
    """What the learner's function returns for copies of the arguments, which it should leave as they are."""
    _expect(callable(function), f"Hand over the function by its name, without brackets: this is {_kind(function)}.")
    copies = [value.clone() if isinstance(value, torch.Tensor) else value for value in arguments.values()]
    try:
        result = function(*copies)
    except (_Look, KeyboardInterrupt):
        raise
    except BaseException as error:
        stub = isinstance(error, NotImplementedError) and "not implemented for" not in str(error)  # PyTorch says that
        if stub or "ellipsis" in str(error):
            raise _NotDone from None
        raise _Look(_describe(error, list(arguments))) from error
    if any(part is ... for part in (result if isinstance(result, tuple | list) else [result])):
        raise _NotDone
    _expect(result is not None, "Your function returns None: does it end in a line with return?")
    for (name, before), after in zip(arguments.items(), copies, strict=True):
        unchanged = not isinstance(before, torch.Tensor) or torch.equal(before, after)
        _expect(unchanged, f"Your function changes {name} in place, as += does: its caller may still need the old one.")
    return result


def _describe(error: BaseException, names: list[str]) -> str:
    """An error in the learner's code, and the line where it happened."""
    message = str(error).strip().split("\n")[0][:200]
    frames = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in frames if not any(part in frame.filename for part in NOT_THE_LEARNERS)]
    place = f"Look at line {frames[-1].lineno}: {frames[-1].line}" if frames else f"It is given {', '.join(names)}."
    where = next((hint for part, hint in HINTS.items() if part in message), place)
    return f"Your function stopped with {type(error).__name__}: {message}\n{where}"


def _call_briefly(function: Callable, x: float, lines: int = 300_000):
    """Call a function that may loop for ever: it is stopped after so many lines."""

    def count(*event):
        nonlocal lines
        lines -= 1
        if lines < 0:
            raise TimeoutError("it loops for ever")
        return count

    before = sys.gettrace()
    sys.settrace(before or count)
    try:
        return _call(function, x=x)
    finally:
        sys.settrace(before)


def _kind(value) -> str:
    return f"a tensor shaped {tuple(value.shape)}" if isinstance(value, torch.Tensor) else f"a {type(value).__name__}"


def _number(value) -> float:
    """The value of a number, or of a tensor without axes."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    _expect(plain or getattr(value, "ndim", 1) == 0, f"The result should be one number: yours is {_kind(value)}.")
    return float(value)


def _close(a, b: torch.Tensor) -> bool:
    alike = isinstance(a, torch.Tensor) and a.shape == b.shape
    return alike and torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-5)


def _form(name: str, got, right: torch.Tensor) -> None:
    """Expect a tensor of the right shape and type, with finite values."""
    _expect(isinstance(got, torch.Tensor), f"{name} should be one tensor: yours is {_kind(got)}.")
    shape = tuple(right.shape)
    _expect(got.shape == shape, f"{name} should be shaped {shape} here: yours is {tuple(got.shape)}.")
    _expect(got.dtype == right.dtype, f"{name} should hold numbers of type {right.dtype}: yours are {got.dtype}.")
    _expect(got.isfinite().all(), f"{name} holds nan or infinite values: look for a division by 0.")


def _compare(name: str, got, right: torch.Tensor, mistakes: dict, labels: list | None = None) -> None:
    """Expect the right values; mistakes: for each usual one its sentence and what it would give."""
    if not _close(got, right):
        for sentence, wrong in mistakes.items():
            _expect(not _close(got, wrong), sentence)
    if labels is None:
        _form(name, got, right)
    for place in (~torch.isclose(got.double(), right.double(), rtol=1e-4, atol=1e-5)).nonzero().tolist():
        label = labels[place[0]] if labels else place or ""
        raise _Look(f"{name}{label} should be {right[tuple(place)]:.4g}: yours is {got[tuple(place)]:.4g}.")


@partial(_exercise, 1)
def lif_step(answer: Callable) -> str:
    """Chapter 1: lif_step(x, v, i) gives z, v and i after one time step, each (batch, neurons)."""
    x = torch.tensor([[0.0, 0.0, 0.2, 1.0], [3.0, 0.0, 0.1, 0.0]])
    v = torch.tensor([[0.5, 0.6, 0.4, 0.95], [0.8, 1.05, 0.3, 0.65]])
    i = torch.tensor([[0.0, 0.2, 0.1, 2.0], [1.0, 0.0, -0.3, 0.4]])
    z, state = lif_feed_forward_step(x, LIFFeedForwardState(v, i), LIFParameters())
    got = _call(answer, x=x, v=v, i=i)
    _expect(isinstance(got, tuple | list) and len(got) == 3, "Your function should return three tensors: z, v, i.")
    orders = [all(map(_close, order, (z, state.v, state.i))) for order in itertools.permutations(got)]
    _expect(orders[0] or not any(orders), "The three results are right, but in another order than z, v, i.")
    current = i + x
    mistakes = {
        "i should decay in each step: yours keeps all of the current.": current,
        "i should decay: yours grows. Look at the sign.": 1.2 * current,
        "i changes far too much: tau_syn_inv is per second, and how long is a step?": -199 * current,
        "x should arrive before i decays: look at the order of the lines.": 0.8 * i + x,
    }
    _compare("i", got[2], state.i, mistakes)
    _form("v", got[1], v)
    _expect(got[1][0, 0] <= v[0, 0], "v should decay towards v_leak: yours grows.")  # no current flows there
    move = v + 0.1 * (current - v)
    wrong = [v + 100 * (current - v), v + 0.1 * (i - v), v + 0.1 * (0.8 * current - v)]
    too_far, before_x, after_decay = [torch.where(u > 1, 0, u) for u in wrong]
    mistakes = {
        "v changes far too much: tau_mem_inv is per second, and how long is a step?": too_far,
        "v should feel the input of this step: yours moves before x has arrived in i.": before_x,
        "v should feel the current before it decays: look at the order of the lines.": after_decay,
        "v should be reset after a spike: yours goes on as if nothing had happened.": move,
        "After a spike v should start from v_reset, wherever it was: yours loses v_th.": move - z,
        "Spikes come from the new voltage: yours come from the one before the step.": move * (v <= 1),
    }
    _compare("v", got[1], state.v, mistakes)
    mistakes = {"z is 0 everywhere, though some v pass v_th: is it taken before the reset, or after it?": 0 * z}
    _compare("z", got[0], z, mistakes)
    return "z, v and i are those of Norse. A whole network is this step, for many neurons, many times."


@partial(_exercise, 2)
def steps_to_spike(answer: Callable) -> str:
    """Chapter 1: steps_to_spike(x) gives the number of the first step with v > 1, or math.inf."""
    values = [1.05, 1.1, 1.3, 1.5, 2.82, 20.0]
    x = torch.tensor(values)
    right = constant_current_lif_encode(x, 100).argmax(0) + 1.0
    got = torch.tensor([_number(_call_briefly(answer, value)) for value in values])
    distance = (1 - 1 / x).log()
    mistakes = {
        "Your spikes come a step early: the first step has number 1, and v must be above 1.": right - 1,
        "Your spikes come a step late: v is above 1 one step earlier.": right + 1,
        "The answer is a number of steps: yours is in seconds.": 1e-3 * right,
        "Steps are whole: which is the first one after the moment you found?": distance / math.log(0.9),
        "v moves with the time constant of the membrane: yours has the synapse's.": (distance / math.log(0.8)).ceil(),
    }
    _compare("steps_to_spike", got, right, mistakes, [f"({value})" for value in values])
    for value in (0.5, 1.0, 0.0, -0.42):
        never = f"With x = {value} v never passes the threshold"
        try:
            steps = _number(_call_briefly(answer, value))
        except _Look as look:
            problem = f"stops with {type(look.__cause__).__name__}" if look.__cause__ else "gives no number"
            raise _Look(f"{never}: there your function {problem}. Treat this case first.") from None
        _expect(steps == math.inf, f"{never}: what should the function say then? Yours says {steps:g}.")
    return "the numbers are those of Norse's encoder. Dark pixels never spike: so the images are normalised."


@partial(_exercise, 3)
def surrogate(answer: Callable) -> str:
    """Chapter 1: spike(u, alpha) is 1 where u > 0, with gradient 1 / (alpha |u| + 1)^2."""
    _expect(not isinstance(answer, type), "Hand over what can be called, SurrogateSpike.apply: this is the class.")
    u = torch.tensor([[-2.0, -0.3, 0.1], [0.4, 0.7, 3.0]], requires_grad=True)
    g = torch.tensor([[1.0, -2.0, 0.5], [3.0, -1.0, 2.0]])  # the gradient that arrives
    spikes = [_call(answer, u=u, alpha=alpha) for alpha in (1.0, 5.0)]
    for z in spikes:
        _form("z", z, u)
        _expect(
            _close(z, z.clamp(0, 1).round()), "Forward should stay a step from 0 to 1: only the gradient is smooth."
        )
        _compare("z", z, (u > 0).float(), {})
        _expect(z.requires_grad, "z is cut off from u: a step gets its gradient from a torch.autograd.Function.")
    gradient = partial(torch.autograd.grad, inputs=u, grad_outputs=g, allow_unused=True)
    slopes = [_call(gradient, outputs=z)[0] for z in spikes]
    got = torch.stack([torch.zeros_like(u) if slope is None else slope for slope in slopes])
    u, alpha = u.detach().expand(2, 2, 3), torch.tensor([1.0, 5.0]).view(2, 1, 1)
    mistakes = {
        "The gradient is 0: that is the true slope of a step, and nothing can learn from it.": 0 * u,
        "The chain rule needs the gradient that arrives: yours is the slope alone.": 1 / (alpha * u.abs() + 1) ** 2,
        "Away from the threshold the slope falls too slowly: look at the power.": g / (alpha * u.abs() + 1),
        "A larger alpha should make the peak narrower: yours ignores alpha.": g / (u.abs() + 1) ** 2,
        "The slope should be the same on both sides of the threshold.": g / (alpha * u + 1) ** 2,
        "The slope should be largest at the threshold: yours grows away from it.": g * (alpha * u.abs() + 1) ** 2,
    }
    _compare("The gradient", got, g / (alpha * u.abs() + 1) ** 2, mistakes)
    return "a step forward, a smooth slope backward. So a network of spikes can learn by gradients."


@partial(_exercise, 4)
def poisson(answer: Callable) -> str:
    """Chapter 1: poisson(p, seq_length) gives random spikes, (seq_length, *p.shape)."""
    p = torch.linspace(0, 1, 8).repeat(3, 1, 2).view(3, 1, 4, 4)  # each probability twice in an image
    z, again = [_call(answer, p=p, seq_length=400) for _ in range(2)]
    shape = getattr(z, "shape", None)
    _expect(shape != p.shape, "Time is missing: each pixel needs spikes for all seq_length steps.")
    _expect(shape != (3, 1, 4, 4, 400), "Time should be the first axis: yours is the last.")
    _expect(shape != (3, 400, 1, 4, 4), "Time should be the first axis: yours is the second.")
    _form("The result", z, p.expand(400, 3, 1, 4, 4))
    _expect(not _close(z, p.expand_as(z)), "Those are the probabilities: spikes are drawn with them.")
    _expect(((z == 0) | (z == 1)).all(), "Spikes are the numbers 0 and 1: yours take other values too.")
    same = "Chance should be drawn anew for each spike: yours is the same"
    _expect((z != z[0]).any(), f"{same} at every step.")
    _expect((z != z[:, :1]).any(), f"{same} for all images of the batch.")
    _expect((z[..., :2, :] != z[..., 2:, :]).any(), f"{same} for all pixels of an image.")
    _expect((z != again).any(), f"{same} in every call. Is there a fixed seed?")
    rate, p = z.view(2400, 8).mean(0), p.view(6, 8)[0]  # 0.06 is six standard deviations of such a rate
    _expect((rate - (1 - p)).abs().max() > 0.06, "Bright pixels should spike most: yours spike least.")
    _expect(rate[0] < 0.01, "A black pixel, p = 0, should never spike: yours does.")
    k = int((rate - p).abs().argmax())
    _expect(abs(rate[k] - p[k]) < 0.06, f"A share {p[k]:.2f} of the steps should have a spike: yours {rate[k]:.2f}.")
    return "each pixel spikes at its own rate, and time comes first. Brightness has become a matter of time."


@partial(_exercise, 5)
def two_halves(answer: Callable) -> str:
    """Chapter 1: two_halves(net, spikes) gives the voltage (seq_length, batch, n_classes), from two calls of net."""
    net = SpikingConvNet(n_hidden=20).double()  # rounding should make no neuron spike that otherwise would not
    spikes = (30.0 * (torch.rand(12, 4, 1, 28, 28) < 0.5)).double().requires_grad_()  # strong: the readout has to move
    whole = net(spikes)
    first, state = net(spikes[:6], return_state=True)
    second, forgetful = net(spikes[6:], state), torch.cat([first, net(spikes[6:])])

    def look(net, x):
        if x and isinstance(x[0], torch.Tensor) and x[0].dim() == 5:
            _expect(x[0].shape[1] == 4, "The halves should be halves of the time, the first axis: yours cut the batch.")
            _expect(len(x[0]) < 12, "Yours gives all steps to net at once: stop half-way, and go on from there.")

    net.register_forward_pre_hook(look)
    got = _call(answer, net=net, spikes=spikes)
    mistakes = {
        "The second half should go on where the first one stopped: yours starts from rest.": forgetful,
        "The first half is missing from the result.": second,
        "The halves follow each other in time: yours are joined along the batch.": torch.cat([first, second], 1),
        "The halves are in the wrong order.": torch.cat([second, first]),
    }
    _compare("The result", got, whole, mistakes)
    slope = torch.autograd.grad(whole.sum(), spikes)[0]
    through = got.requires_grad and _close(torch.autograd.grad(got.sum(), spikes, allow_unused=True)[0], slope)
    _expect(through, "The values are right, but no gradient gets back through both halves: what cuts it off?")
    return "two calls give what one gives. All that a network remembers is in its state."


@partial(_exercise, 6)
def training_step(answer: LightningModule) -> str:
    """Chapter 1: module.training_step(batch, batch_idx) gives the loss of module.net, one number with a gradient."""
    _expect(isinstance(answer, LightningModule), "Hand over a module, as in check.training_step(Classifier()).")
    _expect(isinstance(getattr(answer, "net", None), torch.nn.Module), "The module should hold its network as net.")
    with suppress(Exception):  # what cannot be copied is used as it is
        answer = copy.deepcopy(answer).cpu()
    weights, voltages = [w for w in answer.net.parameters() if w.requires_grad], []
    batch = 7 if getattr(answer.net, "seq_length", 0) == 6 else 6
    images, labels = torch.randn(batch, 1, 28, 28), torch.arange(batch)

    def spread(net, x, result):
        """Move the voltages apart: then each mistake gives another loss, also where the network is silent."""
        v, *state = result if isinstance(result, tuple) else (result,)
        voltages.append(v + 3 * torch.randn(v.shape))
        return (voltages[-1], *state) if state else voltages[-1]

    with answer.net.register_forward_hook(spread):
        loss = _call(answer.training_step, batch=(images, labels), batch_idx=0)
    loss = loss.get("loss") if isinstance(loss, dict) else loss
    _expect(voltages, "The loss should come from the voltage of self.net: yours never calls it.")
    v, entropy = voltages[-1], partial(F.cross_entropy, target=labels)
    logits = v.amax(0)
    hits, each = logits.argmax(1) == labels, entropy(logits, reduction="none")
    _expect(not _close(loss, logits), "Those are the logits: the loss compares them with the labels.")
    _expect(not _close(loss, each), "Those are the losses of single images: the batch needs one number.")
    mistakes = {
        "The logits should be the highest voltage over time: yours are the mean.": entropy(v.mean(0)),
        "The logits should be the highest voltage over time: yours are the sum.": entropy(v.sum(0)),
        "The logits should be the highest voltage over time: yours are the last.": entropy(v[-1]),
        "Cross-entropy takes the logits as they are: yours went through a softmax.": entropy(logits.softmax(1)),
        "The loss should be a mean over the images: yours is a sum, and grows with the batch.": each.sum(),
        "That is the accuracy: a share of right answers has no slope to follow.": hits.float().mean(),
    }
    _compare("The loss", torch.as_tensor(_number(loss)).to(v), each.mean(), mistakes)
    _expect(getattr(loss, "requires_grad", False), "The value is right, but no gradient gets from it to the network.")
    slopes = _call(lambda loss: torch.autograd.grad(loss, weights, allow_unused=True), loss=loss)
    _expect(all(s is not None for s in slopes), "The value is right, but some weights of self.net get no gradient.")
    return "one number, and a gradient for every weight. Lightning needs no more to train it on any device."


@partial(_exercise, 1)
def normalise(answer: Callable) -> str:
    """Chapter 2: normalise(images) gives float32 images with mean 0 and standard deviation 1, over the data set."""
    images = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8)
    x = images / 255
    mistakes = {
        "The mean and deviation are those of pixels between 0 and 1: yours are 0 to 255.": (images - MEAN) / STD,
        "The mean is that of pixels between 0 and 1: look at the order.": (images - MEAN) / 255 / STD,
        "The deviation should become 1: yours stays as it was.": x - MEAN,
        "The deviation should become 1: yours gets smaller still.": (x - MEAN) * STD,
        "The mean should become 0: yours is not subtracted.": x / STD,
        "Division comes before subtraction: look at the brackets.": x - MEAN / STD,
        "That changes with the batch: take the mean and deviation of the whole data set.": (x - x.mean()) / x.std(),
    }
    _compare("The result", _call(answer, images=images), (x - MEAN) / STD, mistakes)
    return "a white pixel is 2.8 now. That is well above the threshold, so neurons that see it spike."


@partial(_exercise, 2)
def decode(answer: Callable) -> str:
    """Chapter 2: decode(v, how) gives logits (batch, n_classes) of v (seq_length, batch, n_classes)."""
    v = torch.randn(5, 3, 4).requires_grad_()
    usual = {
        "max": {"The highest voltage counts: yours takes the largest size, whatever its sign.": v.abs().amax(0)},
        "mean": {"For mean, yours is a sum: it grows with seq_length.": v.sum(0)},
        "last": {"For last, yours is the voltage of the first step.": v[0]},
    }
    for how, right in DECODERS.items():
        got = _call(answer, v=v, how=how)
        _expect(not isinstance(got, tuple), "Yours is a pair: max gives values and indices. Which of them are logits?")
        mistakes = {
            f"For {how}, yours goes over the batch: look at the axis.": right(v.movedim(1, 0)),
            f"For {how}, yours goes over the classes: look at the axis.": right(v.movedim(2, 0)),
            **{f"For {how}, yours gives the {other}.": DECODERS[other](v) for other in DECODERS if other != how},
            **usual[how],
        }
        _compare(f"The result for {how}", got, right(v), mistakes)
        _expect(got.requires_grad, f"The values for {how} are right, but no gradient gets through: what cuts it off?")
    return "one logit for each image and class. The choice decides which moments learn."


@partial(_exercise, 3)
def spike_rate(answer: Callable) -> str:
    """Chapter 2: spike_rate(z, dt) gives the mean rate of all neurons, Hz."""
    z, steps = (torch.rand(7, 3, 2, 5) < 0.3).float(), [1e-3, 2e-3]
    got = torch.tensor([_number(_call(answer, z=z, dt=dt)) for dt in steps])
    share, dt = z.mean(), torch.tensor(steps)
    mistakes = {
        "That is spikes per step: a rate is per second.": share.expand(2),
        "That is the number of all spikes: a rate is for one neuron and one second.": z.sum().expand(2),
        "With longer steps the same spikes are a lower rate: yours is higher.": share * dt,
        "Your rate takes every step for 1 ms: it should depend on dt.": 1e3 * share.expand(2),
        "That is the rate of all neurons together: we want that of one.": z.sum() / (7 * dt),
        "Yours is too low by a factor of seq_length: is it divided by that twice?": share / dt / 7,
    }
    _compare("The rate for dt = ", got, share / dt, mistakes, steps)
    return "spikes a second, for one neuron. A silent layer learns nothing, a busy one costs energy."


@partial(_exercise, 4)
def resume_command(answer: str | list[str]) -> str:
    """Chapter 2: the command that goes on with the run in runs/1, as a string or as a list of words."""
    words = answer if isinstance(answer, list | tuple) else [answer]
    if any(word is ... or word == "..." for word in words):
        raise _NotDone
    _expect(all(isinstance(word, str) for word in words), f"Write the command as a string: this is {_kind(answer)}.")
    words = shlex.split(" ".join(words).replace("=", " "))
    after = dict(itertools.pairwise([*words, "-"]))
    _expect("fit" in words, "Which subcommand trains? Yours has another one, or none.")
    _expect("--ckpt_path" not in words, "A checkpoint is one moment: the command can find the last step by itself.")
    _expect("--resume" in words, "That would start anew, where a run is already, and is refused: say that it goes on.")
    _expect(after["--resume"][:1] == "-", "--resume is a switch and takes no value.")
    _expect("--run" in words, "That goes on with the newest run, which may be another one: name the folder.")
    _expect(Path(after["--run"]) == Path("runs/1"), f"--run names the folder of the run: yours says {after['--run']}.")
    first = min(words.index("--run"), words.index("--resume"))
    _expect(words.index("fit") < first, "The subcommand comes first, its options behind it.")
    return "it goes on where the run stopped, with the options of that run. Long runs do get interrupted."


@partial(_exercise, 5)
def speed_up_limit(answer: Callable) -> str:
    """Chapter 2: speed_up_limit(share) tells how many times faster the whole gets when that share costs nothing."""
    shares = [0.75, 0.2, 0.9]
    got, share = torch.tensor([_number(_call(answer, share=share)) for share in shares]), torch.tensor(shares)
    mistakes = {
        "A larger part promises more: yours promises less.": 1 / share,
        "That is the share itself: what is left of the time without it?": share,
        "That is the time that is left: how many times shorter is it than before?": 1 - share,
        "Without nine tenths of the work the whole is far more than twice as fast: yours is not.": 1 + share,
        "The share is between 0 and 1: yours takes it for percent.": 1 / (1 - share / 100),
        "Nothing gained is a factor of 1: yours counts from 0.": share / (1 - share),
    }
    _compare("speed_up_limit", got, 1 / (1 - share), mistakes, [f"({share})" for share in shares])
    return "Amdahl's law. It says where work pays: in the part that takes most of the time."
