"""Answers to the exercises of chapter 3."""

import math

import torch

from answers import changed
from helpers import check

EXERCISES = ["faults", "conv_flops", "over_time", "lif_backward", "saved_bytes", "largest_batch"]


FAULTS = {"A": "does not wait for the GPU", "B": "no warm-up", "C": "times other work too"}


def flops(factor=2):
    return lambda in_channels, out_channels, kernel, size: factor * in_channels * out_channels * kernel**2 * size**2


def folded(layer, x):
    return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def folded_by_reshape(layer, x):
    y = layer(x.reshape(-1, *x.shape[2:]))
    return y.view(len(x), -1, *y.shape[1:])


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


def batch(b1, m1, b2, m2, budget):
    for_one = (m2 - m1) / (b2 - b1)
    return math.floor((budget - (m1 - b1 * for_one)) / for_one)


RIGHT = [
    (check.faults, FAULTS),
    (check.conv_flops, flops()),
    (check.conv_flops, lambda i, o, k, s: sum(2 * i * k * k for _ in range(o) for _ in range(s * s))),
    (check.over_time, folded),
    (check.over_time, folded_by_reshape),
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
    (check.lif_backward, changed(back, slope=lambda u: 1 / (u + 1) ** 2), "yours keeps the sign"),
    (check.lif_backward, changed(back, slope=lambda u: 1 / ((u + 1).abs() + 1) ** 2), "yours is at v"),
    (check.lif_backward, changed(back, mask=lambda v: v > 1e9), "yours is kept"),
    (check.lif_backward, changed(back, mask=lambda v: v <= 1), "yours is 0 where it did not"),
    (check.lif_backward, changed(back, decay=lambda b: 1), "without the factor 1 - b"),
    (check.lif_backward, changed(back, decay=lambda b: b), "yours takes b"),
    (check.lif_backward, back_in_place, "changes dv in place"),
    (check.lif_backward, lambda *arguments: back(*arguments)[:2], "Return three tensors, dx, dv, di: yours has 2."),
    (check.lif_backward, lambda *arguments: [back(*arguments)[n] for n in (1, 0, 2)], "in another"),
    (check.lif_backward, back_zeroed, "yours is 0 there altogether"),
    (check.saved_bytes, lambda t, batch, neurons: 8 * t * batch * neurons, "yours counts both"),
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
