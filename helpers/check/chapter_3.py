"""The checks of chapter 3. What an answer takes and gives stands in the starter of its exercise.

Where an answer is not right, most give back the course's own, so that the rest goes on.
"""

from collections.abc import Callable

import torch

from helpers import model
from helpers.check.judge import (
    NotDone,
    call,
    call_briefly,
    compare,
    exercise,
    expect,
    form,
    kind,
    number,
    numbers,
    slopes,
)

FAULTS = {"A": "does not wait for the GPU", "B": "no warm-up", "C": "times other work too"}


@exercise("Three wrong timings")
def faults(answer: dict) -> str:
    expect(isinstance(answer, dict), f"The answer is a dict with the keys A, B, C: this is {kind(answer)}.")
    if ... in answer.values():
        raise NotDone
    letters = str.maketrans("", "", " -.")  # in capitals or not, with a hyphen or not
    by_letters = {fault.lower().translate(letters): fault for fault in FAULTS.values()}
    answer = {
        str(name).upper(): by_letters.get(str(fault).lower().translate(letters), fault)
        for name, fault in answer.items()
    }
    for name in FAULTS:
        expect(name in answer, f"Timing {name} has no answer yet.")
        known = ", ".join(repr(fault) for fault in FAULTS.values())
        expect(answer[name] in FAULTS.values(), f"For {name} choose one of {known}: yours is {answer[name]!r}.")
    hints = {
        "A": "In A, the GPU has its warm-up, and only steps are between the readings. Is all work done at the second?",
        "B": "In B, one step is timed, and waited for. It compiles the network: what would remove that?",
        "C": "In C, there is warm-up, and waiting. What does the for loop do besides calling step?",
    }
    for name, hint in hints.items():
        expect(answer[name] == FAULTS[name], hint)
    return "warm up, wait, and keep everything else out. The fourth rule is to measure more than once."


def _conv_flops(in_channels, out_channels, kernel, size):
    return 2 * out_channels * size * size * in_channels * kernel * kernel


@exercise("Operations of a convolution", ours=_conv_flops)
def conv_flops(answer: Callable) -> str:
    layers = [(1, 20, 5, 24), (20, 50, 5, 8), (3, 7, 2, 11)]
    got, (i, o, k, s) = numbers(answer, "in_channels out_channels kernel size", layers)
    right = _conv_flops(i, o, k, s)
    mistakes = {
        "Each term of the sum is a multiplication and an addition: yours counts one operation.": right / 2,
        "The kernel has kernel * kernel weights: yours counts them along one side only.": right / k,
        "The output has size * size pixels: yours counts them along one side only.": right / s,
        "The sum goes over all input channels: yours takes one of them.": right / i,
        "There are out_channels maps: yours counts one of them.": right / o,
        "Kernel and size count along both sides: yours takes each once.": right / k / s,
        "Each term is two operations, and the sum goes over all input channels: yours counts neither.": right / 2 / i,
        "Each term is two operations, and the kernel counts along both sides: yours counts neither.": right / 2 / k,
        "Each term is two operations, and the output counts along both sides: yours counts neither.": right / 2 / s,
        "Each term is two operations, and there are out_channels maps: yours counts neither.": right / 2 / o,
        "The bias is left out: yours counts it.": right + o * s**2,
        "The bias is left out: yours counts it, and twice.": right + 2 * o * s**2,
        "size is that of the output already: the kernel has been taken off.": 2 * i * o * k**2 * (s - k + 1) ** 2,
        "^ is no power in Python: that is **.": 2 * i * o * (k.long() ^ 2) * (s.long() ^ 2),
        "That is in millions: operations are asked for.": right / 1e6,
        "size is that of the output, not of the input.": 2 * i * o * k**2 * (s + k - 1) ** 2,
        "The sum goes over the input channels for each map: yours adds them up.": 2 * (i + o) * k**2 * s**2,
        "That is the number of outputs. How many operations does each of them take?": o * s**2,
        "That is twice the number of outputs. How many terms has the sum of each?": 2 * o * s**2,
        "That is the number of weights, twice. Each of them is used at every pixel of the output.": right / s**2,
        "That is the number of weights. Each of them is used at every pixel of the output.": right / s**2 / 2,
        "One image has one forward pass: the backward pass is not asked for.": 3 * right,
        "Each term is two operations, the first one too: yours leaves one addition out.": right - o * s**2,
        "Each term is one multiplication and one addition: yours counts four operations.": 2 * right,
        "One image is asked for: yours has a factor of 16, as for time steps.": 16 * right,
        "Each output is a sum of its own: multiply outputs and terms, yours adds them.": 2 * (i * k**2 + o * s**2),
        "Each output is a sum of its own: multiply outputs and terms, yours adds both.": i * k**2 + o * s**2,
        "Each output is a sum of its own: multiply outputs and terms, yours adds.": 2 * i * k**2 + o * s**2,
        "The kernel is at each pixel of the output: yours takes it away from size.": 2 * i * o * k**2 * (s // k) ** 2,
        "That is in billions: operations are asked for.": right / 1e9,
        "There are out_channels maps: yours takes the input channels twice.": 2 * i * i * k**2 * s**2,
        "The input channels count once: yours takes them twice.": right * i,
        "The kernel is kernel * kernel: yours counts it twice.": right * k**2,
    }
    compare("conv_flops", got, right, mistakes, layers)
    return f"{right[1] / 1e6:.1f} MFLOP for the second convolution of our network, {right[0] / 1e6:.1f} for the first."


@exercise("Fold time into the batch", ours=model.over_time)
def over_time(answer: Callable) -> str:
    hints = {"values to unpack": "x does not always have so many axes: all that you need are the first two."}
    layers = {
        (5, 3, 2, 4, 4): torch.nn.Conv2d(2, 6, 3),
        (4, 1, 6): torch.nn.Linear(6, 7),
        (2, 5, 2, 3, 3): torch.nn.Flatten(),
    }
    for shape, inner in layers.items():
        x, calls = torch.randn(shape, requires_grad=True), []

        def layer(images, inner=inner, shape=shape, calls=calls):
            calls.append(tuple(images.shape))
            axes = len(shape) - 1
            given = f"The layer takes (batch, ...), here with {axes} axes: yours gives it {calls[-1]}."
            expect(images.dim() == axes, given)
            return inner(images)

        right, (steps, batch) = torch.stack([inner(x_t) for x_t in x]), shape[:2]
        got = call(answer, hints, layer=layer, x=x)
        mixed_up = "The shape is right, but steps and images are mixed up: unfold as you folded"
        mistakes = {
            "An axis of length 1 is an axis too: yours is gone.": right.squeeze(),
            "Time and batch are still one axis: unfold them again.": right.flatten(0, 1),
            "seq_length comes first, then batch: yours has them the other way round.": right.transpose(0, 1),
            f"{mixed_up}, steps first.": right.flatten(0, 1).unflatten(0, (batch, steps)).transpose(0, 1),
            f"{mixed_up}, images first.": right.transpose(0, 1).flatten(0, 1).unflatten(0, (steps, batch)),
            "That is the first time step alone.": right[0],
            "What the layer makes of an image keeps its axes: yours makes one of them.": right.flatten(2),
        }
        compare(f"For x shaped {shape}, the result ", got, right, mistakes)
        expect(len(calls) == 1, f"Right values, but by {len(calls)} calls of the layer: one for all steps is the aim.")
        expect(slopes(got, x) != [None], "The values are right, but no gradient gets back to x: what cuts it off?")
    return "one call with a batch of 15 in place of 5 calls with 3. A layer without state cannot tell."


def _lif_backward(v, dz, dv, di, a, b):
    s = (dz - dv * v) / ((v - 1).abs() + 1) ** 2
    dv = torch.where(v > 1, 0.0, dv) + s
    di = (1 - b) * di + a * dv
    return di, (1 - a) * dv, di


@exercise("Back through one time step", ours=_lif_backward)
def lif_backward(answer: Callable) -> str:
    v, dz, dv, di = torch.randn(4, 3, 7)
    v, a, b = v + 1, 0.3, 0.15
    v[0, 0] = 1.0  # exactly on the threshold: it did not spike
    hints = {"name 'alpha' is not": "alpha is 1 here."}
    got = call(answer, hints, v=v, dz=dz, dv=dv, di=di, a=a, b=b)
    got = [*got] if isinstance(got, torch.Tensor) and got.shape == (3, *v.shape) else got  # of torch.stack
    yours = f"yours has {len(got)}" if isinstance(got, tuple | list) else f"yours is {kind(got)}"
    expect(yours == "yours has 3", f"Return three tensors, dx, dv, di: {yours}.")
    for name, tensor in zip(("dx", "dv", "di"), got):
        form(name, tensor, v)
    slope, fired, decayed = 1 / ((v - 1).abs() + 1) ** 2, v > 1, (1 - b) * di
    zeroed = dv.masked_fill(fired, 0.0)
    s = (dz - dv * v) * slope

    def back(new=zeroed + s, left=decayed, a=a):
        """The three, if dv is new after its line, and left is what decay leaves of di."""
        return torch.stack([left + a * new, (1 - a) * new, left + a * new])

    def current(dx):
        return torch.stack([dx, right[1], dx])

    right = back()
    dx, shrunk, _ = right
    mistakes = {
        "The reset is missing in s: the spike also acts through v_reset - v.": back(zeroed + dz * slope),
        "With v_reset = 0, s has dz - dv * v: yours adds.": back(zeroed + (dz + dv * v) * slope),
        "v_reset is 0, so that v_reset - v is -v: yours takes v_th - v.": back(zeroed + (dz - dv * (v - 1)) * slope),
        "v_reset is 0, so that v_reset - v is -v: yours takes v - v_th.": back(zeroed + (dz + dv * (v - 1)) * slope),
        "s is missing: it is added to dv.": back(zeroed),
        "The slope of the surrogate goes into s: yours has none.": back(zeroed + dz - dv * v),
        "The slope goes with all of dz - dv * v: look at the brackets.": back(zeroed + dz - dv * v * slope),
        "The slope is squared: yours is not.": back(zeroed + s / slope.sqrt()),
        "The slope is that of |v - v_th| + 1: yours is that of v alone.": back(zeroed + (dz - dv * v) / v**2),
        "The slope is taken at v - v_th: yours is at v.": back(zeroed + (dz - dv * v) / (v.abs() + 1) ** 2),
        "dv is 0 where the neuron fired, as its voltage was reset: yours is kept.": back(dv + s),
        "dv is 0 where the neuron fired: yours is 0 where it did not.": back(dv * fired + s),
        "A neuron exactly on its threshold did not fire: it has to be above.": back(dv * (v < 1) + s),
        "s takes dv as it comes in: yours takes it after it was set to 0.": back(zeroed + (dz - zeroed * v) * slope),
        "di decays: yours takes it without the factor 1 - b.": back(left=di),
        "di decays by the factor 1 - b: yours takes b.": back(left=b * di),
        "a and b are swapped.": back(left=(1 - a) * di, a=b),
        "a and b are given: yours takes 0.1 and 0.2, whatever they are.": back(left=0.8 * di, a=0.1),
        "s is added also where the neuron fired, to the 0 there: yours is 0 there altogether.": back((dv + s) * ~fired),
        "s is added everywhere: yours is there only where the neuron fired.": back(torch.where(fired, s, dv)),
        "Return dx, dv, di in this order: yours are in another.": right[[1, 0, 2]],
        "Return dx, dv, di in this order: your dv comes last.": right[[0, 2, 1]],
        "In the end dv is multiplied by 1 - a: yours is not.": torch.stack([dx, zeroed + s, dx]),
        "What is multiplied by 1 - a is the new dv: yours is as it came in.": torch.stack([dx, (1 - a) * dv, dx]),
        "dx is di as it is after its own line: yours is as it came in.": torch.stack([di, shrunk, dx]),
        "di on return is that of its own line: yours is as it came in.": torch.stack([dx, shrunk, di]),
        "di takes a * dv as well: yours only decays.": current(decayed),
        "di takes a * dv: yours takes b * dv.": current(decayed + b * (zeroed + s)),
        "di takes a * dv: yours takes all of dv.": current(decayed + zeroed + s),
        "di decays by the factor 1 - b: yours takes 1 - a.": back(left=(1 - a) * di),
        "In the end dv is multiplied by 1 - a: yours by 1 - b.": torch.stack([dx, (1 - b) * (zeroed + s), dx]),
        "In the end dv is multiplied by 1 - a: yours by a.": torch.stack([dx, a * (zeroed + s), dx]),
        "s is added to dv: yours is subtracted.": back(zeroed - s),
        "s begins with dz: yours has the reset alone.": back(zeroed - dv * v * slope),
        "The reset moves v by v_reset - v: yours leaves v out.": back(zeroed + (dz - dv) * slope),
        "alpha is 1 here: yours has another one.": back(zeroed + (dz - dv * v) / (100 * (v - 1).abs() + 1) ** 2),
        "The slope is that of v - v_th: yours is that of v + v_th.": back(
            zeroed + (dz - dv * v) / ((v + 1).abs() + 1) ** 2
        ),
        "s is added as it is: yours is multiplied by a.": back(zeroed + a * s),
        "Only di is multiplied by 1 - b, not a * dv: look at the brackets.": current((1 - b) * (di + a * (zeroed + s))),
        "s is added to dv before di takes its share: yours comes too late.": current(decayed + a * dv),
        "dv shrinks by 1 - a after di has taken its share: yours before.": current(decayed + a * shrunk),
    }
    given = {name: tensor.expand(3, 3, 7) for name, tensor in {"v": v, "dz": dz, "dv": dv, "di": di}.items()}
    compare("The gradient ", torch.stack(list(got)), right, mistakes, ["dx", "dv", "di"], **given)
    return "the whole backward pass of a LIF neuron, and all it needs to be kept is v."


def _pays_from(first, slow, fast):
    return first / (1 / slow - 1 / fast)


@exercise("When does compiling pay?", ours=_pays_from)
def pays_from(answer: Callable) -> str:
    cases = [(20, 100, 200), (30, 250, 400), (5, 4000, 64000), (0, 10, 30)]
    got, (first, slow, fast) = numbers(answer, "first slow fast", cases, call_briefly)
    right = _pays_from(first, slow, fast)
    got = right if ((got - right).abs() <= 1).all() else got  # rounded up, or the first image ahead
    mistakes = {
        "first is missing: the more seconds of compiling, the more images.": slow * fast / (fast - slow),
        "Those are the seconds that an image gains: in how many images are they first?": 1 / slow - 1 / fast,
        "That is slow times fast, whatever lies between them: what is gained by each image?": first * slow * fast,
        "The gain of an image is a difference, 1 / slow - 1 / fast: yours is a ratio.": first * fast / slow,
        "Compiling is paid once: yours pays it twice.": 2 * right,
        "Divide first by the seconds that an image gains: yours adds them.": first + 1 / slow - 1 / fast,
        "That is in seconds after compiling: images are asked for.": right / fast,
        "That is in seconds: images are asked for. How many does the slow network do in that time?": right / slow,
        "That is what the slow network does while the other compiles. The fast one has yet to catch up.": first * slow,
        "That is what the fast network would do in the seconds of compiling. It has not begun then.": first * fast,
        "That divides seconds by images per second, and gives no images.": first / (fast - slow),
        "Fast takes fewer seconds per image than slow: yours has the two the wrong way round.": -right,
        "For n images they take n / slow and first + n / fast seconds: yours has a wrong sign.": (
            first * slow * fast / (fast + slow)
        ),
        "fast - slow is gained in each second, also while the slow one goes on: set n / slow = first + n / fast.": (
            first * (fast - slow)
        ),
    }
    compare("pays_from", got, right, mistakes, cases)
    return "n / slow = first + n / fast. For fewer images than that, go without the compiler."


def _moved(exact, coarse):
    return (exact * (1 - coarse)).sum() / exact.sum()


@exercise("Count the spikes that move", ours=_moved)
def moved(answer: Callable) -> str:
    exact, coarse = torch.zeros(2, 6, 3, 5)
    exact[:4, :, :2] = 1  # 24 spikes
    coarse[:4, :2, 1] = 1  # 8 of them, and 6 others
    coarse[4:, :, 4] = 1
    hints = {
        word: "These are floats: turn them into .bool() before & and ~." for word in ("bitwise", "operator.invert")
    }
    found = number(call(answer, hints, exact=exact, coarse=coarse), "The share")
    kept, a, b, steps = (exact * coarse).sum(), exact.sum(), coarse.sum(), exact.numel()
    right = _moved(exact, coarse)
    mistakes = {
        "That is the share of the spikes that stay: those that move are asked for.": kept / a,
        "That is a share of all time steps of all neurons: one of the spikes is asked for.": (a - kept) / steps,
        "Silent steps of both agree without any merit: divide by the spikes of exact.": (a + b - 2 * kept) / steps,
        "A spike that moves makes two steps differ, and yours counts both: look at the spikes of exact alone.": (
            (a + b - 2 * kept) / a
        ),
        "That compares how many spikes there are. They may be as many, and all at other moments.": (a - b).abs() / a,
        "That compares how many spikes there are, with a sign.": (b - a) / a,
        "That is the number of spikes that move: divide it by all spikes of exact.": a - kept,
        "That is the number of steps that differ: a share of the spikes of exact is asked for.": a + b - 2 * kept,
        "That is the number of spikes that stay.": kept,
        "Divide by the spikes of exact: yours divides by those of coarse.": (a - kept) / b,
        "Start from the spikes of exact: yours starts from those of coarse.": (b - kept) / b,
        "Those are the spikes that only coarse has: the ones that only exact has are asked for.": (b - kept) / a,
        "A share is between 0 and 1: yours is in percent.": 100 * right,
        "Half of all differences is something else: look at the spikes of exact alone.": (a + b - 2 * kept) / a / 2,
        "Divide by the number of spikes: yours divides by the number of time steps.": (a - kept) / len(exact),
        "Divide by the spikes of exact: yours adds those of coarse.": (a - kept) / (a + b),
        "Divide by the spikes of exact: yours divides by all that either has.": (a - kept) / (a + b - kept),
        "Silent steps count nothing: what is 1 only where exact has a spike?": (steps - kept) / a,
        "Those are silent steps of both: the spikes of exact alone are asked for.": (steps - a - b + kept) / a,
        "That compares two rates. Spikes may be as many, and all at other moments.": (a - b) / steps,
    }
    compare("The share of moved spikes", torch.tensor(found), right, mistakes)
    nothing = number(call(answer, exact=exact, coarse=exact.clone()), "The share")
    expect(nothing == 0, f"Where both have the same spikes, none moves: yours is {nothing:.4g}.")
    return "16 of 24 spikes in this example. Where only few move, the network still computes nearly the same."


def _first_there(rates, images):
    return min(rates.keys() & images.keys(), key=lambda batch: images[batch] / rates[batch])


@exercise("The batch that gets there first", ours=_first_there)
def first_there(answer: Callable) -> str:
    cases = [
        ({32: 300, 64: 400, 128: 500, 256: 550}, {32: 3600, 64: 3500, 128: 4200, 256: 5500}),  # 12, 8.75, 8.4, 10 s
        ({64: 100, 128: 150, 512: 700, 2048: 900}, {64: 4000, 128: 5000, 512: 9900, 2048: 60000}),  # 40, 33, 14, 67
        ({16: 90, 32: 100}, {16: 800, 32: 1000}),  # 8.9 and 10: the smallest
        ({8: 50, 64: 400, 128: 500, 1024: 9000}, {64: 4000, 128: 5500, 256: 100}),  # 10 and 11; others only in one
    ]
    for rates, images in cases:
        both = sorted(rates.keys() & images.keys())
        seconds = {batch: images[batch] / rates[batch] for batch in both}
        hints = {
            str(batch): f"Batch {batch} is in one of the dicts only: take those that are in both."
            for batch in rates.keys() ^ images.keys()
        }
        got = number(call(answer, hints, rates=dict(rates), images=dict(images)), "The batch")
        right = _first_there(rates, images)
        mistakes = {
            f"That is the time of batch {right}: the batch is asked for.": seconds[right],
            "That is the one with the most images per second. How many images does it need?": max(both, key=rates.get),
            "That is the one that needs the fewest images. How fast does it see them?": min(both, key=images.get),
            "That is the slowest: the time is images needed over images per second.": max(both, key=seconds.get),
        }
        if got not in both:
            mistakes[f"Batch {got:g} is not in both dicts."] = got
        times = ", ".join(f"{second:.1f} s for {batch}" for batch, second in seconds.items())
        name = f"With rates {rates} and images {images} it takes {times}. The batch"
        values = {sentence: torch.tensor(float(wrong)) for sentence, wrong in mistakes.items()}
        compare(name, torch.tensor(got), torch.tensor(float(right)), values)
    return "neither the fastest nor the one that needs the fewest images, but what is best for both together."


def _saved_bytes(seq_length, batch_size, neurons):
    return 4 * seq_length * batch_size * neurons


@exercise("Memory for the backward pass", ours=_saved_bytes)
def saved_bytes(answer: Callable) -> str:
    sizes = [(16, 32, 500), (8, 3, 11520), (5, 64, 10)]
    got, (t, batch, neurons) = numbers(answer, "seq_length batch_size neurons", sizes)
    right = _saved_bytes(t, batch, neurons)
    mistakes = {
        "That is the number of values: each takes 4 bytes.": right / 4,
        "A float32 has 32 bits, which are 4 bytes: yours counts bits.": 8 * right,
        "That is one time step: a voltage is kept for each of them.": right / t,
        "That is one image: a voltage is kept for each of the batch.": right / batch,
        "That is one neuron: a voltage is kept for each of them.": right / neurons,
        "That is in megabytes: bytes are asked for.": right / 1e6,
        "That is in mebibytes: bytes are asked for.": right / 2**20,
        "That is in kilobytes: bytes are asked for.": right / 1e3,
        "That is in kibibytes: bytes are asked for.": right / 2**10,
        "The voltage alone is kept, of 4 bytes: does yours count the current too, or 8 bytes?": 2 * right,
        "A float32 takes 4 bytes: yours counts 2.": right / 2,
        "One number is kept: weights and Adam have no part in this.": 4 * right,
        "One number is kept, the voltage: yours counts three.": 3 * right,
        "The number of voltages is a product of the three: yours is a sum.": 4 * (t + batch + neurons),
        "Multiply by 4 bytes: yours divides.": right / 16,
        "Each neuron counts once: yours counts them twice.": right * neurons,
        "The voltage of each time step is kept, the last one too.": right - right / t,
        "That is in gigabytes: bytes are asked for.": right / 1e9,
    }
    compare("saved_bytes", got, right, mistakes, sizes)
    return "it grows with seq_length, though the network does not. Weights are the smaller part of the memory."


def _largest_batch(b1, m1, b2, m2, budget):
    return b1 + (budget - m1) * (b2 - b1) // (m2 - m1)


@exercise("The largest batch", ours=_largest_batch)
def largest_batch(answer: Callable) -> str:
    budgets = [(8, 100, 32, 340, 1000), (1, 75, 5, 275, 1024), (16, 640, 64, 2560, 1999)]
    # the memory for an image is no whole number; less than m1; many
    budgets += [(3, 10, 5, 15, 27), (8, 100, 32, 340, 75), (8, 100, 32, 340, 10_005)]
    got, (b1, m1, b2, m2, budget) = numbers(answer, "b1 m1 b2 m2 budget", budgets, call_briefly)
    slope, inverse = (m2 - m1) / (b2 - b1), (b2 - b1) / (m2 - m1)

    def images(each=slope, sign=-1):
        """What fits, if that is the memory for one image."""
        return (budget + sign * (m1 - each * b1)) / each

    exact, right = images(), images().floor()
    less = right - (exact == right).double()
    mistakes = {
        "A batch is a whole number of images.": exact,
        "That is one image too many: round down, or it does not fit.": exact.ceil(),
        "98 images take exactly 1,000 bytes, and fit. (If yours allows that, a float was a little too small.)": less,
        "The memory for one image need not be a whole number: yours is rounded.": images(slope.floor()).floor(),
        "The memory for one image need not be a whole number: yours is rounded up.": images(slope.ceil()).floor(),
        "Where fewer than b1 images fit, yours rounds up: // rounds down, int() towards 0.": b1 + (exact - b1).trunc(),
        "The budget may be smaller than m1: then fewer than b1 images fit.": torch.maximum(right, b1),
        "The part that does not grow with the batch takes memory too: yours leaves it out.": (budget / slope).floor(),
        "The fixed part leaves less for the images: yours leaves more.": images(sign=1).floor(),
        "m1 / b1 is not the memory for one image: a part of m1 is always there.": (budget * b1 / m1).floor(),
        "m2 / b2 is not the memory for one image: a part of m2 is always there.": (budget * b2 / m2).floor(),
        "m1 is the memory of b1 images, not of none: how much is there without any?": ((budget - m1) / slope).floor(),
        "m2 is the memory of b2 images, not of none: how much is there without any?": ((budget - m2) / slope).floor(),
        "The slope is (m2 - m1) / (b2 - b1): yours is upside down.": ((budget - (m1 - b1 * inverse)) / inverse).trunc(),
        "The slope is (m2 - m1) / (b2 - b1): yours has the other sign.": ((budget - m1 - slope * b1) / -slope).trunc(),
        "The budget is in bytes: subtract the fixed part before you divide.": (
            budget / slope - m1 + slope * b1
        ).trunc(),
        "The line goes from images to bytes: the other way is asked for.": (slope * budget + m1 - slope * b1).trunc(),
        "The fixed part is m1 - slope * b1: yours takes m2 and b1.": ((budget - m2 + slope * b1) / slope).trunc(),
        "More than b2 images may fit: yours stops there.": torch.minimum(right, b2),
        "Any whole number will do: yours is a power of two.": 2 ** right.log2().floor(),
    }
    compare("largest_batch", got, right, mistakes, budgets)
    return "two measurements are enough, as long as both come from the same device and settings."
