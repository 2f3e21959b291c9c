"""Answers to the exercises of chapter 6."""

from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F

from helpers.check import chapter_6 as check
from helpers.deploy import energy
from helpers.deploy.nir_simulator import cuba_lif
from tests.check.answers import changed

EXERCISES = ["fan_out_map", "break_even", "penalised_loss", "to_int8", "cuba_lif_step"]


def reach(kernel, size):
    return torch.tensor([min(r + 1, size - r, kernel, size - kernel + 1) for r in range(size)])


def fan_out_by_loops(channels, kernel, size):
    count = torch.zeros(size, size)
    for top in range(size - kernel + 1):
        for left in range(size - kernel + 1):
            count[top : top + kernel, left : left + kernel] += channels
    return count


def without_the_end(channels, kernel, size):
    along = torch.tensor([min(r + 1, size - r, kernel) for r in range(size)])
    return channels * torch.outer(along, along)


def even(macs, updates, cost, sign=-1):
    return (macs * cost.mac + sign * updates * cost.update) / (macs * cost.synop)


def loss(logits, labels, operations, synapses, strength):
    return F.cross_entropy(logits, labels) + strength * operations / (synapses * len(labels))


def int8(weight, top=127, how=torch.round, axis=1, keep=True, size=torch.abs):
    scale = size(weight).amax(axis, keepdim=True) / top
    q = how(weight / scale).to(torch.int8)
    return q, scale if keep else scale.squeeze(1)


def cuba(node, x, i, v, dt, w_in=True, i_sign=-1, old=False, leak=True, r=True, reset="v_reset", late=False, taus=0):
    tau_syn, tau_mem = (node.tau_syn, node.tau_mem)[:: 1 - 2 * taus]
    new = i + dt / tau_syn * ((node.w_in if w_in else 1) * x + i_sign * i)
    v = v + dt / tau_mem * (node.v_leak * leak - v + (node.r if r else 1) * (i if old else new))
    z = v > node.v_threshold
    to = {"v_reset": node.v_reset, "zero": 0, "leak": node.v_leak, "subtract": v - node.v_threshold, "no": v}[reset]
    v = np.where(z, to, v)
    return (v > node.v_threshold if late else z).astype(x.dtype), new, v


def cuba_spiking(where, reset=None):
    """where: of the old and the new voltage and the threshold, whether it spikes; reset: the same, if it is another."""

    def step(node, x, i, v, dt):
        i = i + dt / node.tau_syn * (node.w_in * x - i)
        new = v + dt / node.tau_mem * (node.v_leak - v + node.r * i)
        z, back = (f(v, new, node.v_threshold) for f in (where, reset or where))
        return z.astype(float), i, np.where(back, node.v_reset, new)

    return step


def above(old, new, threshold):
    return new > threshold


def cuba_of_first(node, *arguments):
    names = ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in")
    return cuba(SimpleNamespace(**{name: getattr(node, name)[0, 0] for name in names}), *arguments)


def one_by_one(node, x, i, v, dt):
    z, i, v = cuba(node, x, i, v, dt)
    return np.array([1.0 if a > b else 0.0 for a, b in zip(v, node.v_threshold)]), i, v


def by_the_simulator(node, x, i, v, dt):
    state = {"i": i, "v": v}
    return cuba_lif(node, x, state, dt), state["i"], state["v"]


def i_before_all(node, x, i, v, dt, new):
    z, _, v = cuba(node, x, i, v, dt)
    return z, new(node, x, i, dt), v


def i_as(new):
    return lambda node, x, i, v, dt: i_before_all(node, x, i, v, dt, new)


RIGHT = [
    (check.fan_out_map, lambda c, k, s: c * torch.outer(reach(k, s), reach(k, s))),
    (check.fan_out_map, fan_out_by_loops),
    (check.fan_out_map, lambda c, k, s: energy.fan_out(torch.nn.Conv2d(1, c, k), (1, s, s))[0]),
    (check.break_even, even),
    (check.break_even, lambda m, u, c: energy.break_even(m, u, c)),
    (check.break_even, lambda m, u, c: torch.tensor(c.mac / c.synop - u * c.update / c.synop / m)),
    (check.penalised_loss, loss),
    (check.penalised_loss, lambda y, t, o, s, k: k * o / s / y.shape[0] - y.log_softmax(1)[range(len(t)), t].mean()),
    (check.to_int8, int8),
    (check.to_int8, lambda w: list(int8(w))),
    (check.cuba_lif_step, cuba),
    (check.cuba_lif_step, by_the_simulator),
]

WRONG = [
    (check.fan_out_map, lambda c, k, s: torch.full((s, s), float(c * k * k)), "near a border fewer places"),
    (check.fan_out_map, lambda c, k, s: torch.outer(reach(k, s), reach(k, s)), "yours counts one"),
    (check.fan_out_map, lambda c, k, s: c * (reach(k, s)[:, None] + reach(k, s)), "not the sum"),
    (check.fan_out_map, lambda c, k, s: c * reach(k, s)[:, None].expand(s, s), "the row alone"),
    (check.fan_out_map, lambda c, k, s: c * reach(k, s).expand(s, s), "the column alone"),
    (check.fan_out_map, without_the_end, "only size - kernel + 1 places"),
    (check.fan_out_map, lambda c, k, s: torch.full((s, s), float(c * (s - k + 1) ** 2)), "number of all outputs"),
    (check.fan_out_map, lambda c, k, s: torch.ones(s - k + 1, s - k + 1), "yours has the size of the output"),
    (check.fan_out_map, lambda c, k, s: 3, "should be one tensor"),
    (check.fan_out_map, lambda c, k, s: torch.outer(*2 * [reach(k, s).tolist()]), "torch.tensor one of numbers"),
    (
        check.fan_out_map,
        lambda c, k, s: energy.fan_out(torch.nn.Conv2d(1, c, k, padding=k // 2), (1, s, s))[0],
        "That is with padding",
    ),
    (check.break_even, energy.break_even, "This is the course's own"),
    (check.break_even, lambda m, u, c: c.mac / c.synop, "yours leaves that out"),
    (check.break_even, changed(even, sign=1), "yours leaves more"),
    (check.break_even, lambda m, u, c: even(m, u, c) * m, "how many are that for each"),
    (check.break_even, lambda m, u, c: c.synop / c.mac, "The other way round"),
    (check.break_even, lambda m, u, c: 1 / even(m, u, c), "That is 1 / s"),
    (check.break_even, lambda m, u, c: (c.mac - c.update) / c.synop, "not to each synapse"),
    (check.break_even, lambda m, u, c: even(m, 1, c), "takes that away once"),
    (check.break_even, lambda m, u, c: c.mac / c.synop - u * c.update / m, "look at the brackets"),
    (check.break_even, lambda m, u, c: torch.ones(2), "should be one number"),
    (check.break_even, lambda m, u, c: m * c.mac - u * c.update / (m * c.synop), "All that is left is divided"),
    (check.break_even, lambda m, u, c: (m * c.mac - u * c.update) / m * c.synop, "yours multiplies by it"),
    (check.break_even, lambda m, u, c: (m * c.mac - u * c.update) / m, "what one synaptic operation costs"),
    (check.break_even, lambda m, u, c: (m * c.mac - u * c.update) / (u * c.synop), "not by updates"),
    (check.break_even, lambda m, u, c: -even(m, u, c), "Look at the sign"),
    (check.break_even, lambda m, u, c: max(0, even(m, u, c)), "do not cut it off"),
    (check.break_even, lambda m, u, c: even(m, 8 * u, c), "all time steps already"),
    (check.penalised_loss, lambda y, t, o, s, k: F.cross_entropy(y, t), "where do the spikes enter"),
    (check.penalised_loss, lambda y, t, o, s, k: k * o / s / len(t), "still be right"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, -o, s, k), "rewards spikes"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, 6 * o, s, k), "grows with the number of images"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, o, 1, k), "not divided by synapses"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, o, 1 / 6, k), "Neither synapses nor images"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, o, s, 1), "strength is missing"),
    (check.penalised_loss, lambda y, t, o, s, k: k * loss(y, t, o, s, 1), "also multiplies the cross-entropy"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, 36 * o, s, k), "yours multiplies"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, 6 / 4 * o, s, k), "the number of classes"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, o, s, k) + 5 * F.cross_entropy(y, t), "yours is a sum"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y.softmax(1), t, o, s, k), "computes the softmax itself"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, o, s, k) - k * F.cross_entropy(y, t), "weight of 1"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y, t, o.item(), s, k), "no gradient gets back to operations"),
    (check.penalised_loss, lambda y, t, o, s, k: loss(y.detach(), t, o, s, k), "no gradient gets back to logits"),
    (check.to_int8, lambda w: int8(w)[0], "Return two tensors"),
    (check.to_int8, lambda w: int8(w)[::-1], "First q, then scale"),
    (check.to_int8, changed(int8, axis=0), "one for each column"),
    (check.to_int8, lambda w: (int8(w)[0], (w.abs().max() / 127).expand(5, 1)), "yours all have the same"),
    (check.to_int8, lambda w: (int8(w)[0], (w.amax(1, True) - w.amin(1, True)) / 255), "0 is to stay 0"),
    (check.to_int8, changed(int8, how=torch.ceil), "Rounded up"),
    (check.to_int8, lambda w: (int8(w)[0].abs(), int8(w)[1]), "keeps the sign"),
    (check.to_int8, lambda w: (int8(w)[0], w.abs().max() / 127), "yours has one in all"),
    (check.to_int8, changed(int8, keep=False), "should be shaped (out, 1)"),
    (check.to_int8, changed(int8, size=lambda w: w), "yours takes the largest value"),
    (check.to_int8, changed(int8, top=128), "127 is the largest"),
    (check.to_int8, changed(int8, top=63.5), "uses half of them"),
    (check.to_int8, changed(int8, top=255), "int8 has a sign"),
    (check.to_int8, lambda w: (int8(w)[0], 1 / int8(w)[1]), "scale turns q into a weight"),
    (check.to_int8, changed(int8, top=1), "yours is the largest weight"),
    (check.to_int8, changed(int8, how=lambda q: q), "cuts off: round first"),
    (check.to_int8, changed(int8, how=torch.floor), "round to the nearest"),
    (check.to_int8, lambda w: ((w * int8(w)[1]).round().to(torch.int8), int8(w)[1]), "yours multiplies"),
    (check.to_int8, lambda w: (int8(w)[0].float(), int8(w)[1]), "should be of type torch.int8"),
    (check.cuba_lif_step, lambda *a: cuba(*a)[0], "should return three arrays"),
    (check.cuba_lif_step, lambda *a: cuba(*a)[::-1], "in another order"),
    (check.cuba_lif_step, changed(cuba, w_in=False), "multiplied by w_in: yours is not"),
    (check.cuba_lif_step, changed(cuba, i_sign=1), "look at the sign"),
    (check.cuba_lif_step, changed(cuba, i_sign=0), "i does not decay"),
    (check.cuba_lif_step, changed(cuba, taus=1), "yours takes tau_mem"),
    (check.cuba_lif_step, changed(cuba, old=True), "yours feels the one before the step"),
    (check.cuba_lif_step, changed(cuba, leak=False), "yours towards 0"),
    (check.cuba_lif_step, changed(cuba, r=False), "multiplied by r: yours is not"),
    (check.cuba_lif_step, changed(cuba, reset="no"), "yours goes on"),
    (check.cuba_lif_step, changed(cuba, reset="zero"), "yours is 0"),
    (check.cuba_lif_step, changed(cuba, reset="leak"), "yours is v_leak"),
    (check.cuba_lif_step, changed(cuba, reset="subtract"), "yours loses the threshold"),
    (check.cuba_lif_step, changed(cuba, late=True), "yours has no spike at all"),
    (check.cuba_lif_step, lambda n, x, i, v, dt: cuba(n, x, i, v, 1e-3), "yours is always 1 ms"),
    (check.cuba_lif_step, cuba_of_first, "yours takes those of the first"),
    (check.cuba_lif_step, one_by_one, "at once: an if"),
    (check.cuba_lif_step, cuba_spiking(lambda old, new, threshold: new > 1), "yours is 1"),
    (check.cuba_lif_step, cuba_spiking(lambda old, new, threshold: new >= threshold), "exactly on its threshold"),
    (check.cuba_lif_step, cuba_spiking(lambda old, new, threshold: old > threshold), "yours looks at the one before"),
    (check.cuba_lif_step, cuba_spiking(above, lambda old, new, threshold: new <= threshold), "does the opposite"),
    (check.cuba_lif_step, cuba_spiking(lambda old, new, threshold: old > threshold, above), "from the one before"),
    (check.cuba_lif_step, cuba_spiking(lambda old, new, threshold: new <= threshold, above), "is the opposite"),
    (check.cuba_lif_step, i_as(lambda n, x, i, dt: i), "yours is that before the step"),
    (check.cuba_lif_step, i_as(lambda n, x, i, dt: i - dt / n.tau_syn * (n.w_in * x - i)), "has the other sign"),
    (check.cuba_lif_step, i_as(lambda n, x, i, dt: i + dt * (n.w_in * x / n.tau_syn - i)), "-i as well"),
    (check.cuba_lif_step, i_as(lambda n, x, i, dt: i * np.exp(-dt / n.tau_syn) + dt / n.tau_syn * n.w_in * x), "Euler"),
    (check.cuba_lif_step, i_as(lambda n, x, i, dt: i + x - dt / n.tau_syn * i), "as Norse does"),
    (check.cuba_lif_step, i_as(lambda n, x, i, dt: i + n.w_in * x - dt / n.tau_syn * i), "is part of the derivative"),
    (check.cuba_lif_step, i_as(lambda n, x, i, dt: dt / n.tau_syn * (n.w_in * x - i)), "That is the change of i"),
    (check.cuba_lif_step, i_as(lambda n, x, i, dt: i + dt * n.tau_syn * (n.w_in * x - i)), "yours is multiplied"),
    (check.cuba_lif_step, i_as(lambda n, x, i, dt: i + (n.w_in * x - i) / n.tau_syn), "dt is missing in i"),
    (check.cuba_lif_step, lambda n, x, i, v, dt: ("a", i, v), "should be arrays of numbers"),
]
