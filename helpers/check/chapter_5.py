"""The checks of chapter 5. What an answer takes and gives stands in the starter of its exercise."""

import copy
from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy, one_hot

from helpers.check.judge import Look, call, close, compare, exercise, expect, form, kind, number, numbers, slopes
from helpers.own.event_camera import crossings as right_crossings
from helpers.own.winner_takes_all import winner_takes_all


@exercise("Estimate memory and time")
def estimate(answer: Callable) -> str:
    cases = [(40, 64, 32, 152, 4096, 3, 5000.0), (10, 7, 2000, 90000, 60000, 10, 250.0), (5, 3, 11, 600, 900, 2, 36.0)]

    def two(pair):
        several = isinstance(pair, tuple | list) or getattr(pair, "ndim", 0) == 1
        expect(several and len(pair) == 2, f"Return bytes, seconds: yours is {kind(pair)}.")
        return [number(value, "Each of the two") for value in pair]

    names = "seq_length batch_size neurons weights examples epochs rate"
    got, (t, b, n, w, examples, epochs, rate) = numbers(answer, names, cases, read=two)
    memory, seconds = got.T
    voltages = t * b * n
    right = 4 * (voltages + 4 * w)
    once, thrice = 4 * (voltages + w), 4 * (voltages + 3 * w)
    expect(not torch.allclose(memory, epochs * examples / rate), "Bytes come first, then seconds: yours are swapped.")
    mistakes = {
        "Those are numbers: each takes 4 bytes.": right / 4,
        "A weight is four numbers of 4 bytes, with its gradient and Adam's two averages: yours counts 4 bytes.": once,
        "Each voltage takes 4 bytes: yours counts one.": voltages + 16 * w,
        "Four numbers are needed for each weight: a voltage is one, yours counts four.": 16 * (voltages + w),
        "A weight is four numbers, with its gradient and Adam's two averages: yours counts three.": thrice,
        "Adam keeps two averages for each weight: yours counts weight and gradient alone.": 4 * (voltages + 2 * w),
        "Weights are there once, not for each example or time step.": 4 * t * b * (n + 4 * w),
        "A voltage is kept at each time step: yours counts one step.": 4 * (b * n + 4 * w),
        "A voltage is kept for each example of the batch: yours counts one.": 4 * (t * n + 4 * w),
        "The weights, four times, are missing.": 4 * voltages,
        "The voltages are missing.": 16 * w,
        "A float32 has 32 bits, which are 4 bytes: yours counts bits.": 8 * right,
        "Bytes are asked for: yours are megabytes.": right / 1e6,
    }
    compare("The memory for ", memory, right, mistakes, cases)
    mistakes = {
        "rate is examples a second: divide by it.": epochs * examples * rate,
        "Every epoch goes through the examples again: yours counts one epoch.": examples / rate,
        "A rate of examples is given, not of batches: the batch plays no part.": epochs * examples / rate / b,
        "The rate is of whole examples: seq_length plays no part.": epochs * examples * t / rate,
    }
    compare("The time for ", seconds, epochs * examples / rate, mistakes, cases)
    return "two lines of arithmetic, before a line of code. Only the rate has to be measured."


@exercise("Make spike trains")
def xor_spikes(answer: Callable) -> str:
    bits = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1], [1, 0]])
    jitter = torch.tensor([[0, 3], [4, 1], [2, 2], [1, 0], [0, 4]])
    got, right = call(answer, bits=bits, jitter=jitter), _spikes(bits, jitter)
    same = right.amax(1, keepdim=True).expand_as(right).contiguous()
    expect(getattr(got, "shape", None) != (5, 40, 2), "Time should be the first axis: yours is the second.")
    indices = isinstance(got, torch.Tensor) and got.dtype == torch.int64 and bool((got > 1).any())
    expect(not indices, "Those are numbers of steps: spikes are 0 and 1, (40, batch, 2).")
    expect(getattr(got, "dtype", None) not in (torch.bool, torch.int64), "The network takes floats: 0.0 and 1.0.")
    mistakes = {
        "Each input sends three spikes: yours sends one.": _spikes(bits, jitter, [0]),
        "Three spikes, 5 ms apart: yours come in steps that follow each other.": _spikes(bits, jitter, [0, 1, 2]),
        "Yours are early for 1: a 0 is early, a 1 is 20 ms later.": _spikes(1 - bits, jitter),
        "The jitter is missing: without it, the network could learn the times by heart.": _spikes(bits, 0 * jitter),
        "The first of the spikes comes in step jitter: yours comes 5 ms later.": _spikes(bits, jitter, [5, 10, 15]),
        "Each input sends three spikes: yours sends four.": _spikes(bits, jitter, [0, 5, 10, 15]),
        "Each input has a jitter of its own: yours gives both the first one's.": _spikes(bits, jitter[:, [0, 0]]),
        "The bits have no effect: a 1 comes 20 ms later.": _spikes(0 * bits, jitter),
        "The two inputs are swapped.": right.flip(2),
        "The first step has index 0: yours come one step late.": _spikes(bits, jitter, [1, 6, 11]),
        "There are spikes for bit 1 alone: a 0 sends three spikes too, early.": right * bits,
        "The sequences are not told apart: each one has its own bits and jitter.": same,
    }
    compare("The spikes at (step, example, input) ", got, right, mistakes)
    return "three spikes from each input, whatever the bits: only their time tells. So counting spikes is of no use."


def _spikes(bits, jitter, offsets=(0, 5, 10)):
    """As spikes_of of the template, which takes seconds to import."""
    z = torch.zeros(40, *bits.shape)
    for offset in offsets:
        z.scatter_(0, (jitter + 20 * bits + offset)[None], 1.0)
    return z


@exercise("Build the network")
def xor_net(answer: type) -> str:
    expect(isinstance(answer, type), f"Hand over the class by its name, without brackets: this is {kind(answer)}.")
    expect(issubclass(answer, torch.nn.Module), "The class should be a torch.nn.Module.")
    try:
        net = answer()
    except Exception as error:
        raise Look(f"The network cannot be made: {type(error).__name__}: {str(error)[:200]}") from None

    def draw(examples):
        bits, jitter = torch.randint(2, (examples, 2)), torch.randint(5, (examples, 2))
        return _spikes(bits, jitter), bits[:, 0] ^ bits[:, 1]

    pair = "lif and readout give a pair, output and state: take the first."
    hints = {
        "must be Tensor, not tuple": pair,
        "'tuple' object has no attribute": pair,
        "too many values to unpack (expected 2": "hidden and out give one tensor: only lif and readout give a pair.",
        'missing the required "forward"': "The class needs a method of this name, as far to the right as __init__.",
    }
    x, _ = draw(64)
    logits = call(net, hints, x=x)
    shape = getattr(logits, "shape", None)
    expect(not (isinstance(logits, tuple) and len(logits) == 2 and isinstance(logits[1], tuple)), pair)
    expect(not hasattr(logits, "indices") or isinstance(logits, torch.Tensor), "The result is the mean over time.")
    expect(shape != (40, 64, 2), "Time is still there: one decision for each example, such as the mean over time.")
    expect(shape != (40, 2), "The mean goes over time, the first axis: yours goes over the batch.")
    form("The result", logits, torch.zeros(64, 2))
    _compare_xor(copy.deepcopy(net), x)
    weights = [*net.hidden.parameters(), *net.out.parameters()]
    reached = all(slope is not None for slope in slopes(logits.square(), *weights))
    expect(reached, "The values are right, but no gradient gets to the weights.")
    optimizer = torch.optim.Adam(weights, lr=3e-2)
    for _ in range(200):
        x, labels = draw(64)
        loss = cross_entropy(net(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    x, labels = draw(1000)
    with torch.no_grad():
        right = (net(x).argmax(1) == labels).float().mean().item()
    late = f"The values are right, but after 200 steps only {right:.1%} of new examples are:"
    expect(right == 1, f"{late} leave the layers as they are given, with alpha 5.")
    return "100 % of 1,000 new examples after 200 steps, trained here from the start."


def _compare_xor(net: torch.nn.Module, x: torch.Tensor) -> None:
    """Expect that the logits of net for x come from its layers in the order of the exercise."""
    layers = [getattr(net, name, None) for name in ("hidden", "lif", "out", "readout")]
    expect(all(isinstance(layer, torch.nn.Module) for layer in layers), "Keep the four layers as they are.")
    hidden, lif, out, readout = layers
    with torch.no_grad():
        out.weight.abs_()  # so that spikes move the voltages upwards: else the first one might be the largest
        logits = net(x)
        z, turned = lif(hidden(x))[0], lif(hidden(x.transpose(0, 1)))[0]
        v, stateless = readout(out(z))[0], torch.cat([lif(hidden(x_t[None]))[0] for x_t in x])
        anew = torch.cat([readout(out(z_t[None]))[0] for z_t in stateless])
        mistakes = {
            "The state is lost between steps: hand all of x to the layers, once.": anew.mean(0),
            "The result is the mean over time: yours is the last voltage.": v[-1],
            "The result is the mean over time: yours is the sum.": v.sum(0),
            "The result is the mean over time: yours is the largest voltage.": v.amax(0),
            "These should be voltages: cross_entropy does the softmax itself.": v.mean(0).softmax(1),
            "The readout is missing: it comes last.": out(z).mean(0),
            "First out, then the readout: yours has them the other way round.": out(readout(z)[0]).mean(0),
            "lif is missing: it makes spikes of what hidden gives.": readout(out(hidden(x)))[0].mean(0),
            "The state is lost between steps: hand all of x to the layers at once.": readout(out(stateless))[0].mean(0),
            "ReLU is no neuron: lif makes the spikes.": readout(out(hidden(x).relu()))[0].mean(0),
            "Time is the first axis of x, as it comes: yours turns it round.": readout(out(turned))[0].mean(1),
        }
        expect(logits.any(), "The result is 0 everywhere: does lif come after hidden, and the readout last?")
        compare("The result ", logits, v.mean(0), mistakes)


@exercise("Crossings")
def crossings(answer: Callable) -> str:
    reference = torch.tensor([[0.0, 0.5, -1.0], [-2.0, 0.25, 0.1]])
    log = torch.tensor([[0.45, 0.55, -1.2], [0.1, -0.85, -0.6]])
    n, after = right_crossings(reference, log, 0.2)
    hints = {"one element tensor": "int takes one number only: trunc rounds all pixels at once."}
    got = call(answer, hints, reference=reference, log=log, threshold=0.2)
    expect(isinstance(got, tuple | list) and len(got) == 2, f"Return n and the new reference: yours is {kind(got)}.")
    expect(not (close(got[0], after) and close(got[1], n)), "First n, then the new reference: yours are swapped.")
    change = (log - reference) / 0.2
    mistakes = {
        "There is no event at all: the change of each pixel is log - reference, counted in thresholds.": 0 * n,
        "A pixel sends whole events: round towards 0.": change,
        "Rounded down, a small loss of light becomes an event: round towards 0, with trunc.": change.floor(),
        "Half a threshold is not enough for an event: round towards 0, with trunc.": change.round(),
        "OFF events count down: yours have lost their sign.": n.abs(),
        "ON and OFF are swapped: brighter is up.": -n,
        "A large change gives several events: yours gives one at most.": n.sign(),
        "How often does the threshold fit into the change? Divide by it.": ((log - reference) * 0.2).trunc(),
        "The change is from the reference: yours is the present value alone.": (log / 0.2).trunc(),
    }
    compare("n ", got[0], n, mistakes)
    mistakes = {
        "The reference moves by whole thresholds: if yours jumps to the present value, slow changes are lost.": log,
        "The reference moves by n thresholds: if yours takes the present value, a rest is lost.": torch.where(
            n != 0, log, reference
        ),
        "The reference moves where there were events: yours stays.": reference,
        "The reference moves by n times the threshold: yours moves by n.": reference + n,
        "The reference moves towards the present value: yours moves away.": reference - n * 0.2,
    }
    compare("The new reference ", got[1], after, mistakes)
    return "what is left below the threshold is kept for later, so that slow changes are seen too."


@exercise("Winner takes all")
def winner(answer: Callable) -> str:
    threshold = torch.tensor([1.0, 2.0, 1.2, 2.0])
    v = [[0.5, 3.0, 2.5, 0.1], [0.2, 0.1, 0.9, 0.3], [1.5, 9.0, 3.9, 2.5], [1.0, 1.0, 1.0, 1.0]]
    v += [[0.5, 1.9, 1.0, 1.5], [0.95, 1.8, 0.5, 1.5]]  # nobody is above its own threshold
    v += [[1.5, 1.0, 1.0, 1.0], [2.8, 4.4, 1.0, 1.0], [2.0, 3.0, 0.5, 0.5]]  # the last: two are equally far above
    v = torch.tensor(v)
    hints = {"but got 1)": "A row of v has one axis only, 0: the neurons."}
    got, above = call(answer, hints, v=v, threshold=threshold), v - threshold
    right = winner_takes_all(v, threshold)
    furthest, highest, any_above = one_hot(above.argmax(1), 4), one_hot(v.argmax(1), 4), above > 0
    of_column = one_hot(above.argmax(0), len(v)).T
    both = ((above == above.amax(1, keepdim=True)) & any_above).float()
    if isinstance(got, torch.Tensor) and got.shape == v.shape and not got.is_complex():
        got = got.to(v.dtype)
        if got[-1].tolist() == [0, 1, 0, 0]:  # of two that are equally far above, either may win
            right[-1] = got[-1]
    mistakes = {
        "One spike an example: yours lets all spike that are above their threshold.": any_above.float(),
        "Nobody spikes where no neuron is above its threshold: yours has a winner always.": furthest,
        "The winner is furthest above its own threshold: yours has the highest voltage.": highest * any_above,
        "The highest voltage always wins in yours: compare with the thresholds.": highest,
        "The competition is between neurons: yours is between examples.": of_column * any_above,
        "Those are numbers of neurons: spikes are 0 and 1, (batch, neurons).": above.argmax(1),
        "How far above is a difference: yours is a ratio.": one_hot((v / threshold).argmax(1), 4) * any_above,
        "Above its threshold is enough: yours takes the threshold off twice.": furthest * (above > threshold),
        "To be equal to its threshold is not enough: it has to be above.": furthest * (above >= 0),
        "Where two are equally far above, only one of them spikes: yours lets both.": both,
    }
    compare("z ", got, right, mistakes)
    return "one winner at most, and its own threshold decides. That is what shares the work among the neurons."
