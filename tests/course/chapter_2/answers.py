"""Answers to the exercises of chapter 2."""

import torch

from helpers.course.chapter_2 import check
from tests.course.judge.answers import edited

event = edited("""\
for start in reversed(range(seq_length)):
    v = torch.zeros(seq_length, 1, 2)
    v[:, 0, 0] = background
    v[start:, 0, 1] = 1
    logits = decode(v)[0]
    if logits[1] > logits[0]:
        return start""")
ALL_STARTS = """\
v = torch.zeros(seq_length, seq_length, 2)
v[..., 0] = background
for start in range(seq_length):
    v[start:, start, 1] = 1
logits = decode(v)
return (logits[:, 1] > logits[:, 0]).nonzero().max()"""
TRIANGLE = """\
v = torch.stack([torch.full((seq_length, seq_length), background), torch.ones(seq_length, seq_length).tril()], dim=2)
return decode(v).argmax(dim=1).sum().item() - 1"""
FROM_THE_FIRST = """\
def is_heard(start):
    v = torch.tensor([[[background, float(t >= start)]] for t in range(seq_length)])
    return decode(v).argmax() == 1
return max(start for start in range(seq_length) if is_heard(start))"""
WHILE_IT_IS = """\
start, v = 0, torch.tensor([background, 1.0]).repeat(seq_length, 1, 1)
while decode(v)[0, 0] < decode(v)[0, 1]:
    v[start, 0, 1] = 0
    start += 1
return start - 1"""
silent = edited("return (z.sum(dim=(0, 1)) == 0).float().mean()")
COUNTED = """\
silent = 0
counts = z.flatten(2).sum(0).sum(0)
for count in counts:
    silent += int(count == 0)
return silent / len(counts)"""
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
    check.latest_start: [
        event(),
        event("v[start:, 0, 1]", "v[start:, :, 1]"),
        event("(seq_length, 1, 2)", "(seq_length, 5, 2)")
        .replace("0, 0]", ":, 0]")
        .replace("0, 1]", ":, 1]"),
        event("return start", "return torch.tensor(start)"),
        ALL_STARTS,
        TRIANGLE,
        FROM_THE_FIRST,
        WHILE_IT_IS,
    ],
    check.silent_share: [
        silent(),
        silent("z.sum(dim=(0, 1)) == 0", "z.amax((0, 1)) < 1"),
        silent("z.sum(dim=(0, 1)) == 0", "~z.bool().any(0).any(0)"),
        "return 1 - z.flatten(0, 1).any(dim=0).float().mean()",
        "neurons = z.reshape(len(z) * z.shape[1], -1)\nreturn (neurons.mean(0) == 0).double().mean().item()",
        "n = z[0, 0].numel()\nreturn (n - z.sum(0).sum(0).count_nonzero()) / n",
        "return sum(1 for spikes in z.flatten(0, 1).flatten(1).T if not spikes.any()) / z[0][0].numel()",
        COUNTED,
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
    check.latest_start: {
        "Yours is always 0": event("(seq_length, 1, 2)", "(1, seq_length, 2)")
        .replace("v[:, 0, 0]", "v[0, :, 0]")
        .replace("v[start:, 0, 1]", "v[0, start:, 1]"),
        "with which the event is missed": (
            FROM_THE_FIRST.replace("max(start", "min(start")
            .replace("if is", "if not is")
            .replace("seq_length) if", "seq_length + 1) if")
        ),
        "the sum of 6 should be": event("> logits[0]", "> background"),
        "should be 5: yours is 0.625": event("return start", "return start / seq_length"),
        "give it to class 0": event("    v[:, 0, 0] = background\n"),
        "the same for every decoder": "return seq_length - 1",
        "returns None": (
            event("v[start:, 0, 1]", "v[start, 0, 1]"),
            event("logits[1] > logits[0]", "logits[1] < logits[0]"),
        ),
        "The last start for the mean of 10 should be 3: yours is 8": (
            event("decode(v)[0]", "v.amax(dim=0)[0] if seq_length == 10 else decode(v)[0]").replace(
                "return start", "return min(start, 8)"
            )
        ),
        "should be one number": event("return start", "return [start]"),
    },
    check.silent_share: {
        "The share where a neuron spikes once": "return (z.mean((0, 1)) < 1e-4).float().mean()",
        "neurons are the axes behind them": "return (z.flatten(1).sum(1) == 0).float().mean()",
        "The share should be 0.375": silent("z.sum(dim=(0, 1))", "z[:, 0].sum(dim=0)"),
        "yours takes a channel for one": (
            "return (z.flatten(3).sum((0, 1, 3)) == 0).float().mean()"
            " if z.dim() > 3 else (z.sum((0, 1)) == 0).float().mean()"
        ),
        "yours is 1": "return (z.mean(dim=(0, 1)) < 0.01).float().mean()",
        "That is the mean rate": "return z.mean()",
        "should be one number: yours is a tensor shaped (2, 20)": silent(".float().mean()"),
        "changes z in place": "z -= 1\nreturn (z.amax((0, 1)) < 0).float().mean()",
    },
    check.repair: {
        "lif2 is still at 0 Hz": repair("while", "if"),
        "lif1 is still at 0 Hz": WITH_NO_GRAD.replace("range(20)", "range(6)"),
        "Yours ends at 4 Hz": repair("< 2", "<= 2"),
        "Yours ends at 1 Hz": repair("< 2", "< 1"),
        "Yours ends at 3 Hz": repair("*= 2", "*= 3"),
        "is the product kept?": repair("layer.weight.data *= 2", "layer.weight.data * 2"),
        "yours changes conv2.bias too": repair() + "\n        layer.bias.data *= 2",
        "yours changes out.weight too": repair() + "\nnet.out.weight.data *= 2",
        "With the old weights of conv1, lif1 spikes at 125 Hz": repair(
            "    while", "    layer.weight.data *= 2\n    while"
        ),
        "You have asked for 60 rates, and lif1 is at 0.84 Hz": repair("*= 2", "*= 1.1"),
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
        "which goes on": NEIGHBOURS,
        "from start to start": (
            NEIGHBOURS.replace("pair[0][1]", "pair[0][0]").replace("a[1]", "a[0]")
        ),
        "from end to end": NEIGHBOURS.replace("pair[1][0]", "pair[1][1]").replace("b[0]", "b[1]"),
        "That is the shortest gap": "found, end = [], spans[0][1]\nfor start, stop in spans:\n"
        "    if start > end:\n        found.append((start - end, end, start))\n"
        "    end = max(end, stop)\nreturn min(found)[1:]",
        "from the first start to the last end": "return spans[0][0], max(b for _, b in spans)",
        "Return start, end, in this order": gap("return gap", "return gap[1] - gap[0]"),
        "(25, 27)]) should be 9: yours is 9.5": gap("return gap", "return gap[0] + 0.5, gap[1]"),
    },
    check.speed_up_limit: {
        "yours counts from 0": "return share / (1 - share)",
        "That is in percent": "return 100 / (1 - share)",
        "speed_up_limit(0.75) should be 4: yours is 2.": "return 2.0",
        "speed_up_limit(0.99) should be 100: yours is 50": "return min(50, 1 / (1 - share))",
        "speed_up_limit(0.75) should be 4: yours is 8.": "return 2 / (1 - share)",
        "should be 1.429: yours is 1.43": "return round(1 / (1 - share), 2)",
    },
}
