"""The checks of chapter 5. What an answer takes and gives stands in the starter of its exercise."""

import copy
from collections.abc import Callable

import norse.torch as norse
import torch
from torch.nn import Linear, Module
from torch.nn.functional import one_hot

from helpers.check.judge import Look, call, exercise, expect, kind
from helpers.check.values import BYTES, compare, expect_slopes, form, number, numbers, parts, variations
from helpers.neuron import LI, LIF
from helpers.own.event_camera import crossings as right_crossings
from helpers.own.project_plan import estimate as right_estimate


@exercise("Estimate memory and time", ours=right_estimate)
def estimate(answer: Callable) -> str:
    cases = [(40, 64, 32, 152, 4096, 3, 5000.0), (10, 7, 2000, 90000, 60000, 10, 250.0), (5, 3, 11, 600, 900, 2, 36.0)]

    def two(pair):
        return [number(value, "Each of the two") for value in parts(pair, "bytes, seconds")]

    names = "seq_length batch_size neurons weights examples epochs rate"
    got, (t, b, n, w, examples, epochs, rate) = numbers(answer, names, cases, read=two)

    def memory(size=4, t=t, b=b, n=n, w=w, each=4):
        return size * (t * b * n + each * w)

    def time(examples=examples, epochs=epochs, rate=rate):
        return epochs * examples / rate

    expect(not torch.allclose(got[:, 0], time()), "Bytes come first, then seconds: yours are swapped.")
    each = {"one": 1, "only weight and gradient": 2, "three": 3, "five": 5}
    too_often = {"at each time step": w * t, "for each example": w * b, "for each example and time step": w * b * t}
    mistakes = {
        "A voltage takes 4 bytes: yours counts one byte.": t * b * n + 16 * w,
        "Only a weight needs four numbers. A voltage is one: yours counts four.": 16 * (t * b * n + w),
        "The weights exist once, and need four numbers each: look at the brackets.": 4 * t * b * (n + w),
        "Voltages and weights are added: yours multiplies them.": 16 * t * b * n * w,
        "The number of voltages is a product of three: yours is a sum.": 4 * (t + b + n + 4 * w),
        "A weight needs four numbers, as it has a gradient and Adam's two averages. Yours counts {}.": dict(each=each),
        "The weights exist once: yours counts them {}.": dict(w=too_often),
        "The weights are missing: four numbers for each.": dict(w=0),
        "The voltages are missing.": dict(n=0),
        "A voltage is kept at each time step: yours counts one step.": dict(t=1),
        "A voltage is kept for each example of the batch: yours counts one.": dict(b=1),
        "A step holds one batch: yours counts all examples.": dict(b=examples),
        "You count numbers, not bytes: each number takes 4 bytes.": dict(size=1),
        "A float32 has 32 bits, which are 4 bytes: yours counts {}.": dict(size={"bits": 32, "8 bytes": 8}),
        "One step is asked for: epochs plays no part.": dict(size=4 * epochs),
        "Count voltages and weights alone: yours has a factor for what else a real step holds.": dict(size=14),
        "Return bytes: yours are {}.": dict(size={unit: 4 / size for unit, size in BYTES.items()}),
    }
    compare("The memory for ", got[:, 0], memory(), variations(memory, mistakes), cases)
    mistakes = {
        "Upside down: more examples take longer.": 1 / time(),
        "The seconds need not be a whole number: yours are rounded.": time().floor(),
        "Each epoch goes through all examples again: yours counts one epoch.": dict(epochs=1),
        "Each epoch goes through all examples: yours counts one example.": dict(examples=1),
        "rate is in examples per second: divide by it.": dict(rate=1 / rate),
        "The rate is missing: how many examples are trained in a second?": dict(rate=1),
        "The rate counts examples, not batches: batch_size plays no part.": dict(rate=rate * b),
        "The rate counts whole examples: seq_length plays no part.": dict(rate=rate / t),
        "Return seconds: yours are {}.": dict(rate={"minutes": 60 * rate, "hours": 3600 * rate}),
    }
    compare("The time for ", got[:, 1], time(), variations(time, mistakes), cases)
    return "two lines of arithmetic. Only the rate has to be measured."


def _spikes(bits, jitter, offsets=(0, 5, 10)):
    """As spikes_of of the template, which takes seconds to import."""
    z = torch.zeros(40, *bits.shape)
    for offset in offsets:
        z.scatter_(0, (jitter + 20 * bits + offset)[None], 1.0)
    return z


@exercise("Make spike trains", ours=_spikes)
def xor_spikes(answer: Callable) -> str:
    bits = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1], [1, 0]])
    jitter = torch.tensor([[0, 3], [4, 1], [2, 2], [1, 0], [0, 4]])
    got, right = call(answer, bits=bits, jitter=jitter), _spikes(bits, jitter)
    same, everywhere = (right.amax(axes, keepdim=True).expand_as(right).contiguous() for axes in (1, (1, 2)))
    since = torch.arange(40)[:, None, None] - jitter - 20 * bits  # the first spike
    expect(getattr(got, "shape", None) != (5, 40, 2), "Time should be the first axis: yours is the second.")
    indices = isinstance(got, torch.Tensor) and got.dtype == torch.int64 and bool((got > 1).any())
    expect(not indices, "You return numbers of steps. Spikes are 0 and 1, (40, batch, 2).")
    expect(getattr(got, "dtype", None) not in (torch.bool, torch.int64), "Return floats, 0.0 and 1.0.")
    mistakes = {
        "Each input sends three spikes: yours sends one.": _spikes(bits, jitter, [0]),
        "The three spikes are 5 ms apart: yours come in consecutive steps.": _spikes(bits, jitter, [0, 1, 2]),
        "A 0 comes early and a 1 comes 20 ms later: yours are the other way round.": _spikes(1 - bits, jitter),
        "The jitter is missing: without it the network could learn the steps by heart.": _spikes(bits, 0 * jitter),
        "The first spike comes in step jitter: yours comes 5 ms later.": _spikes(bits, jitter, [5, 10, 15]),
        "Each input sends three spikes: yours sends four.": _spikes(bits, jitter, [0, 5, 10, 15]),
        "Each input has its own jitter: yours gives both the first one's.": _spikes(bits, jitter[:, [0, 0]]),
        "The bits have no effect: a 1 comes 20 ms later.": _spikes(0 * bits, jitter),
        "The two inputs are swapped.": right.flip(2),
        "All spikes come one step late: the first step has index 0.": _spikes(bits, jitter, [1, 6, 11]),
        "Only a bit of 1 spikes in yours: a 0 sends three spikes too.": right * bits,
        "All examples are the same in yours: each has its own bits and jitter.": same,
        "z[step] = 1 writes to all examples and inputs: scatter_ writes to one.": everywhere,
        "Each input sends three spikes: yours sends two.": _spikes(bits, jitter, [0, 5]),
        "Each input sends three spikes: yours goes on sending.": ((since >= 0) & (since % 5 == 0)).float(),
        "The three spikes are 5 ms apart: yours fill all steps between.": _spikes(bits, jitter, range(11)),
        "The three spikes are 5 ms apart: yours are 4 ms apart.": _spikes(bits, jitter, [0, 4, 8]),
        "A 1 comes 20 ms later: yours comes 1 ms later. Multiply the bit by 20.": _spikes(bits, jitter - 19 * bits),
        "A 1 comes 20 ms later: yours comes 10 ms later.": _spikes(bits, jitter - 10 * bits),
        "Only a bit of 1 comes 20 ms later: yours delays both.": _spikes(0 * bits, jitter + 20 + bits),
    }
    if isinstance(got, torch.Tensor) and got.shape == right.shape:
        expect(((got == 0) | (got == 1)).all(), "Spikes are the numbers 0 and 1: yours take other values too.")
    compare("The spikes at (step, example, input) ", got, right, mistakes)
    return "three spikes from each input, whatever the bits. Only their time tells."


class _XorNet(Module):
    """As Net of the template."""

    def __init__(self, n_hidden=30):
        super().__init__()
        self.hidden, self.lif = Linear(2, n_hidden), LIF(alpha=5.0)
        self.out, self.readout = Linear(n_hidden, 2), LI()

    def forward(self, x):
        return self.readout(self.out(self.lif(self.hidden(x))[0]))[0].mean(0)


@exercise("Build the network", ours=_XorNet)
def xor_net(answer: type) -> str:
    expect(isinstance(answer, type), f"Hand over the class by its name, without brackets: this is {kind(answer)}.")
    expect(issubclass(answer, Module), "The class should be a torch.nn.Module.")
    try:
        net = answer()
    except Exception as error:
        raise Look(f"The network cannot be made: {type(error).__name__}: {str(error)[:200]}") from None
    pair = "lif and readout return a pair, output and state: take the first."
    hints = {
        "must be Tensor, not tuple": pair,
        "'tuple' object has no attribute": pair,
        "must be Tensor, not LI": "Of the pair take the first, the output, not the state.",
        "mat1 and mat2": "Each layer takes what the one before returns: hidden takes x, lif what hidden returns.",
        "too many values to unpack (expected 2": "Only lif and readout return a pair: hidden and out return a tensor.",
        'missing the required "forward"': "The class needs a method forward, indented as far as __init__.",
    }
    bits, jitter = torch.randint(2, (16, 2)), torch.randint(5, (16, 2))
    x = _spikes(bits, jitter)
    logits = call(net, hints, x=x)
    shape = getattr(logits, "shape", None)
    expect(not (isinstance(logits, tuple) and len(logits) == 2 and isinstance(logits[1], tuple)), pair)
    expect(not hasattr(logits, "indices") or isinstance(logits, torch.Tensor), "Return the mean over time.")
    expect(shape != (40, 16, 2), "Time is still there: return one decision for each example, the mean over time.")
    expect(shape != (40, 2), "Take the mean over time, the first axis: yours is over the batch.")
    form("The result", logits, torch.zeros(16, 2))
    for name, wanted in (("hidden", Linear), ("lif", LIF), ("out", Linear), ("readout", LI)):
        expect(isinstance(getattr(net, name, None), wanted), "Keep the four layers as they are given.")
    _compare_xor(copy.deepcopy(net), x)
    expect_slopes(logits.square(), "the weights", *net.hidden.parameters())
    expect(net.lif.alpha == 5, "The values are right, but lif was given with alpha=5: leave the layers as they are.")
    return f"{sum(weight.numel() for weight in net.parameters())} weights, and every one gets a gradient."


def _compare_xor(net: Module, x: torch.Tensor) -> None:
    """Expect that the logits of net for x come from its layers in the order of the exercise."""
    hidden, lif, out, readout = net.hidden, net.lif, net.out, net.readout

    def fresh(layer, x):  # each step from rest
        return torch.cat([layer(x_t[None])[0] for x_t in x])

    def batch_first(layer, x):  # what a loop gives that hands over x_t, (batch, n)
        return layer(x.transpose(0, 1))[0].transpose(0, 1)

    def one_long(layer, x):  # the same, with the state handed on
        return layer(x.flatten(0, 1))[0].unflatten(0, x.shape[:2])

    with torch.no_grad():
        out.weight.abs_()  # so that spikes move the voltages upwards: else the first one might be the largest
        logits, current = net(x), hidden(x)
        z = lif(current)[0]
        v = readout(out(z))[0]
        forgets = "its state between the steps: hand over all time steps at once."
        all_of_x = "hand over all of x at once, (40, batch, 2)."
        turned = f"the first axis for time. In yours that is the batch: {all_of_x}"
        carried = f"the first axis for time, so your state goes from one example to the next: {all_of_x}"
        z_turned, z_carried = batch_first(lif, current), one_long(lif, current)
        mistakes = {
            f"lif forgets {forgets}": readout(out(fresh(lif, current)))[0].mean(0),
            f"The readout forgets {forgets}": fresh(readout, out(z)).mean(0),
            f"Both lif and readout forget {forgets}": fresh(readout, out(fresh(lif, current))).mean(0),
            f"lif takes {turned}": readout(out(z_turned))[0].mean(0),
            f"lif and readout take {turned}": batch_first(readout, out(z_turned)).mean(0),
            f"lif takes {carried}": readout(out(z_carried))[0].mean(0),
            f"lif and readout take {carried}": one_long(readout, out(z_carried)).mean(0),
            "Return the mean over time: yours is the last voltage.": v[-1],
            "Return the mean over time: yours is the sum.": v.sum(0),
            "Return the mean over time: yours is the largest voltage.": v.amax(0),
            "Return voltages: cross_entropy does the softmax itself.": v.mean(0).softmax(1),
            "Return voltages: cross_entropy does the softmax and its logarithm itself.": v.mean(0).log_softmax(1),
            "Return voltages as they are: yours go through a sigmoid.": v.mean(0).sigmoid(),
            "Return the mean over time: yours is the median.": v.median(0).values,
            "The mean comes last: yours is taken before the readout.": readout(out(z).mean(0))[0],
            "The spikes go to out: yours go through lif once more.": readout(out(lif(z)[0]))[0].mean(0),
            "The readout comes once: yours comes twice.": readout(v)[0].mean(0),
            "The readout is missing: it comes last.": out(z).mean(0),
            "First out, then readout: yours has them the other way round.": out(readout(z)[0]).mean(0),
            "lif is missing: it makes spikes of what hidden returns.": readout(out(current))[0].mean(0),
            "ReLU is no neuron: lif makes the spikes.": readout(out(current.relu()))[0].mean(0),
        }
        expect(logits.any(), "The result is 0 everywhere. Does lif come after hidden, and the readout last?")
        compare("The result ", logits, v.mean(0), mistakes)


@exercise("Crossings", ours=right_crossings)
def crossings(answer: Callable) -> str:
    reference = torch.tensor([[0.0, 0.5, -1.0, 0.15], [-2.0, 0.25, 0.1, 0.25]])
    log = torch.tensor([[0.45, 0.55, -1.2, 0.25], [0.1, -0.85, -0.6, 0.61]])
    change, n_of = log - reference, "How often does the threshold fit into the change?"

    def count(change=change, threshold=0.2, whole=torch.trunc):
        return whole(change / threshold)

    def away(change):
        return change.sign() * change.abs().ceil()

    n = count()

    def move(start=reference, by=n * 0.2):
        return start + by

    jump, without_threshold = torch.where(n != 0, log, reference), {"": n, " times the change": n * change}
    hints = {"one element tensor": "int takes only one number: trunc rounds all pixels at once."}
    got = call(answer, hints, reference=reference, log=log, threshold=0.2)
    got_n, got_reference = parts(got, "n, the new reference", [n, move()])
    mistakes = {
        "Yours has no events at all: the change of a pixel is log - reference, counted in thresholds.": 0 * n,
        "OFF events count down, as negative numbers: yours have lost their sign.": n.abs(),
        "A large change makes several events: yours makes one at most.": n.sign(),
        f"At most one event, and no sign: look at what you count. {n_of}": n.abs().sign(),
        "OFF events are missing: where it gets darker, n is negative.": n.clamp(min=0),
        "ON events are missing: where it gets brighter, n is positive.": n.clamp(max=0),
        f"{n_of} Yours counts in log and reference, and subtracts.": count(log) - count(reference),
        "Round what is divided by the threshold: yours rounds the change first.": change.trunc() / 0.2,
        "A pixel only sends whole events: round towards 0, with trunc.": dict(whole=torch.clone),
        "Yours rounds down, so a small loss of light becomes an event: round towards 0.": dict(whole=torch.floor),
        "Yours rounds {}: round towards 0, with trunc.": dict(whole={"up": torch.ceil, "away from 0": away}),
        "Half a threshold makes no event: round towards 0, with trunc.": dict(whole=torch.round),
        "ON and OFF are swapped: brighter counts up.": dict(change=-change),
        "The change is log - reference: yours {}.": dict(change={"is log alone": log, "adds them": log + reference}),
        "log and reference are logarithms already: subtract them.": dict(change=log.exp() - reference.exp()),
        f"{n_of} Divide by it.": dict(threshold=1 / 0.2),
        "The threshold is given: yours is always 0.3.": dict(threshold=0.3),
    }
    compare("n ", got_n, n, variations(count, mistakes))
    mistakes = {
        "The reference moves by whole thresholds: yours jumps to log, and slow changes are lost.": log,
        "Events move the reference by n thresholds: yours jumps to log, and a rest is lost.": jump,
        "The reference is a logarithm: leave it as it is.": move().exp(),
        "That is how far the reference moves: add it to the old one.": dict(start=0),
        "The reference starts from the old one: yours starts from log.": move(log, -0.2 * n),
        "The reference moves where a pixel sends events: yours stays.": dict(by=0),
        "The reference moves by n times the threshold: yours moves by n{}.": dict(by=without_threshold),
        "The reference moves towards log: yours moves away.": dict(by=-0.2 * n),
        "Each event moves the reference by a threshold: yours moves by one in all.": dict(by=0.2 * n.sign()),
        "The reference moves only where there are events: yours moves everywhere.": dict(by=0.2),
    }
    compare("The new reference ", got_reference, move(), variations(move, mistakes))
    return "what is left below the threshold is kept, so slow changes are seen too."


def _run_cell(cell, x, forget_every=None):
    return _run(cell, x, range(0, len(x), forget_every or len(x)))


def _run(cell, x, starts) -> torch.Tensor:
    """Spikes of a cell that begins from rest in each of these steps."""
    state, spikes = None, []
    for t, x_t in enumerate(x):
        z, state = cell(x_t, None if t in starts else state)
        spikes.append(z)
    return torch.stack(spikes)


@exercise("Remember and forget", ours=_run_cell)
def run_cell(answer: Callable) -> str:
    cell, x = norse.LSNNRecurrentCell(3, 6), 10 * torch.rand(20, 5, 3)
    hints = {
        "and 'NoneType'": "forget_every can be None: ask for that first.",
        "modulo by zero": "forget_every can be None, and that is not 0: ask for it first.",
        "but got": "cell returns a pair, spikes and state: append the spikes alone.",
        "non-empty": "The list is still empty: append the spikes of each step.",
        "unpack": "cell returns two things, spikes and state.",
    }
    steps = range(20)
    for forget_every in (None, 4):
        case = f"With forget_every = {forget_every} the state should be"
        mistakes = {
            f"{case} passed on from step to step: yours starts every step from rest.": steps,
            f"{case} dropped only where forget_every says so: yours is dropped every 10 steps.": [0, 10],
        }
        if forget_every:
            mistakes |= {
                f"{case} dropped every 4 steps: yours is kept.": [0],
                f"{case} dropped every 4 steps: yours is dropped once.": [0, 4],
                f"{case} dropped every 4 steps: yours is dropped in all other steps.": [t for t in steps if t % 4],
                f"{case} dropped before steps 0, 4, 8: yours is dropped in each of the first four.": range(4),
                f"{case} dropped before steps 0, 4, 8: yours is dropped after them.": range(1, 20, 4),
                f"{case} dropped before steps 0, 4, 8: yours is dropped a step early.": range(3, 20, 4),
            }
        got = call(answer, hints, cell=cell, x=x, forget_every=forget_every)
        expect(getattr(got, "shape", None) != (5, 6), "Return the spikes of all steps: yours are those of one step.")
        fewer = isinstance(got, torch.Tensor) and got.ndim == 3 and len(got) < 20
        expect(not fewer, "There should be spikes of 20 steps: append them in each step, and return after the loop.")
        wrong = {sentence: _run(cell, x, dropped) for sentence, dropped in mistakes.items()}
        compare("The spikes at (step, example, neuron) ", got, _run_cell(cell, x, forget_every), wrong)
    expect_slopes(got, "the weights of the cell", cell.input_weights)
    return "the same cell remembers or forgets, and all that differs is its state."


def _winner_takes_all(v, threshold):
    above = v - threshold
    return one_hot(above.argmax(1), v.shape[1]).to(v.dtype) * (above > 0)


@exercise("Winner takes all", ours=_winner_takes_all)
def winner(answer: Callable) -> str:
    threshold = torch.tensor([1.0, 2.0, 1.2, 2.0])
    v = [[0.5, 3.0, 2.5, 0.1], [0.2, 0.1, 0.9, 0.3], [1.5, 9.0, 3.9, 2.5], [1.0, 1.0, 1.0, 1.0]]
    v += [[0.5, 1.9, 1.0, 1.5], [0.95, 1.8, 0.5, 1.5]]  # nobody is above its own threshold
    v += [[1.5, 1.0, 1.0, 1.0], [2.8, 4.4, 1.0, 1.0], [2.0, 3.0, 0.5, 0.5]]  # the last: two are equally far above
    v = torch.tensor(v)
    above = v - threshold
    any_above = above > 0
    both = any_above * (above == above.amax(1, keepdim=True))

    def spikes(by=above, where=any_above):
        """One spike in each example, where by is largest, but only where it may be."""
        return one_hot(by.argmax(1), 4) * where

    def written(axis):
        """z[..., indices] = 1 along one axis, which leaves the other one out."""
        return torch.zeros_like(v).index_fill(axis, above.argmax(1), 1) * any_above

    mistakes = {
        "Only one neuron spikes per example: yours lets all spike that are above their threshold.": any_above,
        "Where two are equally far above, only one spikes: yours lets both.": both,
        "Each example has a winner of its own: yours has one among all examples.": any_above * (above == above.max()),
        "Neurons compete with each other: in yours the examples do.": one_hot(above.argmax(0), len(v)).T * any_above,
        "You return indices of neurons. Spikes are 0 and 1, (batch, neurons).": above.argmax(1),
        "An index alone writes to whole rows: scatter_ or one_hot writes to one neuron per example.": written(0),
        "An index alone writes to whole columns: scatter_ or one_hot writes to one neuron per example.": written(1),
        "Above is v - threshold: yours is the other way round.": spikes(-above, above < 0),
        "Each neuron has its own threshold: yours takes their mean.": spikes(v, v > threshold.mean()),
        "The winner is furthest above its own threshold: yours has the highest voltage.": dict(by=v),
        "How far above is a difference: yours is a ratio.": dict(by=v / threshold),
        "The furthest above wins: yours takes the first that is above.": dict(by=any_above.int()),
        "Below the threshold counts less than above: yours takes the distance without its sign.": dict(by=above.abs()),
        "No neuron spikes where none is above its threshold: yours always has a winner.": dict(where=1),
        "The threshold is subtracted once: yours subtracts it twice.": dict(where=above > threshold),
        "A neuron at its threshold does not spike: it has to be above.": dict(where=above >= 0),
        "Above is v - threshold, and has to be more than 0: look at the sign.": dict(where=above < 0),
    }
    hints = {
        "but got 1)": "A row of v has only one axis, 0: the neurons.",
        "smaller than num_classes": "Each example has a winner: argmax needs dim=1.",
        "must match the size of tensor b (4)": "one_hot takes the number of neurons as its second argument.",
    }
    got, right = call(answer, hints, v=v, threshold=threshold), spikes().to(v.dtype)
    if isinstance(got, torch.Tensor) and got.shape == v.shape and not got.is_complex():
        got = got.to(v.dtype)
        if got[-1].tolist() == [0, 1, 0, 0]:  # of two that are equally far above, either may win
            right[-1] = got[-1]
        expect(((got == 0) | (got == 1)).all(), "Spikes are the numbers 0 and 1: yours take other values too.")
    compare("z ", got, right, variations(spikes, mistakes))
    return "one winner at most, and its own threshold decides. So the neurons share the work."
