"""Answers to the exercises of chapter 9."""

from functools import partial

import torch

from helpers.course.chapter_9 import check
from helpers.course.template.my_problem import Net, spikes_of
from helpers.neuron import LIF
from tests.course.judge.answers import edited

estimate = edited("""\
n_bytes = 4 * (seq_length * batch_size * neurons + 4 * weights)
seconds = epochs * examples * seq_length * neurons / speed
return n_bytes, seconds""")

trains = edited("""\
for k in range(3):
    z.scatter_(0, (jitter + 20 * bits + 5 * k)[None], 1.0)""")
FILLED = """\
since = torch.arange(40)[:, None, None] - jitter - 20 * bits
return ((since >= 0) & (since <= 10)).float()"""
LOOP = """\
for k in range(3):
    for n, pair in enumerate((jitter + 20 * bits + 5 * k).tolist()):
        for side, step in enumerate(pair):
            z[step, n, side] = 1"""

crossed = edited("""\
n = ((log - reference) / threshold).trunc()
return n, reference + n * threshold""")

CHANGE = "((log - reference) / threshold).trunc()"
ONE_AT_MOST = """\
change = log - reference
n = (change >= threshold).float() - (change <= -threshold).float()
return n, reference + n * threshold"""

ran = edited("""\
if forget_every is not None and t % forget_every == 0:
    state = None
z, state = cell(x_t, state)
spikes.append(z)""")
AFTER = """\
z, state = cell(x_t, state)
spikes.append(z)
if forget_every and (t + 1) % forget_every == 0:
    state = None"""

won = edited("""\
above = v - threshold
z = torch.zeros_like(v).scatter_(1, above.argmax(1, keepdim=True), 1.0)
return z * (above > 0)""")
always = edited("return torch.eye(len(threshold))[(v - threshold).argmax(1)]")


xor = edited("""\
z, _ = self.lif(self.hidden(x))
v, _ = self.readout(self.out(z))
return v.mean(0)""")
read_out = partial(xor, "v.mean(0)")
ONE_BY_ONE = "z = torch.cat([self.lif(self.hidden(x[t : t + 1]))[0] for t in range(40)])"
READ_ONE_BY_ONE = "v = torch.cat([self.readout(self.out(z[t : t + 1]))[0] for t in range(40)])"
READ = "return self.readout(self.out(z))[0].mean(0)"
LOOP_OF_LIF = "z = torch.stack([self.lif(self.hidden(x_t))[0] for x_t in x])"
LOOP_OF_BOTH = (
    f"{LOOP_OF_LIF}\nreturn torch.stack([self.readout(self.out(z_t))[0] for z_t in z]).mean(0)"
)
LOOP_WITH_STATE = """\
state, z = None, []
for x_t in x:
    z_t, state = self.lif(self.hidden(x_t), state)
    z.append(z_t)
z = torch.stack(z)"""
LOOP_OF_BOTH_WITH_STATE = f"""\
{LOOP_WITH_STATE}
state, v = None, []
for z_t in z:
    v_t, state = self.readout(self.out(z_t), state)
    v.append(v_t)
return torch.stack(v).mean(0)"""
GOOD_LOOP = """\
s, r, v = None, None, []
for x_t in x:
    z, s = self.lif(self.hidden(x_t[None]), s)
    voltage, r = self.readout(self.out(z), r)
    v.append(voltage[0])
return sum(v) / len(v)"""


class Mean(Net):
    def forward(self, x):
        return super().forward(x).mean(0)


class Flat(Mean):
    def __init__(self):
        super().__init__()
        self.lif = LIF(alpha=1.0)


class Other(Mean):
    def __init__(self):
        super().__init__()
        self.readout = LIF()


def net(decide):
    return type("Changed", (Net,), {"forward": decide})


RIGHT = {
    check.estimate: [
        estimate(),
        estimate("n_bytes, seconds", "[torch.tensor(float(x)) for x in (n_bytes, seconds)]"),
        estimate("n_bytes, seconds", "torch.tensor([n_bytes, seconds], dtype=torch.float64)"),
    ],
    check.xor_spikes: [trains(), LOOP, partial(spikes_of)],
    check.xor_net: [
        xor(),
        GOOD_LOOP,
        read_out("v.sum(0) / 40"),
        type("Mine", (Mean,), {"extra": torch.nn.Linear(3, 3)}),
    ],
    check.crossings: [crossed()],
    check.run_cell: [ran(), ran(" is not None"), AFTER],
    check.winner: [
        won(),
        won("z * (above > 0)", "(z * (above > 0)).bool()"),
        won("z *", "z.to(torch.uint8) *"),
        won("above.argmax(1", "v.shape[1] - 1 - above.flip(1).argmax(1"),
    ],
}

WRONG = {
    check.estimate: {
        "A voltage is one": estimate("+ 4 * weights)", "+ weights) * 4"),
        "counts one byte": estimate("4 * (seq", "(seq").replace("4 * weights", "16 * weights"),
        "Each neuron counts: yours counts one per example. Each time step": estimate(
            " * seq_length * neurons /", " /"
        ),
        "should be 5: yours is 5.005": estimate(
            "epochs * examples", "epochs * -(-examples // batch_size) * batch_size"
        ),
        "should be 5: yours is 4.998": estimate(
            "epochs * examples", "epochs * (examples // batch_size) * batch_size"
        ),
        "yours is of type int": estimate("n_bytes, seconds", "n_bytes"),
    },
    check.xor_spikes: {
        "[33, 4, 0] should be 0: yours is 1": trains("5 * k)", "5 * k).clamp(max=33)"),
        "inputs are swapped": LOOP.replace("side] = 1", "1 - side] = 1"),
        "numbers of type torch.float32: yours are torch.bool": trains() + "\nz = z.bool()",
        "index 3 is out of bounds": LOOP.replace(
            "enumerate((jitter + 20 * bits + 5 * k).tolist())",
            "[(n, (jitter[n] + 20 * bits[n] + 5 * k).tolist()) for n in range(5)]",
        ),
        "should be shaped (40, 3, 2) here: yours is (40, 5, 2)": "z = torch.zeros(40, 5, 2)\n"
        + trains(),
        "should be shaped (40, 5, 2) here: yours is (5, 2)": "z = jitter + 20 * bits",
        "writes to all examples and inputs": "for k in range(3):\n    z[jitter + 20 * bits + 5 * k] = 1",
        "yours fill all steps between": FILLED,
        "should be 1: yours is 2": trains("1.0", "k + 1.0"),
    },
    check.xor_net: {
        "This is the course's solution": Net,
        "without brackets": Flat(),
        "leave the layers as they are": Flat,
        "Keep the four layers": Other,
        "Both lif and readout forget": f"{ONE_BY_ONE}\n{READ_ONE_BY_ONE}\nreturn v.mean(0)",
        "lif takes the first axis for time. In yours": f"{LOOP_OF_LIF}\n{READ}",
        "lif and readout take the first axis for time. In yours": LOOP_OF_BOTH,
        "In yours that is the batch": xor("(x)", "(x.transpose(0, 1))").replace(
            "mean(0)", "mean(1)"
        ),
        "lif takes the first axis for time, so your state": f"{LOOP_WITH_STATE}\n{READ}",
        "lif and readout take the first axis for time, so your state": LOOP_OF_BOTH_WITH_STATE,
        "what cuts it off?": xor() + ".detach()",
        "take the first": xor("z, _", "z"),
        "Each layer has a state of its own": xor("z, _", "z, state").replace(
            "self.out(z)", "self.out(z), state"
        ),
        "should be one tensor: yours is a max of 2": read_out("v.max(0)"),
        "is invalid for input of size 1200": read_out("v.view(40, 16, 2).mean(0)"),
        "lif what hidden returns": xor("self.hidden(x)", "x"),
        "not the state": xor("z, _", "_, z"),
        "Only lif and readout return a pair": "z, _ = self.hidden(x)\nreturn z",
        "It is given nothing": type("Asks", (Net,), {"__init__": lambda self, n_hidden: None}),
        "needs a method forward": type("NoForward", (torch.nn.Module,), {}),
        "a pair, output and state": read_out("self.readout(v)"),
        "The result [0, 0] should be": xor() + " + 1",
    },
    check.crossings: {
        "The results are right, but in another order than n, the new reference": crossed(
            "n, reference + n * threshold", "reference + n * threshold, n"
        ),
        "x.trunc() is for tensors": crossed(CHANGE, "math.trunc((log - reference) / threshold)"),
        "No loop is needed": "while ((log - reference).abs() > threshold).any():\n    n = log\nreturn n, log",
        "trunc rounds all pixels at once": "return int((log - reference) / threshold), reference",
        "slow changes are lost": "return ((log - reference) / threshold).trunc(), log.clone()",
        "At most one event, and no sign": crossed(
            CHANGE, "((log - reference).abs() >= threshold).float()"
        ),
        "yours makes one at most": ONE_AT_MOST,
        "n [0, 0] should be 1: yours is 3": crossed("threshold", "0.2"),
        "The new reference [": crossed("n * threshold", "n * 0.2"),
    },
    check.run_cell: {
        "yours is dropped after them": AFTER.replace("(t + 1)", "t"),
        "ask for that first": ran("forget_every is not None and "),
        "append the spikes alone": "spikes.append(cell(x_t, state))",
        "The list is still empty": ran("spikes.append(z)", "pass"),
        "should be shaped (120, 5, 6) here: yours is (60, 5, 6)": ran(
            "spikes.append(z)", "if t % 2:\n    spikes.append(z)"
        ),
        "Time should be the first axis": ran()
        + "\nif t == 119:\n    return torch.stack(spikes, 1)",
        "[4, 0, 2] should be": ran("t % forget_every", "t % 4"),
        "[50, 0, 4] should be": ran(
            "forget_every is not None and t % forget_every", "t % (forget_every or 50)"
        ),
        "those of one step": ran("spikes.append(z)", "spikes = [*z]"),
        "what cuts it off?": ran("append(z)", "append(z.detach())"),
        "should be": ran("append(z)", "append(state.v)"),
    },
    check.winner: {
        "lets all spike that are": "return (v > threshold).float()",
        "yours has the highest voltage. No neuron spikes where none is above its threshold": always(
            "(v - threshold)", "v"
        ),
        "should be": "return torch.eye(len(threshold))[1] * (v > threshold)",
        "yours is a ratio": always().replace("-", "/") + " * (v > threshold)",
        "yours takes the lowest of them": won("v - threshold", "v - threshold.min()"),
        "z [7, 0] should be 1: yours is 0.": won("above > 0", "above > 0.01"),
        "whole rows": "above = v - threshold\nz = 0 * v\nz[above.argmax(1)] = 1\nreturn z * (above > 0)",
        "whole columns": "above = v - threshold\nz = 0 * v\nz[:, above.argmax(1)] = 1\nreturn z * (above > 0)",
        "yours take other values too": "return (v - threshold).softmax(1)",
        "argmax needs dim=1": "return torch.nn.functional.one_hot((v - threshold).argmax(), 4)",
        "argument of one_hot is the number of neurons": always("len(threshold)", "4")
        + " * (v > threshold)",
        "A row of v has only one axis": "return [row.argmax(dim=1) for row in v]",
        "shaped (12, 4) here": always("len(threshold)", "10"),
    },
}

MODULES = {check.xor_net: net}
