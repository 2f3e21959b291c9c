"""Answers to the exercises of chapter 3."""

from helpers.course.chapter_3 import check
from tests.course.checks.answers import edited

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


def flops(factor: float) -> str:
    return conv("2 * in", f"{factor} * in")


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
        "yours counts one operation": flops(1),
        "The kernel has kernel * kernel weights": conv("kernel**2", "kernel"),
        "The output has size * size pixels": conv("size**2", "size"),
        "The sum goes over all input channels": conv("in_channels * "),
        "There are out_channels maps": conv("out_channels * "),
        "look at kernel. The output has size * size pixels": conv("**2"),
        "That is the number of outputs": (
            "return out_channels * size**2",
            "return 2 * out_channels * size**2",
        ),
        "The output has size * size pixels: look at size.": conv(" * size**2"),
        "yours counts one operation. The output has size * size pixels": (
            "return in_channels * out_channels * kernel**2",
            "return in_channels * out_channels * kernel**2 * size",
        ),
        "the kernel does not change it": (
            conv("size**2", "(size - kernel + 1) ** 2"),
            conv("size**2", "(size // kernel) ** 2"),
            conv("size**2", "(size + kernel - 1) ** 2"),
        ),
        "^ is no power": conv("kernel**2 * size**2", "(kernel ^ 2) * (size ^ 2)"),
        "yours leaves one addition out": (
            "return out_channels * size**2 * (2 * in_channels * kernel**2 - 1)"
        ),
        "yours counts 4 operations": flops(4),
        "yours counts 32 operations": flops(32),
        "yours adds some of them": (
            "return 2 * (in_channels * kernel**2 + out_channels * size**2)",
            "return in_channels * kernel**2 + out_channels * size**2",
            "return out_channels * size**2 + 2 * in_channels * kernel**2",
            conv("in_channels * out_channels", "(in_channels + out_channels)"),
        ),
        "That is in billions": flops(2e-9),
        "yours takes the input channels": conv("out", "in"),
        "yours counts them twice": conv("in_channels", "in_channels**2"),
        "The kernel has kernel * kernel weights: look at kernel.": conv("kernel**2", "kernel**4"),
        "yours counts it": "return 2 * (in_channels * kernel**2 + 1) * out_channels * size**2",
        "yours counts one operation. The sum goes over all input channels": (
            "return out_channels * kernel**2 * size**2"
        ),
        "yours counts one operation. The kernel has kernel * kernel weights": (
            "return in_channels * out_channels * kernel * size**2"
        ),
        "That is in millions": flops(2e-6),
        "yours counts 6 operations": flops(6),
        "yours counts 3 operations": flops(3),
        "yours counts one operation. There are out_channels maps": (
            "return in_channels * kernel**2 * size**2"
        ),
        "The bias is left out": "return (2 * in_channels * kernel**2 + 1) * out_channels * size**2",
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
    check.back_through_reset: {
        "yours leaves dz as it was": reset("dz + dv * (v_reset - v)", "dz"),
        "add to dz": reset("dz + "),
        "Yours subtracts it": (reset("v_reset - v", "v - v_reset"), reset("dz + dv", "dz - dv")),
        "Yours leaves v out": reset("(v_reset - v)", "v_reset"),
        "Yours leaves v_reset out": reset("dv * (v_reset - v)", "dv * -v"),
        "Yours leaves dv out": reset("dv * (v_reset - v)", "(v_reset - v)"),
        "Yours takes the dv that comes after 1 - z": "dv = dv * (1 - z)\n"
        "return dz + dv * (v_reset - v), dv",
        "Yours takes z as well": reset("(v_reset - v)", "z * (v_reset - v)"),
        "Yours takes dz": reset("dv * (v_reset", "dz * (v_reset"),
        "yours is as it came in": reset("dv * (1 - z)", "dv"),
        "yours is kept where the neuron spiked": reset("dv * (1 - z)", "dv * z"),
        "yours is 1 - z alone": reset("dv * (1 - z)", "1 - z"),
        "yours has the spike's own part too": reset("dv * (1 - z)", "dv * (1 - z) + dz"),
        "yours leaves dz as it was. The formula's derivative by v is 1 - z": "return dz, dv",
        "in another order than dz, dv": "return dv * (1 - z), dz + dv * (v_reset - v)",
        "Return dz, dv, in this order": reset(", dv * (1 - z)"),
        "changes dv in place": "dv *= 1 - z\nreturn dz + dv * (v_reset - v), dv",
        "for v = ": reset("v_reset - v)", "v_reset - v) / 2"),
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
        "The result should be one number": "return exact * (1 - coarse)",
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
}

NOT_DONE = {check.faults: [..., {"A": ..., "B": ..., "C": ...}]}
