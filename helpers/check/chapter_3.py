"""The checks of chapter 3."""

from collections.abc import Callable
from functools import partial

import torch

from helpers.check.verdict import NotDone, call, compare, exercise, expect, form, kind, number

FAULTS = {"A": "does not wait for the GPU", "B": "no warm-up", "C": "times other work too"}


@partial(exercise, 1)
def faults(answer: dict) -> str:
    """Chapter 3: a dict that gives for each of the timings A, B and C its fault, one of FAULTS."""
    expect(isinstance(answer, dict), f"The answer is a dict with the keys A, B, C: this is {kind(answer)}.")
    if ... in answer.values():
        raise NotDone
    for name in FAULTS:
        expect(name in answer, f"Timing {name} has no answer yet.")
        known = ", ".join(repr(fault) for fault in FAULTS.values())
        expect(answer[name] in FAULTS.values(), f"For {name} choose one of {known}: yours is {answer[name]!r}.")
    hints = {
        "A": "In A, the GPU has its warm-up, and only steps are between the readings. Is all work done at the second?",
        "B": "In B, one step is timed, and waited for. What has never run before it?",
        "C": "In C, there is warm-up, and waiting. What does the for loop do besides calling step?",
    }
    for name, hint in hints.items():
        expect(answer[name] == FAULTS[name], hint)
    return "warm up, wait, and keep everything else out. The fourth rule is to measure more than once."


@partial(exercise, 2)
def conv_flops(answer: Callable) -> str:
    """Chapter 3: conv_flops(in_channels, out_channels, kernel, size), operations for one image."""
    layers = [(1, 20, 5, 24), (20, 50, 5, 8), (3, 7, 2, 11)]
    names = "in_channels", "out_channels", "kernel", "size"
    got = torch.tensor([number(call(answer, **dict(zip(names, layer)))) for layer in layers], dtype=torch.float64)
    i, o, k, s = torch.tensor(layers, dtype=torch.float64).T
    right = 2 * i * o * k**2 * s**2
    mistakes = {
        "Each term of the sum is a multiplication and an addition: yours counts one operation.": right / 2,
        "The kernel has kernel * kernel weights: yours counts them along one side only.": right / k,
        "The output has size * size pixels: yours counts them along one side only.": right / s,
        "The sum goes over all input channels: yours takes one of them.": right / i,
        "There are out_channels maps: yours counts one of them.": right / o,
        "Kernel and size count along both sides: yours takes each once.": right / k / s,
        "That is the number of outputs. How many operations does each of them take?": o * s**2,
        "That is the number of weights, twice. Each of them is used at every pixel of the output.": right / s**2,
        "That is the number of weights. Each of them is used at every pixel of the output.": right / s**2 / 2,
        "One image has one forward pass: the backward pass is not asked for.": 3 * right,
    }
    compare("conv_flops", got, right, mistakes, [str(layer) for layer in layers])
    return f"{right[1] / 1e6:.1f} MFLOP for the second convolution of our network, {right[0] / 1e6:.1f} for the first."


@partial(exercise, 3)
def over_time(answer: Callable) -> str:
    """Chapter 3: over_time(layer, x) applies a layer to x (seq_length, batch, ...) by a single call."""
    x, calls = torch.randn(5, 3, 2, 4, 4, requires_grad=True), []
    convolution = torch.nn.Conv2d(2, 6, 3)

    def layer(images):
        calls.append(tuple(images.shape))
        expect(images.dim() == 4, f"The layer takes (batch, ...), here with 4 axes: yours gives it {calls[-1]}.")
        return convolution(images).flatten(1)

    right = torch.stack([convolution(x_t).flatten(1) for x_t in x])
    got = call(answer, layer=layer, x=x)
    mistakes = {
        "Time and batch are still one axis: unfold them again.": right.flatten(0, 1),
        "seq_length comes first, then batch: yours has them the other way round.": right.transpose(0, 1),
        "The shape is right, but steps and images are mixed up: unfold as you folded.": right.flatten(0, 1)
        .unflatten(0, (3, 5))
        .transpose(0, 1),
        "That is the first time step alone.": right[0],
    }
    compare("The result", got, right, mistakes)
    expect(len(calls) == 1, f"Right values, but by {len(calls)} calls of the layer: one for all steps is the aim.")
    gradient = torch.autograd.grad(got.sum(), x, allow_unused=True)[0] if got.requires_grad else None
    expect(gradient is not None, "The values are right, but no gradient gets back to x: what cuts it off?")
    return f"one call with a batch of {calls[0][0]} in place of 5 calls with 3. A layer without state cannot tell."


@partial(exercise, 4)
def lif_backward(answer: Callable) -> str:
    """Chapter 3: lif_backward(v, dz, dv, di, a, b) gives dx, dv, di of one time step."""
    v, dz, dv, di = torch.randn(4, 3, 7)
    v, a, b = v + 1, 0.1, 0.2
    got = call(answer, v=v, dz=dz, dv=dv, di=di, a=a, b=b)
    expect(isinstance(got, tuple | list) and len(got) == 3, f"Return three tensors, dx, dv, di: yours is {kind(got)}.")

    def gradients(s=None, fired=v > 1, after=(1 - b) * di):
        s = (dz - dv * v) / ((v - 1).abs() + 1) ** 2 if s is None else s
        inner = torch.where(fired, 0.0, dv) + s
        current = after + a * inner
        return torch.stack([current, (1 - a) * inner, current]), inner

    right, inner = gradients()
    slope = 1 / ((v - 1).abs() + 1) ** 2
    for name, tensor in zip(("dx", "dv", "di"), got):
        form(name, tensor, v)
    mistakes = {
        "The reset is missing in s: the spike also acts through v_reset - v.": gradients(dz * slope)[0],
        "With v_reset = 0, s has dz - dv * v: yours adds.": gradients((dz + dv * v) * slope)[0],
        "The slope of the surrogate goes into s: yours has none.": gradients(dz - dv * v)[0],
        "The slope is squared: yours is not.": gradients((dz - dv * v) / ((v - 1).abs() + 1))[0],
        "The slope takes the size of v - v_th: yours keeps the sign.": gradients((dz - dv * v) / v**2)[0],
        "The slope is taken at v - v_th: yours is at v.": gradients((dz - dv * v) / (v.abs() + 1) ** 2)[0],
        "dv is 0 where the neuron fired, as its voltage was reset: yours is kept.": gradients(fired=v > 1e9)[0],
        "dv is 0 where the neuron fired: yours is 0 where it did not.": gradients(fired=v <= 1)[0],
        "di decays: yours takes it without the factor 1 - b.": gradients(after=di)[0],
        "di decays by the factor 1 - b: yours takes b.": gradients(after=b * di)[0],
        "In the end dv is multiplied by 1 - a: yours is not.": torch.stack([right[0], inner, right[2]]),
        "dx is di as it is after its own line: yours is as it came in.": torch.stack([di, right[1], right[2]]),
        "di on return is that of its own line: yours is as it came in.": torch.stack([right[0], right[1], di]),
        "s is added to dv before di takes its share: yours comes too late.": torch.stack(
            [(1 - b) * di + a * dv, right[1], (1 - b) * di + a * dv]
        ),
        "dv shrinks by 1 - a after di has taken its share: yours before.": torch.stack(
            [(1 - b) * di + a * right[1], right[1], (1 - b) * di + a * right[1]]
        ),
    }
    compare("The gradient ", torch.stack(list(got)), right, mistakes, ["dx", "dv", "di"])
    return "the whole backward pass of a LIF neuron, and all it needs to be kept is v."


@partial(exercise, 5)
def saved_bytes(answer: Callable) -> str:
    """Chapter 3: saved_bytes(seq_length, batch_size, neurons) of one layer."""
    sizes = [(16, 32, 500), (8, 3, 11520), (5, 64, 10)]
    names = "seq_length", "batch_size", "neurons"
    got = torch.tensor([number(call(answer, **dict(zip(names, size)))) for size in sizes], dtype=torch.float64)
    t, batch, neurons = torch.tensor(sizes, dtype=torch.float64).T
    right = 4 * t * batch * neurons
    mistakes = {
        "That is the number of values: each takes 4 bytes.": right / 4,
        "A float32 has 32 bits, which are 4 bytes: yours counts bits.": 8 * right,
        "That is one time step: a voltage is kept for each of them.": right / t,
        "That is one image: a voltage is kept for each of the batch.": right / batch,
        "That is one neuron: a voltage is kept for each of them.": right / neurons,
        "That is in megabytes: bytes are asked for.": right / 1e6,
    }
    compare("saved_bytes", got, right, mistakes, [str(size) for size in sizes])
    return "it grows with seq_length, though the network does not. Weights are the smaller part of the memory."


@partial(exercise, 6)
def largest_batch(answer: Callable) -> str:
    """Chapter 3: largest_batch(b1, m1, b2, m2, budget): how many images fit into budget bytes."""
    budgets = [(8, 100, 32, 340, 1000), (1, 75, 5, 275, 1024), (16, 640, 64, 2560, 1999)]
    names = "b1", "m1", "b2", "m2", "budget"
    got = torch.tensor([number(call(answer, **dict(zip(names, given)))) for given in budgets], dtype=torch.float64)
    b1, m1, b2, m2, budget = torch.tensor(budgets, dtype=torch.float64).T
    slope = (m2 - m1) / (b2 - b1)
    exact = (budget - (m1 - slope * b1)) / slope
    right = exact.floor()
    mistakes = {
        "A batch is a whole number of images.": exact,
        "That is one image too many: round down, or it does not fit.": exact.ceil(),
        "The part that does not grow with the batch takes memory too: yours leaves it out.": (budget / slope).floor(),
        "m1 / b1 is not the memory for one image: a part of m1 is always there.": (budget * b1 / m1).floor(),
        "m2 / b2 is not the memory for one image: a part of m2 is always there.": (budget * b2 / m2).floor(),
        "m1 is the memory of b1 images, not of none: how much is there without any?": ((budget - m1) / slope).floor(),
    }
    labels = [str(given) for given in budgets]
    compare("largest_batch", got, right, mistakes, labels)
    return "two measurements are enough, as long as both come from the same device and settings."
