"""Answers to the exercises of chapter 5."""

import torch

from helpers.check import chapter_5 as check
from helpers.neuron import LI, LIF
from helpers.own.template.my_problem import Net, spikes_of
from tests.check.answers import changed

EXERCISES = ["estimate", "xor_spikes", "xor_net", "crossings", "winner"]


def estimated(t, b, n, w, examples, epochs, rate, size=4, copies=4, swap=False):
    both = size * (t * b * n + copies * w), epochs * examples / rate
    return both[::-1] if swap else both


def trains(bits, jitter, apart=5, late=20, spikes=3, start=0):
    z = torch.zeros(40, *bits.shape)
    for k in range(spikes):
        for n, pair in enumerate((jitter + late * bits + apart * k + start).tolist()):
            for side, step in enumerate(pair):
                z[step, n, side] = 1
    return z


class Variant(torch.nn.Module):
    """A network for XOR that decides by `decide(self, x)`."""

    def __init__(self, alpha=5.0):
        super().__init__()
        self.hidden, self.lif = torch.nn.Linear(2, 30), LIF(alpha=alpha)
        self.out, self.readout = torch.nn.Linear(30, 2), LI()

    def z(self, x):
        return self.lif(self.hidden(x))[0]

    def v(self, x):
        return self.readout(self.out(self.z(x)))[0]


def step_by_step(self, x):
    return self.readout(self.out(torch.cat([self.z(x[t : t + 1]) for t in range(40)])))[0].mean(0)


def flat(self):
    Net.__init__(self)
    self.lif = LIF(alpha=1.0)


def unpacking(self, x):
    z, _ = self.hidden(x)
    return z


def net(decide):
    return type("Changed", (Variant,), {"forward": decide})


def crossed(reference, log, threshold, rounded=torch.trunc, moved=lambda n, c, r, log: r + n * c):
    n = rounded((log - reference) / threshold)
    return n, moved(n, threshold, reference, log)


def won(v, threshold, silent=True, own=True, axis=1):
    above = v - threshold
    best = (above if own else v).argmax(axis, keepdim=True)
    z = torch.zeros_like(v).scatter_(axis, best, 1.0)
    return z * (above > 0) if silent else z


RIGHT = [
    (check.estimate, estimated),
    (check.estimate, lambda *a: [torch.tensor(float(x)) for x in estimated(*a)]),
    (check.estimate, lambda *a: torch.tensor(estimated(*a), dtype=torch.float64)),
    (check.xor_spikes, lambda bits, jitter: spikes_of(bits, jitter)),
    (check.xor_spikes, trains),
    (check.xor_net, type("Mine", (Net,), {})),
    (check.xor_net, net(lambda self, x: self.v(x).mean(0))),
    (check.xor_net, net(lambda self, x: self.v(x).sum(0) / 40)),
    (check.xor_net, type("More", (Net,), {"extra": torch.nn.Linear(3, 3)})),
    (check.crossings, crossed),
    (check.winner, won),
    (check.winner, lambda v, threshold: won(v, threshold).bool()),
    (check.winner, lambda v, threshold: won(v, threshold).to(torch.uint8)),
    (check.winner, lambda v, threshold: won(v.flip(1), threshold.flip(0)).flip(1)),
]

WRONG = [
    (check.estimate, changed(estimated, size=1), "each takes 4 bytes"),
    (check.estimate, changed(estimated, size=32), "counts bits"),
    (check.estimate, changed(estimated, copies=1), "yours counts 4 bytes"),
    (check.estimate, changed(estimated, copies=3), "yours counts three"),
    (check.estimate, lambda *a: (a[0] * a[1] * a[2] + 16 * a[3], estimated(*a)[1]), "Each voltage takes 4 bytes"),
    (check.estimate, changed(estimated, copies=2), "weight and gradient alone"),
    (check.estimate, changed(estimated, swap=True), "yours are swapped"),
    (check.estimate, lambda *a: (estimated(*a)[0], a[4] * a[5] * a[6]), "divide by it"),
    (check.estimate, lambda *a: (estimated(*a)[0], a[4] / a[6]), "counts one epoch"),
    (check.estimate, lambda *a: estimated(*a)[0], "Return bytes, seconds"),
    (check.xor_spikes, changed(trains, spikes=1), "yours sends one"),
    (check.xor_spikes, changed(trains, apart=1), "follow each other"),
    (check.xor_spikes, changed(trains, start=1), "one step late"),
    (check.xor_spikes, changed(trains, late=0), "The bits have no effect"),
    (check.xor_spikes, lambda bits, jitter: trains(1 - bits, jitter), "Yours are early for 1"),
    (check.xor_spikes, lambda bits, jitter: trains(bits, 0 * jitter), "The jitter is missing"),
    (check.xor_spikes, lambda bits, jitter: trains(bits, jitter).flip(2), "inputs are swapped"),
    (check.xor_spikes, lambda bits, jitter: trains(bits, jitter) * bits, "for bit 1 alone"),
    (check.xor_spikes, lambda bits, jitter: trains(bits, jitter).transpose(0, 1), "Time should be the first axis"),
    (check.xor_spikes, lambda bits, jitter: trains(bits, jitter).bool(), "takes floats"),
    (check.xor_spikes, lambda bits, jitter: jitter + 20 * bits, "Those are numbers of steps"),
    (check.xor_net, Net, "This is the course's own"),
    (check.xor_net, Variant(), "without brackets"),
    (check.xor_net, net(lambda self, x: self.v(x)[-1]), "yours is the last voltage"),
    (check.xor_net, net(lambda self, x: self.v(x).sum(0)), "yours is the sum"),
    (check.xor_net, net(lambda self, x: self.v(x).amax(0)), "yours is the largest"),
    (check.xor_net, net(lambda self, x: self.v(x).mean(0).softmax(1)), "does the softmax itself"),
    (check.xor_net, net(lambda self, x: self.out(self.z(x)).mean(0)), "The readout is missing"),
    (check.xor_net, net(lambda self, x: self.out(self.readout(self.z(x))[0]).mean(0)), "the other way round"),
    (check.xor_net, net(lambda self, x: self.readout(self.out(self.hidden(x)))[0].mean(0)), "lif is missing"),
    (check.xor_net, net(lambda self, x: self.lif(self.out(self.z(x)))[0].mean(0)), "0 everywhere"),
    (check.xor_net, type("Flat", (Net,), {"__init__": flat}), "leave the layers as they are given"),
    (check.xor_net, net(step_by_step), "The state is lost between steps"),
    (check.xor_net, net(lambda self, x: self.v(x.transpose(0, 1)).mean(1)), "yours turns it round"),
    (check.xor_net, net(lambda self, x: self.v(x).mean(0).detach()), "no gradient gets to the weights"),
    (check.xor_net, net(lambda self, x: self.out(self.lif(self.hidden(x)))), "take the first"),
    (check.xor_net, net(unpacking), "only lif and readout give a pair"),
    (check.xor_net, type("NoForward", (torch.nn.Module,), {"foward": Variant.v}), "needs a method of this name"),
    (check.xor_net, net(lambda self, x: self.v(x)), "Time is still there"),
    (check.xor_net, net(lambda self, x: self.v(x).mean(1)), "yours goes over the batch"),
    (check.xor_net, net(lambda self, x: self.readout(self.v(x))), "take the first"),
    (check.xor_net, net(lambda self, x: self.out(self.hidden(x)).mean(0)), "The result [0, 0] should be"),
    (check.crossings, lambda *arguments: crossed(*arguments)[::-1], "yours are swapped"),
    (check.crossings, changed(crossed, rounded=int), "trunc rounds all pixels at once"),
    (check.crossings, changed(crossed, rounded=torch.floor), "Rounded down"),
    (check.crossings, changed(crossed, rounded=torch.round), "Half a threshold"),
    (check.crossings, changed(crossed, rounded=lambda x: x), "whole events"),
    (check.crossings, changed(crossed, rounded=lambda x: x.trunc().abs()), "lost their sign"),
    (check.crossings, changed(crossed, rounded=lambda x: -x.trunc()), "swapped"),
    (check.crossings, changed(crossed, moved=lambda n, c, r, log: log), "slow changes are lost"),
    (check.crossings, changed(crossed, moved=lambda n, c, r, log: r), "yours stays"),
    (check.crossings, changed(crossed, moved=lambda n, c, r, log: r + n), "yours moves by n"),
    (check.winner, lambda v, threshold: (v > threshold).float(), "lets all spike"),
    (check.winner, changed(won, silent=False), "has a winner always"),
    (check.winner, changed(won, own=False), "has the highest voltage"),
    (check.winner, changed(won, own=False, silent=False), "always wins"),
    (check.winner, lambda v, threshold: won(v, threshold, silent=False) * (v > 1), "should be"),
    (check.winner, changed(won, axis=0), "between examples"),
    (check.winner, lambda v, threshold: torch.eye(len(v))[(v - threshold).argmax(1)], "shaped (9, 4) here"),
    (check.winner, lambda v, threshold: won(v / threshold, 0 * threshold) * (v > threshold), "yours is a ratio"),
    (check.winner, lambda v, threshold: won(v, threshold) * (v > 2 * threshold), "twice"),
    (
        check.winner,
        lambda v, threshold: ((v - threshold) == (v - threshold).amax(1, keepdim=True)) * (v > threshold),
        "yours lets both",
    ),
    (check.winner, lambda v, threshold: [row.argmax(dim=1) for row in v], "A row of v has one axis only"),
    (check.winner, lambda v, threshold: (v - threshold).argmax(1), "numbers of neurons"),
]

MODULES = {"xor_net": net}
