"""Answers to the exercises of chapter 3."""

import math

import numpy as np
import torch

from helpers.check import chapter_3 as check
from tests.check.answers import changed

EXERCISES = ["faults", "conv_flops", "over_time", "lif_backward", "saved_bytes", "largest_batch"]


FAULTS = {"A": "does not wait for the GPU", "B": "no warm-up", "C": "times other work too"}


def flops(factor=2):
    return lambda in_channels, out_channels, kernel, size: factor * in_channels * out_channels * kernel**2 * size**2


def folded(layer, x):
    return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def folded_by_reshape(layer, x):
    y = layer(x.reshape(-1, *x.shape[2:]))
    return y.view(len(x), -1, *y.shape[1:])


def over_batch_first(layer, x):
    return layer(x.transpose(0, 1).flatten(0, 1)).unflatten(0, x.shape[:2])


def over_images(layer, x):
    t, b, c, h, w = x.shape
    return layer(x.reshape(t * b, c, h, w)).unflatten(0, (t, b))


def back(v, dz, dv, di, a, b, mask=lambda v: v > 1, decay=None, reset=-1, slope=lambda u: 1 / (u.abs() + 1) ** 2):
    s = (dz + reset * dv * v) * slope(v - 1)
    dv = torch.where(mask(v), 0.0, dv) + s
    di = (1 - b if decay is None else decay(b)) * di + a * dv
    return di, (1 - a) * dv, di


def back_in_place(v, dz, dv, di, a, b):
    dv[v > 1] = 0
    return back(v, dz, dv, di, a, b)


def back_zeroed(v, dz, dv, di, a, b):
    s = (dz - dv * v) / ((v - 1).abs() + 1) ** 2
    dv = torch.where(v > 1, 0.0, dv + s)
    di = (1 - b) * di + a * dv
    return di, (1 - a) * dv, di


def back_zeroed_first(v, dz, dv, di, a, b, reset, late=True):
    kept = dv.masked_fill(v > 1, 0.0)
    return back_of(kept + (dz - (kept if late else dv) * reset(v)) / ((v - 1).abs() + 1) ** 2, di, a, b)


def back_with(step):
    """step: what of v, dz, dv, di, a, b, s and the dv that was set to 0 gives dx, dv, di."""

    def answer(v, dz, dv, di, a, b):
        return step(v, dz, dv, di, a, b, (dz - dv * v) / ((v - 1).abs() + 1) ** 2, dv.masked_fill(v > 1, 0.0))

    return answer


def back_of(dv, di, a, b):
    di = (1 - b) * di + a * dv
    return di, (1 - a) * dv, di


def without_pull(v, dz, dv, di, a, b, s, kept):
    return (1 - b) * di, (1 - a) * (kept + s), (1 - b) * di


def as_it_came(v, dz, dv, di, a, b, s, kept):
    new = back_of(kept + s, di, a, b)[0]
    return new, (1 - a) * dv, new


def all_decays(v, dz, dv, di, a, b, s, kept):
    new = (1 - b) * (di + a * (kept + s))
    return new, (1 - a) * (kept + s), new


def back_with_alpha(v, dz, dv, di, a, b):
    return back_of(dv + dz / (alpha * v) ** 2, di, a, b)  # noqa: F821


def endless(b1, m1, b2, m2, budget):
    n = 0
    while m1 + n <= budget:
        b1 + 1
    return n


def by_polyfit(b1, m1, b2, m2, budget):
    slope, fixed = np.polyfit([b1, b2], [m1, m2], 1)
    return int((budget - fixed) // slope)


def batch_of_slope(how):
    def answer(b1, m1, b2, m2, budget):
        for_one = how((m2 - m1) / (b2 - b1))
        return math.floor((budget - (m1 - b1 * for_one)) / for_one)

    return answer


def batch(b1, m1, b2, m2, budget):
    for_one = (m2 - m1) / (b2 - b1)
    return math.floor((budget - (m1 - b1 * for_one)) / for_one)


RIGHT = [
    (check.faults, FAULTS),
    (check.faults, {name.lower(): fault for name, fault in FAULTS.items()}),
    (check.conv_flops, flops()),
    (check.conv_flops, lambda i, o, k, s: sum(2 * i * k * k for _ in range(o) for _ in range(s * s))),
    (check.over_time, folded),
    (check.over_time, folded_by_reshape),
    (check.over_time, lambda layer, x: torch.stack(layer(torch.cat([*x])).chunk(len(x)))),
    (check.lif_backward, back),
    (check.lif_backward, lambda *arguments: list(back(*arguments))),
    (check.saved_bytes, lambda t, batch, neurons: 4 * t * batch * neurons),
    (check.saved_bytes, lambda t, batch, neurons: torch.empty(t, batch, neurons).nbytes),
    (check.largest_batch, batch),
    (check.largest_batch, lambda b1, m1, b2, m2, budget: b2 + (budget - m2) * (b2 - b1) // (m2 - m1)),
]

WRONG = [
    (check.faults, ["no warm-up"], "The answer is a dict with the keys A, B, C"),
    (check.faults, {"A": FAULTS["A"], "B": FAULTS["B"]}, "Timing C has no answer yet"),
    (check.faults, {**FAULTS, "A": "too slow"}, "For A choose one of"),
    (check.faults, {**FAULTS, "A": FAULTS["B"]}, "Is all work done at the second?"),
    (check.faults, {**FAULTS, "B": FAULTS["A"]}, "what would remove that?"),
    (check.faults, {**FAULTS, "C": FAULTS["A"]}, "What does the for loop do besides"),
    (check.conv_flops, flops(1), "yours counts one operation"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * s * s, "The kernel has kernel * kernel weights"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * k * s, "The output has size * size pixels"),
    (check.conv_flops, lambda i, o, k, s: 2 * o * k * k * s * s, "The sum goes over all input channels"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * k * k * s * s, "There are out_channels maps"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * s, "Kernel and size count along both sides"),
    (check.conv_flops, lambda i, o, k, s: o * s * s, "That is the number of outputs"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * k, "That is the number of weights, twice"),
    (check.conv_flops, lambda i, o, k, s: i * o * k * k, "That is the number of weights. Each"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * k * (s - k + 1) ** 2, "the kernel has been taken off"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * (k ^ 2) * (s ^ 2), "^ is no power"),
    (check.conv_flops, lambda i, o, k, s: 2 * (i * k * k + 1) * o * s * s, "counts it, and twice"),
    (check.conv_flops, lambda i, o, k, s: o * k * k * s * s, "all input channels: yours counts neither"),
    (
        check.conv_flops,
        lambda i, o, k, s: i * o * k * s * s,
        "the kernel counts along both sides: yours counts neither",
    ),
    (
        check.conv_flops,
        lambda i, o, k, s: i * o * k * k * s,
        "the output counts along both sides: yours counts neither",
    ),
    (check.conv_flops, lambda i, o, k, s: 2 * o * s * s, "twice the number of outputs"),
    (check.conv_flops, flops(2e-6), "That is in millions"),
    (check.conv_flops, flops(6), "the backward pass is not asked for"),
    (check.conv_flops, flops(3), "conv_flops(1, 20, 5, 24) should be 5.76e+05: yours is 8.64e+05"),
    (check.conv_flops, lambda i, o, k, s: i * k * k * s * s, "yours counts neither"),
    (check.conv_flops, lambda i, o, k, s: (2 * i * k * k + 1) * o * s * s, "The bias is left out"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * k * (s + k - 1) ** 2, "not of the input"),
    (check.conv_flops, lambda i, o, k, s: 2 * (i + o) * k * k * s * s, "yours adds them up"),
    (check.over_time, lambda layer, x: layer(x.flatten(0, 1)), "Time and batch are still one axis"),
    (check.over_time, lambda layer, x: folded(layer, x).transpose(0, 1), "yours has them the other way round"),
    (
        check.over_time,
        lambda layer, x: layer(x.flatten(0, 1)).unflatten(0, (3, 5)).transpose(0, 1),
        "steps and images are mixed up",
    ),
    (check.over_time, over_batch_first, "steps and images are mixed up"),
    (check.over_time, lambda layer, x: folded(layer, x).flatten(2), "yours makes one of them"),
    (check.over_time, lambda layer, x: folded(layer, x).squeeze(), "yours is gone"),
    (check.over_time, over_images, "x does not always have so many axes"),
    (check.over_time, lambda layer, x: layer(x[0]), "That is the first time step alone"),
    (check.over_time, lambda layer, x: torch.stack([layer(x_t) for x_t in x]), "by 5 calls of the layer"),
    (check.over_time, lambda layer, x: folded(layer, x).detach(), "no gradient gets back to x"),
    (check.over_time, lambda layer, x: layer(x), "here with 4 axes: yours gives it (5, 3, 2, 4, 4)"),
    (check.over_time, lambda layer, x: layer(x.flatten(0, 2)), "here with 4 axes: yours gives it (30, 4, 4)"),
    (check.over_time, lambda layer, x: folded(layer, x.detach()), "no gradient gets back to x"),
    (check.over_time, lambda layer, x: torch.vmap(layer)(x), "should see all 15 images at once"),
    (check.lif_backward, changed(back, reset=0), "The reset is missing in s"),
    (check.lif_backward, changed(back, reset=1), "yours adds"),
    (check.lif_backward, changed(back, slope=lambda u: 1), "yours has none"),
    (check.lif_backward, changed(back, slope=lambda u: 1 / (u.abs() + 1)), "yours is not"),
    (check.lif_backward, changed(back, slope=lambda u: 1 / (u + 1) ** 2), "yours is that of v alone"),
    (check.lif_backward, changed(back, slope=lambda u: 1 / ((u + 1).abs() + 1) ** 2), "yours is at v"),
    (check.lif_backward, changed(back, mask=lambda v: v > 1e9), "yours is kept"),
    (check.lif_backward, changed(back, mask=lambda v: v <= 1), "yours is 0 where it did not"),
    (check.lif_backward, changed(back, decay=lambda b: 1), "without the factor 1 - b"),
    (check.lif_backward, changed(back, decay=lambda b: b), "yours takes b"),
    (check.lif_backward, back_in_place, "changes dv in place"),
    (check.lif_backward, lambda *arguments: back(*arguments)[:2], "Return three tensors, dx, dv, di: yours has 2."),
    (check.lif_backward, lambda *arguments: [back(*arguments)[n] for n in (1, 0, 2)], "in another"),
    (check.lif_backward, back_zeroed, "yours is 0 there altogether"),
    (check.lif_backward, changed(back, mask=lambda v: v >= 1), "exactly on its threshold"),
    (check.lif_backward, lambda v, dz, dv, di, a, b: back(v, dz, dv, di, b, a), "a and b are swapped"),
    (check.lif_backward, lambda v, dz, dv, di, a, b: back(v, dz, dv, di, 0.1, 0.2), "a and b are given"),
    (check.lif_backward, lambda *arguments: [back(*arguments)[n] for n in (0, 2, 1)], "your dv comes last"),
    (check.lif_backward, back_with(lambda v, dz, dv, di, a, b, s, kept: back_of(kept, di, a, b)), "s is missing"),
    (
        check.lif_backward,
        back_with(lambda v, dz, dv, di, a, b, s, kept: back_of(torch.where(v > 1, s, dv), di, a, b)),
        "only where the neuron fired",
    ),
    (check.lif_backward, changed(back_zeroed_first, reset=lambda v: v), "yours takes it after it was set to 0"),
    (check.lif_backward, changed(back_zeroed_first, reset=lambda v: v - 1, late=False), "yours takes v_th - v"),
    (check.lif_backward, back_with(without_pull), "yours only decays"),
    (check.lif_backward, back_with(as_it_came), "yours is as it came in"),
    (check.lif_backward, back_with(all_decays), "Only di is multiplied"),
    (check.lif_backward, back_with_alpha, "alpha is 1 here"),
    (check.lif_backward, lambda *arguments: [2 * g for g in back(*arguments)], "for v = "),
    (check.saved_bytes, lambda t, batch, neurons: 8 * t * batch * neurons, "of 4 bytes"),
    (check.saved_bytes, lambda t, batch, neurons: 4e-3 * t * batch * neurons, "That is in kilobytes"),
    (check.saved_bytes, lambda t, batch, neurons: 4.0008 * t * batch * neurons, "should be 1024000: yours is 10242"),
    (check.saved_bytes, lambda t, batch, neurons: 4 * t * batch * neurons / 2**20, "That is in mebibytes"),
    (check.saved_bytes, lambda t, batch, neurons: t * batch * neurons, "each takes 4 bytes"),
    (check.saved_bytes, lambda t, batch, neurons: 32 * t * batch * neurons, "yours counts bits"),
    (check.saved_bytes, lambda t, batch, neurons: 4 * batch * neurons, "That is one time step"),
    (check.saved_bytes, lambda t, batch, neurons: 4 * t * neurons, "That is one image"),
    (check.saved_bytes, lambda t, batch, neurons: 4 * t * batch, "That is one neuron"),
    (check.saved_bytes, lambda t, batch, neurons: 4e-6 * t * batch * neurons, "That is in megabytes"),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: (budget + m1 - b1 * (m2 - m1) / (b2 - b1)) * (b2 - b1) // (m2 - m1),
        "yours leaves more",
    ),
    (check.largest_batch, lambda *arguments: 0.25 + batch(*arguments), "should be"),
    (check.largest_batch, endless, "it takes too many steps, or loops for ever"),
    (check.largest_batch, by_polyfit, "a float was a little too small"),
    (check.largest_batch, batch_of_slope(int), "yours is rounded."),
    (check.largest_batch, batch_of_slope(math.ceil), "yours is rounded up"),
    (check.largest_batch, lambda b1, *arguments: max(b1, batch(b1, *arguments)), "may be smaller than m1"),
    (check.largest_batch, lambda b1, m1, b2, m2, budget: b1 + int((budget - m1) * (b2 - b1) / (m2 - m1)), "towards 0"),
    (check.largest_batch, lambda *arguments: 1 + batch(*arguments), "should be"),
    (check.largest_batch, lambda b1, m1, b2, m2, budget: budget * b1 // m1, "m1 / b1 is not the memory for one image"),
    (check.largest_batch, lambda b1, m1, b2, m2, budget: budget * b2 // m2, "m2 / b2 is not the memory for one image"),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: b2 + (budget - m2) * (b2 - b1) / (m2 - m1),
        "A batch is a whole number of images",
    ),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: math.ceil(b2 + (budget - m2) * (b2 - b1) / (m2 - m1)),
        "round down, or it does not fit",
    ),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: budget * (b2 - b1) // (m2 - m1),
        "The part that does not grow with the batch",
    ),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: (budget - m1) * (b2 - b1) // (m2 - m1),
        "how much is there without any?",
    ),
]

NOT_DONE = {"faults": [..., {"A": ..., "B": ..., "C": ...}]}
