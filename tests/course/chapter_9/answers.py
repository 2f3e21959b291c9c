"""Answers to the exercises of chapter 9."""

from functools import partial

import torch

from helpers.course.chapter_9 import check
from helpers.course.template.my_problem import Net, spikes_of
from helpers.neuron import LIF
from tests.course.checks.answers import edited

estimate = edited("""\
n_bytes = 4 * (seq_length * batch_size * neurons + 4 * weights)
seconds = epochs * examples * seq_length * neurons / speed
return n_bytes, seconds""")

trains = edited("""\
for k in range(3):
    z.scatter_(0, (jitter + 20 * bits + 5 * k)[None], 1.0)""")
SINCE = "since = torch.arange(40)[:, None, None] - jitter - 20 * bits"
LOOP = """\
for k in range(3):
    for n, pair in enumerate((jitter + 20 * bits + 5 * k).tolist()):
        for side, step in enumerate(pair):
            z[step, n, side] = 1"""

crossed = edited("""\
n = ((log - reference) / threshold).trunc()
return n, reference + n * threshold""")

CHANGE = "((log - reference) / threshold).trunc()"

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
always = edited("return torch.eye(4)[(v - threshold).argmax(1)]")


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
        won("above.argmax(1", "3 - above.flip(1).argmax(1"),
    ],
}

WRONG = {
    check.estimate: {
        "each number takes 4 bytes": estimate("4 * (", "1 * ("),
        "A voltage is one": estimate("+ 4 * weights)", "+ weights) * 4"),
        "counts bits": estimate("4 * (", "32 * ("),
        "Yours counts one": estimate(" + 4 *", " +"),
        "Yours counts three": estimate("+ 4", "+ 3"),
        "counts one byte": estimate("4 * (seq", "(seq").replace("4 * weights", "16 * weights"),
        "only weight and gradient": estimate("+ 4", "+ 2"),
        "yours are swapped": estimate("n_bytes, seconds", "seconds, n_bytes"),
        "divide by it": estimate("/ speed", "* speed"),
        "yours counts two numbers for each neuron": estimate("4 * (seq", "4 * (2 * seq"),
        "Each neuron counts": estimate("* neurons / speed", "/ speed"),
        "Each time step counts": estimate("* seq_length * neurons /", "* neurons /"),
        "Each neuron counts: yours counts one per example. Each time step": estimate(
            " * seq_length * neurons /", " /"
        ),
        "whatever the batch": (
            estimate("/ speed", "/ speed / batch_size"),
            estimate("/ speed", "/ speed * batch_size"),
        ),
        "The weights play no part": estimate("* neurons / speed", "* weights / speed"),
        "yours counts 8": estimate("4 * (", "8 * ("),
        "counts them at each time step": estimate("4 * weights", "4 * weights * seq_length"),
        "counts them for each example": estimate("4 * weights", "4 * weights * batch_size"),
        "look at the brackets": estimate("neurons + 4 * weights", "(neurons + weights)"),
        "yours counts one step": estimate("seq_length * batch_size * "),
        "yours multiplies them": estimate("+ 4 * weights", "* 4 * weights"),
        "yours is a sum": estimate(
            "seq_length * batch_size * neurons", "seq_length + batch_size + neurons"
        ),
        "yours counts all examples": estimate("batch_size", "examples"),
        "epochs plays no part": estimate("4 * (", "epochs * 4 * ("),
        "a factor for what else": estimate("4 * (", "14 * ("),
        "Yours counts five": estimate("+ 4", "+ 5"),
        "yours are GB": estimate("return n_bytes", "return n_bytes / 1e9"),
        "yours are MiB": estimate("return n_bytes", "return n_bytes / 2**20"),
        "yours counts one example": estimate("epochs * examples", "epochs"),
        "speed is missing": estimate(" / speed"),
        "more examples take longer": estimate(
            "epochs * examples * seq_length * neurons / speed",
            "speed / (epochs * examples * seq_length * neurons)",
        ),
        "yours are minutes": estimate("/ speed", "/ speed / 60"),
        "yours are hours": estimate("/ speed", "/ speed / 3600"),
        "yours are rounded": estimate("/ speed", "// speed"),
        "should be 5: yours is 5.005": estimate(
            "epochs * examples", "epochs * -(-examples // batch_size) * batch_size"
        ),
        "should be 5: yours is 4.998": estimate(
            "epochs * examples", "epochs * (examples // batch_size) * batch_size"
        ),
        "counts one epoch": estimate("epochs * "),
        "yours is of type int": estimate("n_bytes, seconds", "n_bytes"),
    },
    check.xor_spikes: {
        "yours sends one": trains("3", "1"),
        "yours comes 5 ms later": trains("5 * k", "5 * k + 5"),
        "yours sends four": trains("3", "4"),
        "the first one's": trains("jitter", "jitter[:, [0, 0]]"),
        "consecutive steps": trains("5 * k", "k"),
        "one step late": trains("5 * k", "5 * k + 1"),
        "The bits have no effect": trains("20 * bits", "0 * bits"),
        "the other way round": trains("bits", "(1 - bits)"),
        "The jitter is missing": trains("jitter", "0 * jitter"),
        "inputs are swapped": trains() + "\nz = z.flip(2)",
        "Only a bit of 1": trains() + "\nz = z * bits",
        "Time should be the first axis": trains() + "\nz = z.transpose(0, 1)",
        "Return floats": trains() + "\nz = z.bool()",
        "index 3 is out of bounds": LOOP.replace(
            "enumerate((jitter + 20 * bits + 5 * k).tolist())",
            "[(n, (jitter[n] + 20 * bits[n] + 5 * k).tolist()) for n in range(5)]",
        ),
        "The result for three examples should be shaped (40, 3, 2)": (
            "z = torch.zeros(40, 5, 2)\n" + trains()
        ),
        "You return numbers of steps": "z = jitter + 20 * bits",
        "writes to all examples and inputs": "for k in range(3):\n    z[jitter + 20 * bits + 5 * k] = 1",
        "yours sends two": trains("3", "2"),
        "yours goes on sending": f"{SINCE}\nreturn ((since >= 0) & (since % 5 == 0)).float()",
        "yours fill all steps between": f"{SINCE}\nreturn ((since >= 0) & (since <= 10)).float()",
        "yours are 4 ms apart": trains("5 * k", "4 * k"),
        "Multiply the bit by 20": trains("20 * bits", "bits"),
        "yours comes 10 ms later": trains("20 * bits", "10 * bits"),
        "yours delays both": trains("20 * bits", "20 + bits"),
        "yours take other values too": trains("1.0", "k + 1.0"),
    },
    check.xor_net: {
        "You are checking the course's solution": Net,
        "without brackets": Flat(),
        "yours is the last voltage": read_out("v[-1]"),
        "yours is the sum": xor("mean", "sum"),
        "yours is the largest": xor("mean", "amax"),
        "does the softmax itself": xor() + ".softmax(1)",
        "The readout is missing": xor("v, _ = self.readout(self.out(z))", "v = self.out(z)"),
        "the other way round": xor("self.out(z)", "z").replace("v.mean", "self.out(v).mean"),
        "lif is missing": xor("self.lif(self.hidden(x))", "self.hidden(x), None"),
        "yours has lif in its place": xor("self.readout(", "self.lif("),
        "0 everywhere": read_out("(0 * v).mean(0)"),
        "leave the layers as they are": Flat,
        "Keep the four layers": Other,
        "lif forgets its state": xor("z, _ = self.lif(self.hidden(x))", ONE_BY_ONE),
        "The readout forgets": xor("v, _ = self.readout(self.out(z))", READ_ONE_BY_ONE),
        "Both lif and readout forget": f"{ONE_BY_ONE}\n{READ_ONE_BY_ONE}\nreturn v.mean(0)",
        "lif takes the first axis for time. In yours": f"{LOOP_OF_LIF}\n{READ}",
        "lif and readout take the first axis for time. In yours": LOOP_OF_BOTH,
        "In yours that is the batch": xor("(x)", "(x.transpose(0, 1))").replace(
            "mean(0)", "mean(1)"
        ),
        "lif takes the first axis for time, so your state": f"{LOOP_WITH_STATE}\n{READ}",
        "lif and readout take the first axis for time, so your state": LOOP_OF_BOTH_WITH_STATE,
        "ReLU is no neuron": xor("self.lif(self.hidden(x))", "self.hidden(x).relu(), None"),
        "what cuts it off?": xor() + ".detach()",
        "take the first": xor("z, _", "z"),
        "its logarithm itself": xor() + ".log_softmax(1)",
        "go through a sigmoid": xor() + ".sigmoid()",
        "yours go through ReLU": (xor() + ".relu()", read_out("v.relu().mean(0)")),
        "Each layer has a state of its own": xor("z, _", "z, state").replace(
            "self.out(z)", "self.out(z), state"
        ),
        "yours is the median": read_out("v.median(0).values"),
        "Return the mean over time. Until": read_out("v.max(0)"),
        "taken before the readout": xor("self.out(z)", "self.out(z).mean(0)").replace(
            "v.mean(0)", "v"
        ),
        "through lif once more": xor("self.out(z)", "self.out(self.lif(z)[0])"),
        "yours comes twice": read_out("self.readout(v)[0].mean(0)"),
        "lif what hidden returns": xor("self.hidden(x)", "x"),
        "not the state": xor("z, _", "_, z"),
        "Only lif and readout return a pair": "z, _ = self.hidden(x)\nreturn z",
        "It is given nothing": type("Asks", (Net,), {"__init__": lambda self, n_hidden: None}),
        "needs a method forward": type("NoForward", (torch.nn.Module,), {}),
        "Time is still there": xor(".mean(0)"),
        "yours is over the batch": xor("mean(0)", "mean(1)"),
        "a pair, output and state": read_out("self.readout(v)"),
        "The result [0, 0] should be": "return self.out(self.hidden(x)).mean(0)",
    },
    check.crossings: {
        "The results are right, but in another order than n, the new reference": crossed(
            "n, reference + n * threshold", "reference + n * threshold, n"
        ),
        "x.trunc() is for tensors": crossed(CHANGE, "math.trunc((log - reference) / threshold)"),
        "No loop is needed": (
            "while ((log - reference).abs() > threshold).any():\n    n = log\nreturn n, log"
        ),
        "trunc rounds all pixels at once": "return int((log - reference) / threshold), reference",
        "Yours rounds down": crossed("trunc", "floor"),
        "Half a threshold": crossed("trunc", "round"),
        "whole events": crossed(".trunc()"),
        "lost their sign": crossed("trunc()", "trunc().abs()"),
        "ON and OFF are swapped": crossed("log - reference", "reference - log"),
        "slow changes are lost": crossed("reference + n * threshold", "log"),
        "a rest is lost": crossed(
            "reference + n * threshold", "torch.where(n != 0, log, reference)"
        ),
        "yours stays": crossed(" + n * threshold"),
        "yours moves by n": crossed("n * threshold", "n"),
        "yours adds them": crossed("log - reference", "log + reference"),
        "and subtracts": crossed(
            CHANGE, "(log / threshold).trunc() - (reference / threshold).trunc()"
        ),
        "Yours rounds up": crossed("trunc", "ceil"),
        "yours rounds the change first": crossed(CHANGE, "(log - reference).trunc() / threshold"),
        "logarithms already": crossed("log - reference", "log.exp() - reference.exp()"),
        "OFF events are missing": crossed("trunc()", "trunc().clamp(min=0)"),
        "ON events are missing": crossed("trunc()", "trunc().clamp(max=0)"),
        "At most one event, and no sign": crossed(
            CHANGE, "((log - reference).abs() >= threshold).float()"
        ),
        "yours is always 0.3": crossed("/ threshold", "/ 0.3"),
        "add it to the old one": crossed("reference + n", "n"),
        "yours starts from log": crossed("reference + n", "log - n"),
        "yours moves by one in all": crossed("reference + n", "reference + n.sign()"),
        "yours moves everywhere": crossed("n * threshold", "threshold"),
        "n times the change": crossed("n * threshold", "n * (log - reference)"),
        "leave it as it is": crossed(
            "reference + n * threshold", "(reference + n * threshold).exp()"
        ),
    },
    check.run_cell: {
        "yours starts every step from rest": ran("cell(x_t, state)", "cell(x_t, None)"),
        "yours is kept": ran("state = None", "pass"),
        "yours is dropped every 10 steps": ran("t % forget_every", "t % 10"),
        "in each of the first four": ran("t %", "t //"),
        "yours is dropped once": ran("t % forget_every == 0", "t == forget_every"),
        "yours is dropped after them": AFTER.replace("(t + 1)", "t"),
        "yours is dropped a step early": ran("t %", "(t + 1) %"),
        "yours is dropped in all other steps": ran("== 0", "!= 0"),
        "ask for that first": ran("forget_every is not None and "),
        "append the spikes alone": "spikes.append(cell(x_t, state))",
        "The list is still empty": ran("spikes.append(z)", "pass"),
        "append them in each step": ran("spikes.append(z)", "if t % 2:\n    spikes.append(z)"),
        "Time should be the first axis": ran() + "\nif t == 19:\n    return torch.stack(spikes, 1)",
        "those of one step": ran("spikes.append(z)", "spikes = [*z]"),
        "what cuts it off?": ran("append(z)", "append(z.detach())"),
        "should be": ran("append(z)", "append(state.v)"),
    },
    check.winner: {
        "lets all spike that are": "return (v > threshold).float()",
        "always has a winner": always(),
        "has the highest voltage": won("above.argmax", "v.argmax"),
        "yours has the highest voltage. No neuron spikes where none is above its threshold": always(
            "(v - threshold)", "v"
        ),
        "should be": "return torch.eye(4)[1] * (v > threshold)",
        "it has to be above": won("(above > 0)", "(above >= 0)"),
        "in yours the examples do": won(
            "scatter_(1, above.argmax(1,", "scatter_(0, above.argmax(0,"
        ),
        "shaped (10, 4) here": always("4", "10"),
        "yours is a ratio": always().replace("-", "/") + " * (v > threshold)",
        "twice": always() + " * (v > 2 * threshold)",
        "yours lets both": "above = v - threshold\nreturn (above == above.amax(1, keepdim=True)) * (above > 0)",
        "one among all examples": "above = v - threshold\nreturn (above == above.max()) * (above > 0)",
        "yours takes the first that is above": always("(v - threshold)", "(v > threshold).int()")
        + " * (v > threshold)",
        "yours is the other way round": always("argmax", "argmin") + " * (v < threshold)",
        "look at the sign": always() + " * (v < threshold)",
        "the distance without its sign": always("(v - threshold)", "(v - threshold).abs()")
        + " * (v > threshold)",
        "yours takes the highest of them": (
            won("(above > 0)", "(v > threshold.max())"),
            won("v - threshold", "v - threshold.max()"),
        ),
        "yours takes the lowest of them": won("v - threshold", "v - threshold.min()"),
        "yours takes their mean": always("(v - threshold)", "v") + " * (v > threshold.mean())",
        "whole rows": "above = v - threshold\nz = 0 * v\nz[above.argmax(1)] = 1\nreturn z * (above > 0)",
        "whole columns": "above = v - threshold\nz = 0 * v\nz[:, above.argmax(1)] = 1\nreturn z * (above > 0)",
        "yours take other values too": "return (v - threshold).softmax(1)",
        "argmax needs dim=1": "return torch.nn.functional.one_hot((v - threshold).argmax(), 4)",
        "the number of neurons as its second": always("torch.eye(4)[", "torch.eye(3)[")
        + " * (v > threshold)",
        "A row of v has only one axis": "return [row.argmax(dim=1) for row in v]",
        "indices of neurons": "return (v - threshold).argmax(1)",
    },
}

MODULES = {check.xor_net: net}
