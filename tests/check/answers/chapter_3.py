"""Answers to the exercises of chapter 3."""

import numpy as np

from helpers.check import chapter_3 as check
from tests.check.answers import edited

FAULTS = {"A": "does not wait for the GPU", "B": "no warm-up", "C": "times other work too"}

fold = edited("return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])")
RESHAPE = """\
y = layer(x.reshape(-1, *x.shape[2:]))
return y.view(len(x), -1, *y.shape[1:])"""
OF_IMAGES = """\
t, b, c, h, w = x.shape
return layer(x.reshape(t * b, c, h, w)).unflatten(0, (t, b))"""

back = edited("""\
s = (dz - dv * v) / ((v - 1).abs() + 1) ** 2
dv = torch.where(v > 1, 0.0, dv) + s
di = (1 - b) * di + a * dv
return di, (1 - a) * dv, di""")
RETURN = "return di, (1 - a) * dv, di"
lines = edited("""\
di = (1 - b) * di
dz = dz - dv * v
dv = torch.where(v > 1, 0.0, dv)
dv = dv + dz / ((v - 1).abs() + 1) ** 2
di = di + a * dv
dv = (1 - a) * dv
return di, dv, di""")
DI, DV_SHRINKS = "di = di + a * dv\n", "dv = (1 - a) * dv\n"

pays = edited("return first / (1 / slow - 1 / fast)")

share = edited("return (exact * (1 - coarse)).sum() / exact.sum()")
BOOLEAN = """\
lost = exact.bool() & ~coarse.bool()
return lost.sum() / exact.sum()"""

first = edited("return min(rates.keys() & images.keys(), key=lambda n: images[n] / rates[n])")
IN_A_LOOP = """\
best = None
for n in rates:
    if n in images and (best is None or images[n] / rates[n] < images[best] / rates[best]):
        best = n
return best"""

saved = edited("return 4 * seq_length * batch_size * neurons")

batch = edited("""\
for_one = (m2 - m1) / (b2 - b1)
n = (budget - (m1 - b1 * for_one)) / for_one
return math.floor(n)""")
ENDLESS = """\
n = 0
while m1 + n <= budget:
    b1 + 1
return n"""


def flops(factor=2):
    return lambda in_channels, out_channels, kernel, size: (
        factor * in_channels * out_channels * kernel**2 * size**2
    )


def by_polyfit(b1, m1, b2, m2, budget):
    slope, fixed = np.polyfit([b1, b2], [m1, m2], 1)
    return int((budget - fixed) // slope)


RIGHT = {
    check.faults: [
        FAULTS,
        {name: fault.capitalize() for name, fault in FAULTS.items()},
        {name.lower(): fault for name, fault in FAULTS.items()},
        {name: fault.replace("-", "") + "." for name, fault in FAULTS.items()},
    ],
    check.conv_flops: [
        flops(),
        lambda i, o, k, s: sum(2 * i * k * k for _ in range(o) for _ in range(s * s)),
    ],
    check.over_time: [
        fold(),
        RESHAPE,
        "return torch.vmap(layer)(x)",
        "return torch.stack(layer(torch.cat([*x])).chunk(len(x)))",
    ],
    check.lif_backward: [
        *(lines(), back(), back(RETURN, "return [di, (1 - a) * dv, di]")),
        back(RETURN, "return torch.stack([di, (1 - a) * dv, di])"),
    ],
    check.pays_from: [
        pays(),
        "return first * slow * fast / (fast - slow)",
        "return math.ceil(first / (1 / slow - 1 / fast))",
        "return int(first / (1 / slow - 1 / fast)) + 1",
        "n = 0\nwhile n / slow < first + n / fast:\n    n += 1\nreturn n",
    ],
    check.moved: [
        share(),
        BOOLEAN,
        "return (exact > coarse).sum() / exact.sum()",
        "return (1 - coarse[exact.bool()]).mean()",
        "return 1 - (exact * coarse).sum().item() / exact.sum().item()",
    ],
    check.first_there: [
        first(),
        IN_A_LOOP,
        "return sorted((images.get(n, math.inf) / rates[n], n) for n in rates)[0][1]",
    ],
    check.saved_bytes: [saved(), "return torch.empty(seq_length, batch_size, neurons).nbytes"],
    check.largest_batch: [batch(), "return b2 + (budget - m2) * (b2 - b1) // (m2 - m1)"],
}

WRONG = {
    check.faults: {
        "The answer is a dict with the keys A, B, C": ["no warm-up"],
        "Timing C has no answer yet": {"A": FAULTS["A"], "B": FAULTS["B"]},
        "For A choose one of": {**FAULTS, "A": "too slow"},
        "Is all work done at the second?": {**FAULTS, "A": FAULTS["B"]},
        "what would remove that?": {**FAULTS, "B": FAULTS["A"]},
        "What does the for loop do besides": {**FAULTS, "C": FAULTS["A"]},
    },
    check.conv_flops: {
        "yours counts one operation": flops(1),
        "The kernel has kernel * kernel weights": lambda i, o, k, s: 2 * i * o * k * s * s,
        "The output has size * size pixels": lambda i, o, k, s: 2 * i * o * k * k * s,
        "The sum goes over all input channels": lambda i, o, k, s: 2 * o * k * k * s * s,
        "There are out_channels maps": lambda i, o, k, s: 2 * i * k * k * s * s,
        "look at kernel. The output has size * size pixels": lambda i, o, k, s: 2 * i * o * k * s,
        "That is the number of outputs": (
            lambda i, o, k, s: o * s * s,
            lambda i, o, k, s: 2 * o * s * s,
        ),
        "The output has size * size pixels: look at size.": lambda i, o, k, s: 2 * i * o * k * k,
        "yours counts one operation. The output has size * size pixels": (
            lambda i, o, k, s: i * o * k * k,
            lambda i, o, k, s: i * o * k * k * s,
        ),
        "the kernel does not change it": (
            lambda i, o, k, s: 2 * i * o * k * k * (s - k + 1) ** 2,
            lambda i, o, k, s: 2 * i * o * k * k * (s // k) ** 2,
            lambda i, o, k, s: 2 * i * o * k * k * (s + k - 1) ** 2,
        ),
        "^ is no power": lambda i, o, k, s: 2 * i * o * (k ^ 2) * (s ^ 2),
        "yours leaves one addition out": lambda i, o, k, s: o * s * s * (2 * i * k * k - 1),
        "yours counts 4 operations": flops(4),
        "yours counts 32 operations": flops(32),
        "yours adds some of them": (
            lambda i, o, k, s: 2 * (i * k * k + o * s * s),
            lambda i, o, k, s: i * k * k + o * s * s,
            lambda i, o, k, s: o * s * s + 2 * i * k * k,
            lambda i, o, k, s: 2 * (i + o) * k * k * s * s,
        ),
        "That is in billions": flops(2e-9),
        "yours takes the input channels": lambda i, o, k, s: 2 * i * i * k * k * s * s,
        "yours counts them twice": lambda i, o, k, s: 2 * i * i * o * k * k * s * s,
        "The kernel has kernel * kernel weights: look at kernel.": lambda i, o, k, s: (
            2 * i * o * k**4 * s * s
        ),
        "yours counts it": lambda i, o, k, s: 2 * (i * k * k + 1) * o * s * s,
        "yours counts one operation. The sum goes over all input channels": lambda i, o, k, s: (
            o * k * k * s * s
        ),
        "yours counts one operation. The kernel has kernel * kernel weights": lambda i, o, k, s: (
            i * o * k * s * s
        ),
        "That is in millions": flops(2e-6),
        "yours counts 6 operations": flops(6),
        "yours counts 3 operations": flops(3),
        "yours counts one operation. There are out_channels maps": lambda i, o, k, s: (
            i * k * k * s * s
        ),
        "The bias is left out": lambda i, o, k, s: (2 * i * k * k + 1) * o * s * s,
    },
    check.over_time: {
        "Time and batch are still one axis": fold(".unflatten(0, x.shape[:2])"),
        "yours has them the other way round": fold() + ".transpose(0, 1)",
        "unfold as you folded, steps first": fold(
            "x.shape[:2])", "(x.shape[1], len(x))).transpose(0, 1)"
        ),
        "unfold as you folded, images first": fold("x.flatten", "x.transpose(0, 1).flatten"),
        "yours makes one of them": fold() + ".flatten(2)",
        "yours is gone": fold() + ".squeeze()",
        "x does not always have so many axes": OF_IMAGES,
        "That is the first time step alone": "return layer(x[0])",
        "by 5 calls of the layer": "return torch.stack([layer(x_t) for x_t in x])",
        "no gradient gets back to x": fold() + ".detach()",
        "what cuts it off?": fold("x.flatten", "x.detach().flatten"),
        "here with 4 axes: yours gives it (5, 3, 2, 4, 4)": "return layer(x)",
        "here with 4 axes: yours gives it (30, 4, 4)": "return layer(x.flatten(0, 2))",
    },
    check.lif_backward: {
        "The reset is missing in dz": back("(dz - dv * v)", "dz"),
        "yours adds": back("dz - dv", "dz + dv"),
        "look at that factor": (
            back(" / ((v - 1).abs() + 1) ** 2"),
            back(" ** 2"),
            back("((v - 1).abs() + 1)", "v"),
            back("(v - 1).abs()", "v.abs()"),
            back("(v - 1).abs()", "100 * (v - 1).abs()"),
            back("(v - 1)", "(v + 1)"),
        ),
        "yours is kept": back("torch.where(v > 1, 0.0, dv)", "dv"),
        "yours is 0 where it did not": back("v > 1, 0.0, dv", "v > 1, dv, 0.0"),
        "yours takes none": back("(1 - b) * di", "di"),
        "yours takes b": back("(1 - b)", "b"),
        "changes dv in place": "dv[v > 1] = 0\n" + back(),
        "yours is a tuple of 2": back(RETURN, "return di, (1 - a) * dv"),
        "in another": back(RETURN, "return (1 - a) * dv, di, di"),
        "The results are right, but in another order than dx, dv, di": back(
            RETURN, "return di, di, (1 - a) * dv"
        ),
        "yours is 0 altogether": back("dv) + s", "dv + s)"),
        "exactly on its threshold": back("v > 1", "v >= 1"),
        "yours compares with 0": back("v > 1", "v > 0"),
        "look at brackets and order": lines("di = (1 - b) * di\n").replace(
            DI, DI + "di = (1 - b) * di\n"
        ),
        "after di has taken its share: yours before": lines(DI).replace(
            DV_SHRINKS, DV_SHRINKS + DI
        ),
        "takes its share in line 2: yours after": lines(DI).replace("dv = dv", DI + "dv = dv"),
        "In the end dv is multiplied by 1 - a: yours is not": lines(DV_SHRINKS),
        "through v_reset - v. dv is 0 where the neuron fired": back("(dz - dv * v)", "dz").replace(
            "0.0, dv", "dv, dv"
        ),
        "a and b are swapped": "a, b = b, a\n" + back(),
        "a and b are given": "a, b = 0.1, 0.2\n" + back(),
        "Line 3 is missing": back("dv) + s", "dv)"),
        "only where the neuron fired": back("0.0, dv) + s", "s, dv)"),
        "yours takes it after it was set to 0": back("dz - dv", "dz - torch.where(v > 1, 0.0, dv)"),
        "yours takes v_th - v": back("dv * v)", "dv * (v - 1))"),
        "yours takes nothing": back(" + a * dv"),
        "the new dv: yours is as it came in": back("dv = torch", "new = torch").replace(
            "a * dv", "a * new", 1
        ),
        "Only di is multiplied": back("(1 - b) * di + a * dv", "(1 - b) * (di + a * dv)"),
        "yours takes b * dv": back("a * dv", "b * dv"),
        "yours takes all of dv": back("a * dv", "dv"),
        "yours takes 1 - a": back("(1 - b)", "(1 - a)"),
        "yours by 1 - b": back("(1 - a)", "(1 - b)"),
        "yours by a": back("(1 - a)", "a"),
        "yours is subtracted": back("+ s", "- s"),
        "yours has the reset alone": back("dz - ", "-"),
        "yours leaves v out": back("dv * v)", "dv)"),
        "yours is multiplied by a": back("+ s", "+ a * s"),
        "alpha is 1 here.": back(".abs()", ".abs() * alpha"),
        "for v = ": back(RETURN, "return 2 * di, 2 * (1 - a) * dv, 2 * di"),
    },
    check.pays_from: {
        "is not 1 / slow - 1 / fast: look at the brackets": "return first / (1 / (slow - fast))",
        "is negative, and no seconds": "return first / (slow - fast)",
        "That is in seconds after compiling": pays() + " / fast",
        "That is in seconds: how many images does a network do in that time?": pays() + " / slow",
        "The slow network does that in the seconds of compiling": "return first * slow",
        "The fast network does that in the seconds of compiling": "return first * fast",
        "gives no images": "return first / (fast - slow)",
        "yours has the two swapped": pays("1 / slow - 1 / fast", "1 / fast - 1 / slow"),
        "or loops for ever": "n = 1\nwhile n / slow > first + n / fast:\n    n += 1\nreturn n",
        "first is missing": "return slow * fast / (fast - slow)",
        "in how many images are they first": pays("first / "),
        "What does an image gain?": "return first * slow * fast",
        "yours is a ratio": "return first * fast / slow",
        "yours pays it twice": pays("first", "2 * first"),
        "yours adds or multiplies": "return first + 1 / slow - 1 / fast",
        "yours has a wrong sign": pays(" - ", " + "),
        "yours begins too early": "return first * (fast - slow)",
        "pays_from(20, 100, 200) should be 4000: yours is 4100": pays() + " + slow",
    },
    check.moved: {
        "Those are the spikes that stay: which of exact are missing in coarse?": share(
            "(1 - coarse)", "coarse"
        ),
        "Divide by the spikes of exact: yours divides by all time steps of all neurons.": share(
            " / exact.sum()", " / exact.numel()"
        ),
        "look at the spikes of exact alone. Divide by the spikes of exact": "return (exact != coarse).float().mean()",
        "A spike that moves makes two steps differ: look at the spikes of exact alone.": (
            "return (exact != coarse).sum() / exact.sum()",
            "return (exact != coarse).sum() / 2 / exact.sum()",
        ),
        "That compares how many spikes there are. They may all be at other moments.": (
            "return (exact.sum() - coarse.sum()).abs() / exact.sum()",
            "return (coarse.sum() - exact.sum()) / exact.sum()",
        ),
        "That is a number of spikes or steps: divide by the spikes of exact.": share(
            " / exact.sum()"
        ),
        "look at the spikes of exact alone. That is a number of spikes or steps": "return (exact != coarse).sum()",
        "which of exact are missing in coarse? That is a number of spikes or steps": "return (exact * coarse).sum()",
        "yours divides by those of coarse": share("/ exact", "/ coarse"),
        "which are in exact alone? Divide by the spikes of exact": "return (coarse * (1 - exact)).sum() / coarse.sum()",
        "only coarse has": "return (coarse * (1 - exact)).sum() / exact.sum()",
        "Upside down": "return exact.sum() / (exact * (1 - coarse)).sum()",
        "yours is a mean of shares": (
            "return ((exact * (1 - coarse)).sum((0, 2)) / exact.sum((0, 2))).mean()",
            "return ((exact * (1 - coarse)).sum(0) / exact.sum(0)).nanmean()",
        ),
        "should be 0.6667: yours is 0.67": "return round(((exact * (1 - coarse)).sum() / exact.sum()).item(), 2)",
        "yours is in percent": "return 100 * (exact * (1 - coarse)).sum() / exact.sum()",
        "by the number of time steps": share("/ exact.sum()", "/ len(exact)"),
        "yours divides by those of both": share("/ exact.sum()", "/ (exact + coarse).sum()"),
        "by all that either has": share("/ exact.sum()", "/ ((exact + coarse) > 0).sum()"),
        "Silent steps count nothing": (
            "return (1 - exact * coarse).sum() / exact.sum()",
            "return ((1 - exact) * (1 - coarse)).sum() / exact.sum()",
        ),
        "They may all be at other moments. Divide by the spikes of exact": "return exact.mean() - coarse.mean()",
        "turn them into .bool()": "return (exact & ~coarse).sum() / exact.sum()",
        "The share should be one number": "return exact * (1 - coarse)",
        "changes exact in place": "exact -= coarse\nreturn exact.clamp(0).sum() / 24",
    },
    check.first_there: {
        "That is the time of batch 128": "return min(images[n] / rates[n] for n in rates.keys() & images.keys())",
        "with the most images per second": (
            "return max(rates, key=rates.get)",
            "return min(sorted(rates.keys() & images.keys())[::-1], key=lambda n: images[n] // rates[n])",
        ),
        "needs the fewest images": (
            "return min(images, key=images.get)",
            "return min(sorted(rates.keys() & images.keys()), key=lambda n: images[n] // rates[n])",
        ),
        "That is the slowest": first("images[n] / rates[n]", "rates[n] / images[n]"),
        "Batch 8 is in one of the dicts only": "return min(rates, key=lambda n: images[n] / rates[n])",
        "Batch 256 is in one of the dicts only": "return min(images, key=lambda n: images[n] / rates[n])",
        "should be one number: yours is a tuple of 2": "return min((images[n] / rates[n], n) for n in images)",
        "it takes 40 s for 64, 33.3 s for 128, 14.1 s for 512": "return 128",
    },
    check.saved_bytes: {
        "yours counts 8": saved("4", "8"),
        "yours counts 2": saved("4", "2"),
        "yours counts 16": saved("4", "16"),
        "yours counts 12": saved("4", "12"),
        "each image: yours divides": "return 4 * seq_length / batch_size * neurons",
        "yours adds": "return 4 * (seq_length + batch_size + neurons)",
        "yours divides": saved("4", "1 / 4"),
        "yours counts it twice": saved() + "**2",
        "yours leaves one out": saved("seq_length", "(seq_length - 1)"),
        "That is in GB": saved("4", "4e-9"),
        "That is in kB": saved("4", "4e-3"),
        "should be 1024000: yours is 10242": saved("4", "4.0008"),
        "That is in MiB": saved() + " / 2**20",
        "each takes 4 bytes": saved("4 * "),
        "yours counts bits": saved("4", "32"),
        "A voltage is kept for each time step: yours takes one": saved("seq_length * "),
        "A voltage is kept for each image": saved("batch_size * "),
        "A voltage is kept for each neuron: yours takes one": saved(" * neurons"),
        "That is in MB": saved("4", "4e-6"),
    },
    check.largest_batch: {
        "yours leaves more": batch("budget - (", "budget + ("),
        "largest_batch(8, 100, 32, 340, 1000) should be 98: yours is 98.25": batch(
            "math.floor(n)", "math.floor(n) + 0.25"
        ),
        "it takes too many steps, or loops for ever": ENDLESS,
        "a float is a little too small.)": by_polyfit,
        "yours is rounded.": batch("(m2 - m1) / (b2 - b1)", "(m2 - m1) // (b2 - b1)"),
        "yours is rounded up": batch("(m2 - m1) / (b2 - b1)", "math.ceil((m2 - m1) / (b2 - b1))"),
        "may be smaller than m1": batch("math.floor(n)", "max(b1, math.floor(n))"),
        "towards 0": batch("math.floor(n)", "b1 + int(n - b1)"),
        "should be 98: yours is 99": batch("math.floor(n)", "math.floor(n) + 1"),
        "m1 / b1 is not the memory for one image": "return budget * b1 // m1",
        "m2 / b2 is not the memory for one image": "return budget * b2 // m2",
        "A batch is a whole number of images": batch("math.floor(n)", "n"),
        "round down, or it does not fit": (batch("floor", "ceil"), batch("math.floor", "round")),
        "what is that for one?": "return b1 + (budget - m1) // (m2 - m1)",
        "not only b1 and steps of b2 - b1": "return b1 + (budget - m1) // (m2 - m1) * (b2 - b1)",
        "The part that does not grow with the batch": "return budget * (b2 - b1) // (m2 - m1)",
        "m2 is the memory of b2 images, not of none": "return (budget - m2) * (b2 - b1) // (m2 - m1)",
        "yours is upside down": batch("(m2 - m1) / (b2 - b1)", "(b2 - b1) / (m2 - m1)").replace(
            "math.floor", "int"
        ),
        "yours falls": batch("(m2 - m1)", "(m1 - m2)").replace("math.floor", "int"),
        "subtract the fixed part before you divide": (
            "for_one = (m2 - m1) / (b2 - b1)\nreturn int(budget / for_one - (m1 - b1 * for_one))"
        ),
        "the other way is asked for": "s = (m2 - m1) / (b2 - b1)\nreturn int(s * budget + m1 - s * b1)",
        "b1 images take m1, and b2 take m2": batch("m1 - b1", "m2 - b1").replace(
            "math.floor", "int"
        ),
        "yours stops there": batch("math.floor(n)", "min(b2, math.floor(n))"),
        "yours is a power of two": batch("math.floor(n)", "2 ** int(math.log2(n))"),
        "m1 is the memory of b1 images": "return (budget - m1) * (b2 - b1) // (m2 - m1)",
    },
}

NOT_DONE = {check.faults: [..., {"A": ..., "B": ..., "C": ...}]}
