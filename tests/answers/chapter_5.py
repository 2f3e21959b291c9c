"""Answers to the exercises of chapter 5."""

import torch

from answers import changed
from helpers import check
from helpers.neuron import LI, LIF
from helpers.template.my_problem import Net, spikes_of

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

    def v(self, x):
        return self.readout(self.out(self.lif(3 * self.hidden(x))[0]))[0]


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
    (check.xor_spikes, spikes_of),
    (check.xor_spikes, trains),
    (check.xor_net, Net),
    (check.xor_net, net(lambda self, x: self.v(x).mean(0))),
    (check.xor_net, net(lambda self, x: self.v(x).sum(0) / 40)),
    (check.crossings, crossed),
    (check.winner, won),
    (check.winner, lambda v, threshold: won(v, threshold).bool()),
]

WRONG = [
    (check.estimate, changed(estimated, size=1), "each takes 4 bytes"),
    (check.estimate, changed(estimated, size=32), "counts bits"),
    (check.estimate, changed(estimated, copies=1), "counts it alone"),
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
    (check.xor_net, Net(), "without brackets"),
    (check.xor_net, net(lambda self, x: self.v(x)), "Time is still there"),
    (check.xor_net, net(lambda self, x: self.v(x).mean(1)), "yours goes over the batch"),
    (check.xor_net, net(lambda self, x: self.readout(self.v(x))), "take the first"),
    (check.xor_net, net(lambda self, x: self.out(self.hidden(x)).mean(0)), "100 % is possible"),
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
    (check.winner, changed(won, axis=0), "between examples"),
    (check.winner, lambda v, threshold: (v - threshold).argmax(1), "numbers of neurons"),
]

MODULES = {"xor_net": net}
