"""The checks of chapter 3. What an answer takes and gives stands in the starter of its exercise.

Where an answer is not right, most give back the course's own, so that the rest goes on.
"""

from collections.abc import Callable

import torch

from helpers import model
from helpers.check.judge import NotDone, call, call_briefly, exercise, expect, kind
from helpers.check.values import BYTES, compare, expect_slopes, form, number, numbers, parts, variations

FAULTS = {"A": "does not wait for the GPU", "B": "no warm-up", "C": "times other work too"}
CLUES = {
    "A": "The GPU has its warm-up, and only steps are between the readings. Is all work done at the second?",
    "B": "One step is timed, and waited for. It compiles the network: what would remove that?",
    "C": "There is warm-up, and waiting. What does the for loop do besides calling step?",
}


@exercise("Three wrong timings")
def faults(answer: dict) -> str:
    expect(isinstance(answer, dict), f"The answer is a dict with the keys A, B, C: this is {kind(answer)}.")
    if ... in answer.values():
        raise NotDone
    choices = {_letters(fault): name for name, fault in FAULTS.items()}
    yours = {_letters(name): fault for name, fault in answer.items()}
    for name, clue in CLUES.items():
        expect(name.lower() in yours, f"Timing {name} has no answer yet.")
        fault = yours[name.lower()]
        known = ", ".join(map(repr, FAULTS.values()))
        expect(_letters(fault) in choices, f"For {name} choose one of {known}: yours is {fault!r}.")
        expect(choices[_letters(fault)] == name, f"Look at {name}. {clue}")
    return "warm up, wait, and keep everything else out. The fourth rule is to measure more than once."


def _letters(text) -> str:
    return str(text).lower().translate(str.maketrans("", "", " -."))


@exercise("Operations of a convolution", ours=lambda i, o, kernel, size: 2 * o * size**2 * i * kernel**2)
def conv_flops(answer: Callable) -> str:
    layers = [(1, 20, 5, 24), (20, 50, 5, 8), (3, 7, 2, 11)]
    got, (i, o, k, s) = numbers(answer, "in_channels out_channels kernel size", layers)

    def flops(each=2, i=i, o=o, weights=k**2, pixels=s**2):
        return each * i * o * weights * pixels

    outputs, terms = o * s**2, i * k**2
    factors = {"one operation": 1} | {f"{n} operations": n for n in (3, 4, 6, 16, 32)}
    added = [n * terms + m * outputs for n in (1, 2) for m in (1, 2)] + [flops(i=i + o, o=1), 2 * outputs * (i + k**2)]
    resized = [side**2 for side in (s - k + 1, s + k - 1, s - k, s // k)]
    mistakes = {
        "That is the number of outputs. How many operations does each of them take?": [outputs, 2 * outputs],
        "The bias is left out: yours counts it.": [flops() + outputs, flops() + 2 * outputs],
        "Each term is two operations, the first one too: yours leaves one addition out.": flops() - outputs,
        "Multiply the numbers of channels, weights and pixels: yours adds some of them.": added,
        "Each term is one multiplication and one addition: yours counts {}.": dict(each=factors),
        "That is in {}: operations are asked for.": dict(each={"millions": 2e-6, "billions": 2e-9}),
        "The sum goes over all input channels: yours {}.": dict(i={"takes one": 1, "counts them twice": i**2}),
        "There are out_channels maps: yours {}.": dict(o={"counts one": 1, "takes the input channels": i}),
        "The kernel has kernel * kernel weights: look at kernel.": dict(weights=[1, k, 2 * k, k**4]),
        "The output has size * size pixels: look at size.": dict(pixels=[1, s, 2 * s, s**4]),
        "size is that of the output already: the kernel does not change it.": dict(pixels=resized),
        "^ is no power in Python: that is **.": dict(weights=k.long() ^ 2, pixels=s.long() ^ 2),
    }
    compare("conv_flops", got, flops(), variations(flops, mistakes), layers)
    one, two = flops()[:2] / 1e6
    return f"{two:.1f} MFLOP for the second convolution of our network, {one:.1f} for the first."


@exercise("Fold time into the batch", ours=model.over_time)
def over_time(answer: Callable) -> str:
    hints = {"values to unpack": "x does not always have so many axes: all that you need are the first two."}
    layers = {
        (5, 3, 2, 4, 4): torch.nn.Conv2d(2, 6, 3),
        (4, 1, 6): torch.nn.Linear(6, 7),
        (2, 5, 2, 3, 3): torch.nn.Flatten(),
    }
    for shape, inner in layers.items():
        x, calls, axes = torch.randn(shape, requires_grad=True), [], len(shape) - 1

        def layer(images, inner=inner, calls=calls, axes=axes):
            calls.append(tuple(images.shape))
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
        expect_slopes(got, "x", x)
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
    fired, kept = v > 1, torch.where(v > 1, 0.0, dv)
    slope, *slopes = (1 / (u.abs() + 1) ** 2 for u in (v - 1, v, v + 1, 100 * (v - 1)))
    slopes += [1, slope.sqrt(), 1 / slope, v**-2]
    s, early, di_before = (dz - dv * v) * slope, (1 - b) * di + a * dv, di

    resets = {"adds": dv * v, "takes v_th - v": dv * (1 - v), "takes v - v_th": dv * (v - 1), "leaves v out": -dv}

    def back(s=None, begin=dz, reset=-dv * v, slope=slope, kept=kept, decay=1 - b, share=a, last=1 - a, **returned):
        """The five lines in parts, and what is returned as dx, dv, di."""
        dv = kept + ((begin + reset) * slope if s is None else s)
        di = decay * di_before + share * dv
        return torch.stack([*({"dx": di, "dv": last * dv, "di": di} | returned).values()])

    mistakes = {
        "a and b are swapped.": dict(decay=1 - a, share=b, last=1 - b),
        "a and b are given: yours takes 0.1 and 0.2, whatever they are.": dict(decay=0.8, share=0.1, last=0.9),
        "s is added to dv before di takes its share: yours comes too late.": dict(dx=early, di=early),
        "What is multiplied by 1 - a is the new dv: yours is as it came in.": dict(dv=(1 - a) * dv),
        "dx is di as it is after its own line: yours is as it came in.": dict(dx=di),
        "di on return is that of its own line: yours is as it came in.": dict(di=di),
        "The reset is missing in s: the spike also acts through v_reset - v.": dict(reset=0),
        "s has dz - dv * v, as v_reset is 0: yours {}.": dict(reset=resets),
        "s takes dv as it comes in: yours takes it after it was set to 0.": dict(reset=-kept * v),
        "s begins with dz: yours has the reset alone.": dict(begin=0),
        "s has the slope 1 / (|v - v_th| + 1) ** 2, as alpha is 1: look at that factor.": dict(slope=slopes),
        "s is missing: it is added to dv.": dict(s=0),
        "s is added to dv as it is: yours is {}.": dict(s={"subtracted": -s, "multiplied by a": a * s}),
        "The slope goes with all of dz - dv * v: look at the brackets.": dict(s=dz - dv * v * slope),
        "s is added also where the neuron fired, to the 0 there: yours is 0 there altogether.": dict(s=s * ~fired),
        "s is added everywhere: yours is there only where the neuron fired.": dict(kept=(dv - s) * ~fired),
        "dv is 0 where the neuron fired, as its voltage was reset: yours is kept.": dict(kept=dv),
        "dv is 0 where the neuron fired: yours is 0 where it did not.": dict(kept=dv * fired),
        "A neuron exactly on its threshold did not fire: it has to be above.": dict(kept=dv * (v < 1)),
        "A neuron fired where v is above v_th, which is 1: yours compares with 0.": dict(kept=dv * (v <= 0)),
        "di decays by the factor 1 - b: yours takes {}.": dict(decay={"none": 1, "b": b, "1 - a": 1 - a}),
        "di takes a * dv: yours takes {}.": dict(share={"nothing": 0, "all of dv": 1, "b * dv": b}),
        "Only di is multiplied by 1 - b, not a * dv: look at the brackets.": dict(share=(1 - b) * a),
        "dv shrinks by 1 - a after di has taken its share: yours before.": dict(share=a * (1 - a)),
        "In the end dv is multiplied by 1 - a: yours {}.": dict(last={"is not": 1, "by 1 - b": 1 - b, "by a": a}),
    }
    hints = {"name 'alpha' is not": "alpha is 1 here."}
    got = parts(call(answer, hints, v=v, dz=dz, dv=dv, di=di, a=a, b=b), "dx, dv, di", [*back()])
    for name, tensor in zip(("dx", "dv", "di"), got):
        form(name, tensor, v)
    given = {name: tensor.expand(3, 3, 7) for name, tensor in {"v": v, "dz": dz, "dv": dv, "di": di}.items()}
    compare("The gradient ", torch.stack(got), back(), variations(back, mistakes), ["dx", "dv", "di"], **given)
    return "the whole backward pass of a LIF neuron, and all it needs to be kept is v."


@exercise("When does compiling pay?", ours=lambda first, slow, fast: first / (1 / slow - 1 / fast))
def pays_from(answer: Callable) -> str:
    cases = [(20, 100, 200), (30, 250, 400), (5, 4000, 64000), (0, 10, 30)]
    got, (first, slow, fast) = numbers(answer, "first slow fast", cases, call_briefly)

    def images(paid=first, gained=1 / slow - 1 / fast, unit=1):
        return paid / gained / unit

    combined = [first + 1 / slow - 1 / fast, first * (1 / slow - 1 / fast)]
    alone = {"slow": 1 / slow, "fast": 1 / fast}
    seconds = {"": slow, " after compiling": fast}
    got = images() if ((got - images()).abs() <= 1).all() else got  # rounded up, or the first image ahead
    mistakes = {
        "Those are the seconds that an image gains: in how many images are they first?": 1 / slow - 1 / fast,
        "Divide first by the seconds that an image gains: yours adds or multiplies.": combined,
        "first is missing: the longer it compiles, the more images.": dict(paid=1),
        "Compiling is paid once: yours pays it twice.": dict(paid=2 * first),
        "What does an image gain? Yours multiplies slow by fast, whatever lies between.": dict(gained=1 / slow / fast),
        "The gain is a difference, 1 / slow - 1 / fast: yours is a ratio.": dict(gained=[slow / fast, fast / slow]),
        "Fast takes fewer seconds per image: yours has the two swapped.": dict(gained=1 / fast - 1 / slow),
        "n / slow = first + n / fast: yours has a wrong sign.": dict(gained=1 / slow + 1 / fast),
        "The {} network does that in the seconds of compiling: where are the two level?": dict(gained=alone),
        "That divides seconds by images per second, and gives no images.": dict(gained=[fast - slow, slow, fast]),
        "fast - slow is gained per second after compiling: yours begins too early.": dict(gained=1 / (fast - slow)),
        "That is in seconds{}: how many images does a network do in that time?": dict(unit=seconds),
    }
    compare("pays_from", got, images(), variations(images, mistakes), cases)
    return "n / slow = first + n / fast. For fewer images than that, go without the compiler."


def _moved(exact, coarse):
    return (exact * (1 - coarse)).sum() / exact.sum()


@exercise("Count the spikes that move", ours=_moved)
def moved(answer: Callable) -> str:
    exact, coarse = torch.zeros(2, 6, 3, 5)
    exact[:4, :, :2] = exact[4, 0, 3] = 1
    exact[0, 2, 0] = 0  # 24 spikes, not as many in each image
    coarse[:4, :2, 1] = coarse[3:, :, 4] = 1  # 8 of them, and 9 others
    pairs = [(exact, coarse), (coarse, exact)]
    a, b = torch.tensor([[one.sum(), other.sum()] for one, other in pairs]).T
    kept, steps = (exact * coarse).sum().expand(2), exact.numel()
    shares = [[((x * (1 - y)).sum(axes) / x.sum(axes)).nanmean() for x, y in pairs] for axes in (0, (0, 2), (1, 2))]
    fewer = [a - b, b - a, (a - b).abs(), (exact.sum(0) - coarse.sum(0)).abs().sum()]  # the last: neuron by neuron
    differ = a + b - 2 * kept
    silent = [steps - kept, steps - b, steps - differ, steps - a - b + kept]
    others = {"those of coarse": b, "those of both": a + b, "all that either has": a + b - kept}
    others |= {"the number of time steps": len(exact), "all time steps of all neurons": steps}

    def share(spikes=a - kept, of=a):
        return spikes / of

    mistakes = {
        "Upside down: the more spikes move, the larger the share.": 1 / share(),
        "Divide one sum of all spikes by the other: yours is a mean of shares.": [*map(torch.tensor, shares)],
        "Those are the spikes that stay: which of exact are missing in coarse?": dict(spikes=kept),
        "Those are the spikes that only coarse has: which are in exact alone?": dict(spikes=b - kept),
        "A spike that moves makes two steps differ: look at the spikes of exact alone.": dict(
            spikes=[differ, differ / 2]
        ),
        "That compares how many spikes there are. They may all be at other moments.": dict(spikes=fewer),
        "Silent steps count nothing: what is 1 only where exact has a spike?": dict(spikes=silent),
        "Divide by the spikes of exact: yours divides by {}.": dict(of=others),
        "That is a number of spikes or steps: divide by the spikes of exact.": dict(of=1),
        "A share is between 0 and 1: yours is in percent.": dict(of=a / 100),
    }
    hints = dict.fromkeys(["bitwise", "operator.invert"], "These are floats: turn them into .bool() before & and ~.")
    found = [number(call(answer, hints, exact=one, coarse=other), "The share") for one, other in pairs]
    labels = ["", " with the two the other way round"]
    compare("The share of moved spikes", torch.tensor(found), share(), variations(share, mistakes), labels)
    return "16 of 24 spikes in this example. Where only few move, the network still computes nearly the same."


def _first_there(rates, images):
    return min(rates.keys() & images.keys(), key=lambda batch: images[batch] / rates[batch])


@exercise("The batch that gets there first", ours=_first_there)
def first_there(answer: Callable) -> str:
    cases = [
        ({32: 300, 64: 400, 128: 500, 256: 550}, {32: 3600, 64: 3500, 128: 4200, 256: 5500}),  # 12, 8.75, 8.4, 10 s
        ({64: 100, 128: 150, 512: 700, 2048: 900}, {64: 4000, 128: 5000, 512: 9900, 2048: 60000}),  # 40, 33, 14, 67
        ({16: 90, 32: 100}, {16: 800, 32: 895}),  # 8.89 and 8.95, which // rounds to the same, as in the first case
        ({8: 50, 64: 400, 128: 500, 1024: 9000}, {64: 4000, 128: 5500, 256: 100}),  # 10 and 11; others only in one
    ]
    for rates, images in cases:
        both, single = sorted(rates.keys() & images.keys()), rates.keys() ^ images.keys()
        seconds = {batch: images[batch] / rates[batch] for batch in both}
        hints = {f"{batch}": f"Batch {batch} is in one of the dicts only: take those in both." for batch in single}
        got, right = call(answer, hints, rates=dict(rates), images=dict(images)), _first_there(rates, images)
        got = number(got, "The batch")
        mistakes = {
            f"That is the time of batch {right}: the batch is asked for.": seconds[right],
            "That is the one with the most images per second. How many images does it need?": max(both, key=rates.get),
            "That is the one that needs the fewest images. How fast does it see them?": min(both, key=images.get),
            "That is the slowest: the time is images needed over images per second.": max(both, key=seconds.get),
            f"Batch {got:g} is not in both dicts.": got if got not in both else -1,
        }
        times = ", ".join(f"{second:.3g} s for {batch}" for batch, second in seconds.items())
        name = f"With rates {rates} and images {images} it takes {times}. The batch"
        values = {sentence: torch.tensor(float(wrong)) for sentence, wrong in mistakes.items()}
        compare(name, torch.tensor(got), torch.tensor(float(right)), values)
    return "neither the fastest nor the one that needs the fewest images, but what is best for both together."


@exercise("Memory for the backward pass", ours=lambda seq_length, batch, neurons: 4 * seq_length * batch * neurons)
def saved_bytes(answer: Callable) -> str:
    sizes = [(16, 32, 500), (8, 3, 11520), (5, 64, 10)]
    got, (t, batch, neurons) = numbers(answer, "seq_length batch_size neurons", sizes)

    def saved(size=4, t=t, batch=batch, neurons=neurons):
        return size * t * batch * neurons

    more = {"leaves one out": t - 1, "adds one": t + 1}
    sums = [
        size * number for size in (1, 4) for number in (t + batch + neurons, t * (batch + neurons), t + batch * neurons)
    ]
    mistakes = {
        "The number of voltages is a product of the three: yours adds.": sums,
        "That is the number of values: each takes 4 bytes.": dict(size=1),
        "A float32 has 32 bits, which are 4 bytes: yours counts bits.": dict(size=32),
        "The voltage alone is kept, in 4 bytes: yours counts {}.": dict(size={f"{n}": n for n in (0.5, 2, 8, 12, 16)}),
        "Multiply by 4 bytes: yours divides.": dict(size=1 / 4),
        "That is in {}: bytes are asked for.": dict(size={unit: 4 / size for unit, size in BYTES.items()}),
        "A voltage is kept for each time step: yours {}.": dict(t={"takes one": 1} | more),
        "A voltage is kept for each image: yours {}.": dict(batch={"takes one": 1, "divides": 1 / batch}),
        "A voltage is kept for each neuron: yours {}.": dict(neurons={"takes one": 1, "counts it twice": neurons**2}),
    }
    compare("saved_bytes", got, saved(), variations(saved, mistakes), sizes)
    return "it grows with seq_length, though the network does not. Weights are the smaller part of the memory."


def _largest_batch(b1, m1, b2, m2, budget):
    return b1 + (budget - m1) * (b2 - b1) // (m2 - m1)


@exercise("The largest batch", ours=_largest_batch)
def largest_batch(answer: Callable) -> str:
    budgets = [(8, 100, 32, 340, 1000), (1, 75, 5, 275, 1024), (16, 640, 64, 2560, 1999)]
    # the memory for an image is no whole number; less than m1; many
    budgets += [(3, 10, 5, 15, 27), (8, 100, 32, 340, 75), (8, 100, 32, 340, 10_005)]
    got, (b1, m1, b2, m2, budget) = numbers(answer, "b1 m1 b2 m2 budget", budgets, call_briefly)
    more, batches = m2 - m1, b2 - b1
    slope = more / batches
    fixed, mixed_up = m1 - slope * b1, [m2 - slope * b1, m1 - slope * b2]
    rounded = {"": slope.floor(), " up": slope.ceil()}

    def fits(each=slope, fixed=None, whole=torch.floor):
        """The budget less the fixed part, by the memory for one image."""
        return whole((budget - (m1 - each * b1 if fixed is None else fixed)) / each)

    right, exact, less = fits(), fits(whole=torch.clone), [fits(whole=torch.ceil) - 1, fits() - 1]
    mistakes = {
        "98 images take 1,000 bytes, which fit. (If yours allows that: a float is a little too small.)": less,
        "Where fewer than b1 images fit, yours rounds up: // rounds down, int() towards 0.": b1 + (exact - b1).trunc(),
        "The budget may be smaller than m1: then fewer than b1 images fit.": right.maximum(b1),
        "More than b2 images may fit: yours stops there.": [right.minimum(b2), right.clamp(b1, b2)],
        "Any whole number will do: yours is a power of two.": 2 ** right.log2().floor(),
        "Any whole number will do, not only b1 and steps of b2 - b1.": b1 + ((budget - m1) / more).floor() * batches,
        "The budget is in bytes: subtract the fixed part before you divide.": (budget / slope - fixed).trunc(),
        "The line goes from images to bytes: the other way is asked for.": (slope * budget + fixed).trunc(),
        "A batch is a whole number of images.": dict(whole=torch.clone),
        "That is one image too many: round down, or it does not fit.": dict(whole=[torch.ceil, torch.round]),
        "": dict(whole=torch.trunc),  # as good as floor, unless another mistake makes the result negative
        "The part that does not grow with the batch takes memory too: yours leaves it out.": dict(fixed=0),
        "The fixed part leaves less for the images: yours leaves more.": dict(fixed=-fixed),
        "m{} is the memory of b{} images, not of none: what is there without any?": dict(fixed={"1": m1, "2": m2}),
        "b1 images take m1, and b2 take m2: yours has b1 with m2, or b2 with m1.": dict(fixed=mixed_up),
        "The memory for one image need not be a whole number: yours is rounded{}.": dict(each=rounded),
        "m{} / b{} is not the memory for one image: a part is always there.": dict(each={"1": m1 / b1, "2": m2 / b2}),
        "m2 - m1 is the memory of b2 - b1 images: what is that for one?": dict(each=more),
        "The slope is (m2 - m1) / (b2 - b1): yours {}.": dict(each={"is upside down": 1 / slope, "falls": -slope}),
    }
    compare("largest_batch", got, right, variations(fits, mistakes), budgets)
    return "two measurements are enough, as long as both come from the same device and settings."
