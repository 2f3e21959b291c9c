"""Answers to the exercises of chapter 2."""

import torch

from helpers.course.chapter_2 import check
from tests.course.checks.answers import edited

decode = edited("return {'max': v.amax(0), 'mean': v.mean(0), 'last': v[-1]}[how]")
repair = edited("""\
for name, layer in before.items():
    while rate_of(name) < 2:
        layer.weight.data *= 2""")
gap = edited("""\
end, gap = spans[0][1], (0, 0)
for start, stop in spans:
    if start - end > gap[1] - gap[0]:
        gap = (end, start)
    end = max(end, stop)
return gap""")
WITH_NO_GRAD = """\
with torch.no_grad():
    for name in ("lif1", "lif2", "lif3"):
        for _ in range(20):
            if rate_of(name) >= 2:
                break
            before[name].weight.mul_(2)"""
SORTED = """\
last, found = None, []
for start, stop in sorted(spans):
    if last is not None and start > last:
        found.append((start - last, last, start))
    last = stop if last is None else max(last, stop)
return list(max(found)[1:])"""
NEIGHBOURS = """\
pairs = list(zip(spans, spans[1:]))
a, b = max(pairs, key=lambda pair: pair[1][0] - pair[0][1])
return a[1], b[0]"""


RIGHT = {
    check.decode: [
        decode(),
        decode("v.amax(0)", "v.max(dim=0).values"),
        decode("v.mean(0)", "v.sum(0) / len(v)"),
    ],
    check.spike_rate: [
        "return z.mean() / dt",
        "return z.sum().item() / (z.numel() * dt)",
        "return z.sum(dim=0).mean() / (len(z) * dt)",
    ],
    check.repair: [repair(), WITH_NO_GRAD, repair("*= 2", "*= 1.5")],
    check.longest_gap: [gap(), SORTED, gap("return gap", "return torch.tensor(gap)")],
    check.speed_up_limit: [
        "return 1 / (1 - share)",
        "rest = 1 - share\nreturn 1 / rest",
        lambda share: torch.tensor(1 - share) ** -1,
    ],
}

WRONG = {
    check.decode: {
        "yours is the median": decode("v.mean(0)", "v.median(0).values"),
        "The result for max": decode("v.amax", "v.relu().amax"),
        "should be": decode("v.amax", "v[1:].amax"),
        "For max, yours goes over the batch": decode("(0)", "(1)"),
        "For max, yours goes over the classes": decode("(0)", "(2)"),
        "Yours is a pair": decode("amax", "max"),
        "whatever its sign": decode("v.amax", "v.abs().amax"),
        "For mean, yours is a sum": decode("v.mean", "v.sum"),
        "For mean, yours gives the max": decode("v.mean", "v.amax"),
        "the voltage of the first step": decode("-1", "0"),
        "For last, yours goes over the batch": decode("-1", ":, -1"),
        "no gradient gets through": decode("v[-1]", "v[-1].detach()"),
        "changes v in place": "v -= v.mean()\nreturn v[-1]",
        "the logit is the voltage itself": "return v.argmax(dim=0)",
        "returns None for how = 'max'": "if how == 'mean':\n    return v.mean(dim=0)",
    },
    check.spike_rate: {
        "That is spikes per step": "return z.mean()",
        "spikes per millisecond": "return z.mean() / dt / 1000",
        "That is the number of all spikes": "return z.sum()",
        "yours is higher": "return z.mean() * dt",
        "x.numel() is the number": "return z.sum() / z.size / dt",
        "it should depend on dt": "return z.mean() * 1000",
        "should be one number: yours is a tensor shaped (3, 2, 5)": "return z.mean(0) / dt",
        "the rate of all neurons together": "return z.sum() / (len(z) * dt)",
        "divide by their number, too": "return z.sum() / (z.shape[0] * z.shape[1] * dt)",
        "is it divided by that twice?": "return z.mean() / (len(z) * dt)",
        "of how many neurons, and in how many steps?": "return z.sum() / dt",
        "from one spike to the next": "return dt / z.mean()",
    },
    check.repair: {
        "lif2 is still at 0 Hz": repair("while", "if"),
        "lif2 now spikes at": (repair("*= 2", "*= 1000"), repair("*= 2", "*= 4")),
        "lif1 now spikes at 20 Hz": repair("*= 2", "*= 10"),
        "is the product kept?": repair("layer.weight.data *= 2", "layer.weight.data * 2"),
        "yours changes conv2.bias too": repair() + "\n        layer.bias.data *= 2",
        "yours changes out.weight too": repair() + "\nnet.out.weight.data *= 2",
        "With the old weights of conv1, lif1 spikes at 125 Hz": repair(
            "    while", "    layer.weight.data *= 2\n    while"
        ),
        "You have asked for 60 rates, and lif3 is at 0.125 Hz": repair("*= 2", "*= 1.1"),
        "Begin at the input": (
            repair("before.items()", "reversed(before.items())"),
            "while rate_of('lif3') < 2:\n    net.hidden.weight.data *= 2",
        ),
        "leave hidden as it is": (
            "silent = [name for name in before if rate_of(name) < 2]\n"
            "for name in silent:\n    before[name].weight.data *= 8",
            "silent = [name for name in before if rate_of(name) < 2]\n"
            "for name in silent:\n    before[name].weight.data *= 2\n"
            "    while rate_of(name) < 2:\n        before[name].weight.data *= 2",
        ),
        "not the old ones times a factor": repair(
            "layer.weight.data *= 2", "layer.weight.data += 0.01"
        ),
        "Autograd need not know": repair("layer.weight.data", "layer.weight"),
        "multiply layer.weight.data in place": repair(
            "layer.weight.data *= 2", "layer.weight = layer.weight * 2"
        ),
        "A layer is more than its weights": repair("layer.weight.data *= 2", "layer *= 2"),
        "yours asks for 'conv2'": "while rate_of('conv2') < 2:\n    net.conv2.weight.data *= 2",
        "Return the network": "return rate_of('lif2')",
    },
    check.longest_gap: {
        "which goes on": (NEIGHBOURS, gap("max(end, stop)", "stop")),
        "from start to start": NEIGHBOURS.replace("pair[0][1]", "pair[0][0]").replace(
            "a[1]", "a[0]"
        ),
        "from end to end": NEIGHBOURS.replace("pair[1][0]", "pair[1][1]").replace("b[0]", "b[1]"),
        "That is the longest operation": "return max(spans, key=lambda span: span[1] - span[0])",
        "That is the shortest gap": (
            gap("spans[0][1]", "spans[1][1]"),
            "found, end = [], spans[0][1]\nfor start, stop in spans:\n"
            "    if start > end:\n        found.append((start - end, end, start))\n"
            "    end = max(end, stop)\nreturn min(found)[1:]",
        ),
        "That is the last gap: another one is longer": gap(
            "start - end > gap[1] - gap[0]", "start > end"
        ),
        "That is the first gap: another one is longer": gap(
            "max(end, stop)\n", "max(end, stop)\n    if gap[1]:\n        break\n"
        ),
        "its end comes before its start": gap("return gap", "return gap[::-1]"),
        "a start and a length": gap("return gap", "return gap[0], gap[1] - gap[0]"),
        "from the first start to the last end": "return spans[0][0], max(b for _, b in spans)",
        "Return start, end, in this order": gap("return gap", "return gap[1] - gap[0]"),
        "start should be 9: yours is 9.5": gap("return gap", "return gap[0] + 0.5, gap[1]"),
    },
    check.speed_up_limit: {
        "yours promises less": "return 1 / share",
        "yours takes its square": "return 1 / (1 - share) ** 2",
        "That is the share itself": "return share",
        "That is the time that is left": "return 1 - share",
        "more than twice as fast": "return 1 + share",
        "yours takes it for percent": "return 1 / (1 - share / 100)",
        "yours counts from 0": "return share / (1 - share)",
        "That is in percent": "return 100 / (1 - share)",
        "the same number for every share": "return 2.0",
        "speed_up_limit(0.75) should be 4: yours is 8.": "return 2 / (1 - share)",
    },
}
