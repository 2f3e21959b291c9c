"""Answers to the exercises of chapter 3."""

from helpers.course.chapter_3 import check
from tests.course.judge.answers import edited

FAULTS = {"A": "does not wait for the GPU", "B": "no warm-up", "C": "times other work too"}

fold = edited("return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])")
RESHAPE = """\
y = layer(x.reshape(-1, *x.shape[2:]))
return y.view(len(x), -1, *y.shape[1:])"""
OF_IMAGES = """\
t, b, c, h, w = x.shape
return layer(x.reshape(t * b, c, h, w)).unflatten(0, (t, b))"""

reset = edited("return dz + dv * (v_reset - v), dv * (1 - z)")
BY_AUTOGRAD = """\
z, v = z.clone().requires_grad_(), v.clone().requires_grad_()
after = (1 - z) * v + z * v_reset
more, dv = torch.autograd.grad(after, (z, v), dv)
return dz + more, dv"""

conv = edited("return 2 * in_channels * out_channels * kernel**2 * size**2")

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


RIGHT = {
    check.faults: [
        FAULTS,
        {name: fault.capitalize() for name, fault in FAULTS.items()},
        {name.lower(): fault for name, fault in FAULTS.items()},
        {name: fault.replace("-", "") + "." for name, fault in FAULTS.items()},
    ],
    check.conv_flops: [
        conv(),
        lambda i, o, k, s: sum(2 * i * k * k for _ in range(o) for _ in range(s * s)),
    ],
    check.over_time: [
        fold(),
        RESHAPE,
        "return torch.vmap(layer)(x)",
        "return torch.stack(layer(torch.cat([*x])).chunk(len(x)))",
    ],
    check.back_through_reset: [
        reset(),
        reset("dv * (1 - z)", "torch.where(z > 0, 0.0, dv)"),
        "return torch.stack([dz - dv * (v - v_reset), dv - z * dv])",
        BY_AUTOGRAD,
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
        "There are out_channels maps": conv("out_channels * "),
        "yours counts one operation. The output has size * size pixels": "return in_channels * out_channels * kernel**2",
        "yours leaves one addition out": (
            "return out_channels * size**2 * (2 * in_channels * kernel**2 - 1)"
        ),
        "yours adds some of them": "return 2 * (in_channels * kernel**2 + out_channels * size**2)",
        "yours counts it": "return 2 * (in_channels * kernel**2 + 1) * out_channels * size**2",
        "yours counts one operation. There are out_channels maps": (
            "return in_channels * kernel**2 * size**2"
        ),
    },
    check.over_time: {
        "x does not always have so many axes": OF_IMAGES,
        "That is the first time step alone": "return layer(x[0])",
        "by 5 calls of the layer": "return torch.stack([layer(x_t) for x_t in x])",
        "no gradient gets back to x": fold() + ".detach()",
        "here with 4 axes: yours gives it (5, 3, 2, 4, 4)": "return layer(x)",
        "An axis of length 1 is an axis too": fold() + ".squeeze(0)",
    },
    check.back_through_reset: {
        "Yours subtracts it": reset("v_reset - v", "v - v_reset"),
        "Yours takes the dv that comes after 1 - z": (
            "dv = dv * (1 - z)\nreturn dz + dv * (v_reset - v), dv"
        ),
        "yours leaves dz as it was. The formula's derivative by v is 1 - z": "return dz, dv",
        "in another order than dz, dv": "return dv * (1 - z), dz + dv * (v_reset - v)",
        "Return dz, dv, in this order": reset(", dv * (1 - z)"),
        "changes dv in place": "dv *= 1 - z\nreturn dz + dv * (v_reset - v), dv",
        "for v = ": (
            reset("v_reset - v)", "v_reset - v) / 2"),
            reset("(1 - z)", "(v <= 1)"),
        ),
    },
    check.pays_from: {
        "A network does that in the seconds of compiling": "return first * slow",
        "or loops for ever": "n = 1\nwhile n / slow > first + n / fast:\n    n += 1\nreturn n",
        "the slow network is still ahead": "return round(first / (1 / slow - 1 / fast))",
        "should be 4000: yours is 3999": pays() + " - 1",
        "should be 4000: yours is 4000.5": pays() + " + 0.5",
        "first is missing": "return slow * fast / (fast - slow)",
        "yours begins too early": "return first * (fast - slow)",
        "pays_from(20, 100, 200) should be 4000: yours is 4100": pays() + " + slow",
    },
    check.moved: {
        "yours is a tensor shaped (4, 4)": share(".sum()", ".sum((0, 1, 2))"),
        "look at the spikes of exact alone. Divide by the spikes of exact": (
            "return (exact != coarse).float().mean()"
        ),
        "That compares how many spikes there are. They may all be at other moments.": "return (exact.sum() - coarse.sum()).abs() / exact.sum()",
        "which are in exact alone? Divide by the spikes of exact": (
            "return (coarse * (1 - exact)).sum() / coarse.sum()"
        ),
        "yours is a mean of shares": "return ((exact * (1 - coarse)).sum((0, 2)) / exact.sum((0, 2))).mean()",
        "should be 0.6667: yours is 0.67": (
            "return round(((exact * (1 - coarse)).sum() / exact.sum()).item(), 2)"
        ),
        "by all that either has": share("/ exact.sum()", "/ ((exact + coarse) > 0).sum()"),
        "turn them into .bool()": "return (exact & ~coarse).sum() / exact.sum()",
        "The result should be one number": "return exact * (1 - coarse)",
        "changes exact in place": "exact -= coarse\nreturn exact.clamp(0).sum() / 24",
    },
    check.first_there: {
        "it takes 8.89 s for 16, 8.95 s for 32": "return min(sorted(rates.keys() & images.keys())[::-1], key=lambda n: images[n] // rates[n])",
        "it takes 12 s for 32, 8.45 s for 64, 8.4 s for 128": first(
            "images[n] / rates[n]", "round(images[n] / rates[n])"
        ),
        "That is the slowest": first("images[n] / rates[n]", "rates[n] / images[n]"),
        "Batch 8 is in one of the dicts only": (
            "return min(rates, key=lambda n: images[n] / rates[n])"
        ),
        "Batch 256 is in one of the dicts only": (
            "return min(images, key=lambda n: images[n] / rates[n])"
        ),
        "should be one number: yours is a tuple of 2": (
            "return min((images[n] / rates[n], n) for n in images)"
        ),
        "it takes 400 s for 64, 333 s for 128, 141 s for 512": "return 128",
    },
}

NOT_DONE = {check.faults: [..., {"A": ..., "B": ..., "C": ...}]}
