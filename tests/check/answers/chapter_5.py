"""Answers to the exercises of chapter 5."""

import torch

from helpers.check import chapter_5 as check
from helpers.neuron import LIF
from helpers.own.template.my_problem import Net, spikes_of
from tests.check.answers import edited

estimate = edited("""\
n_bytes = 4 * (seq_length * batch_size * neurons + 4 * weights)
seconds = epochs * examples / rate
return n_bytes, seconds""")

trains = edited("""\
for k in range(3):
    z.scatter_(0, (jitter + 20 * bits + 5 * k)[None], 1.0)""")
LOOP = """\
for k in range(3):
    for n, pair in enumerate((jitter + 20 * bits + 5 * k).tolist()):
        for side, step in enumerate(pair):
            z[step, n, side] = 1"""

crossed = edited("""\
n = ((log - reference) / threshold).trunc()
return n, reference + n * threshold""")

won = edited("""\
above = v - threshold
z = torch.zeros_like(v).scatter_(1, above.argmax(1, keepdim=True), 1.0)
return z * (above > 0)""")
always = edited("return torch.eye(4)[(v - threshold).argmax(1)]")


xor = edited("""\
z, _ = self.lif(self.hidden(x))
v, _ = self.readout(self.out(z))
return v.mean(0)""")
ONE_BY_ONE = "z = torch.cat([self.lif(self.hidden(x[t : t + 1]))[0] for t in range(40)])"
READ_ONE_BY_ONE = "v = torch.cat([self.readout(self.out(z[t : t + 1]))[0] for t in range(40)])"


class Flat(Net):
    def __init__(self):
        super().__init__()
        self.lif = LIF(alpha=1.0)


def net(decide):
    return type("Changed", (Net,), {"forward": decide})


RIGHT = {
    check.estimate: [
        *(estimate(), estimate("n_bytes, seconds", "[torch.tensor(float(x)) for x in (n_bytes, seconds)]")),
        estimate("n_bytes, seconds", "torch.tensor([n_bytes, seconds], dtype=torch.float64)"),
    ],
    check.xor_spikes: [trains(), LOOP, lambda bits, jitter: spikes_of(bits, jitter)],
    check.xor_net: [xor(), xor("v.mean(0)", "v.sum(0) / 40"), type("Mine", (Net,), {"extra": torch.nn.Linear(3, 3)})],
    check.crossings: [crossed()],
    check.winner: [
        *(won(), won("z * (above > 0)", "(z * (above > 0)).bool()"), won("z *", "z.to(torch.uint8) *")),
        won("above.argmax(1", "3 - above.flip(1).argmax(1"),
    ],
}

WRONG = {
    check.estimate: {
        "each takes 4 bytes": estimate("4 * (", "1 * ("),
        "a voltage is one": estimate("+ 4 * weights)", "+ weights) * 4"),
        "counts bits": estimate("4 * (", "32 * ("),
        "yours counts 4 bytes": estimate(" + 4 *", " +"),
        "yours counts three": estimate("+ 4", "+ 3"),
        "Each voltage takes 4 bytes": estimate("4 * (seq", "(seq").replace("4 * weights", "16 * weights"),
        "weight and gradient alone": estimate("+ 4", "+ 2"),
        "yours are swapped": estimate("n_bytes, seconds", "seconds, n_bytes"),
        "divide by it": estimate("/ rate", "* rate"),
        "counts one epoch": estimate("epochs * "),
        "Return bytes, seconds": estimate("n_bytes, seconds", "n_bytes"),
    },
    check.xor_spikes: {
        "yours sends one": trains("3", "1"),
        "yours comes 5 ms later": trains("5 * k", "5 * k + 5"),
        "yours sends four": trains("3", "4"),
        "the first one's": trains("jitter", "jitter[:, [0, 0]]"),
        "follow each other": trains("5 * k", "k"),
        "one step late": trains("5 * k", "5 * k + 1"),
        "The bits have no effect": trains("20 * bits", "0 * bits"),
        "Yours are early for 1": trains("bits", "(1 - bits)"),
        "The jitter is missing": trains("jitter", "0 * jitter"),
        "inputs are swapped": trains() + "\nz = z.flip(2)",
        "for bit 1 alone": trains() + "\nz = z * bits",
        "Time should be the first axis": trains() + "\nz = z.transpose(0, 1)",
        "takes floats": trains() + "\nz = z.bool()",
        "Those are numbers of steps": "z = jitter + 20 * bits",
    },
    check.xor_net: {
        "This is the course's own": Net,
        "without brackets": Flat(),
        "yours is the last voltage": xor("v.mean(0)", "v[-1]"),
        "yours is the sum": xor("mean", "sum"),
        "yours is the largest": xor("mean", "amax"),
        "does the softmax itself": xor() + ".softmax(1)",
        "The readout is missing": xor("v, _ = self.readout(self.out(z))", "v = self.out(z)"),
        "the other way round": xor("self.out(z)", "z").replace("v.mean", "self.out(v).mean"),
        "lif is missing": xor("self.lif(self.hidden(x))", "self.hidden(x), None"),
        "0 everywhere": xor("self.readout(", "self.lif("),
        "leave the layers as they are given": Flat,
        "The state is lost between steps": xor("z, _ = self.lif(self.hidden(x))", ONE_BY_ONE),
        "hand all of x to the layers, once": f"{ONE_BY_ONE}\n{READ_ONE_BY_ONE}\nreturn v.mean(0)",
        "ReLU is no neuron": xor("self.lif(self.hidden(x))", "self.hidden(x).relu(), None"),
        "yours turns it round": xor("(x)", "(x.transpose(0, 1))").replace("mean(0)", "mean(1)"),
        "no gradient gets to the weights": xor() + ".detach()",
        "take the first": xor("z, _", "z"),
        "only lif and readout give a pair": "z, _ = self.hidden(x)\nreturn z",
        "needs a method of this name": type("NoForward", (torch.nn.Module,), {}),
        "Time is still there": xor(".mean(0)"),
        "yours goes over the batch": xor("mean(0)", "mean(1)"),
        "a pair, output and state": xor("v.mean(0)", "self.readout(v)"),
        "The result [0, 0] should be": "return self.out(self.hidden(x)).mean(0)",
    },
    check.crossings: {
        "yours are swapped": crossed("n, reference + n * threshold", "reference + n * threshold, n"),
        "trunc rounds all pixels at once": "return int((log - reference) / threshold), reference",
        "Rounded down": crossed("trunc", "floor"),
        "Half a threshold": crossed("trunc", "round"),
        "whole events": crossed(".trunc()"),
        "lost their sign": crossed("trunc()", "trunc().abs()"),
        "ON and OFF are swapped": crossed("log - reference", "reference - log"),
        "slow changes are lost": crossed("reference + n * threshold", "log"),
        "a rest is lost": crossed("reference + n * threshold", "torch.where(n != 0, log, reference)"),
        "yours stays": crossed(" + n * threshold"),
        "yours moves by n": crossed("n * threshold", "n"),
    },
    check.winner: {
        "lets all spike": "return (v > threshold).float()",
        "has a winner always": always(),
        "has the highest voltage": won("above.argmax", "v.argmax"),
        "always wins": always("(v - threshold)", "v"),
        "should be": always() + " * (v > 1)",
        "it has to be above": won("(above > 0)", "(above >= 0)"),
        "between examples": won("scatter_(1, above.argmax(1,", "scatter_(0, above.argmax(0,"),
        "shaped (9, 4) here": always("4", "9"),
        "yours is a ratio": always().replace("-", "/") + " * (v > threshold)",
        "twice": always() + " * (v > 2 * threshold)",
        "yours lets both": "above = v - threshold\nreturn (above == above.amax(1, keepdim=True)) * (above > 0)",
        "A row of v has one axis only": "return [row.argmax(dim=1) for row in v]",
        "numbers of neurons": "return (v - threshold).argmax(1)",
    },
}

MODULES = {check.xor_net: net}
