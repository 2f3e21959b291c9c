"""Answers to the exercises of chapter 7."""

import math
from functools import partial

import torch

from helpers.course.chapter_7 import check
from tests.course.judge.answers import edited

held = edited("""\
examples = -(-batch // processes)
rows = -(-n // processes)
copied = 16 * n * n + 4 * seq_length * examples * n
split = 16 * rows * n + 4 * seq_length * batch * rows
return copied, split""")
COPIED = "16 * n * n + 4 * seq_length * examples * n"
SPLIT = "16 * rows * n + 4 * seq_length * batch * rows"

blocks = edited("""\
from helpers.course.chapter_7.neurons import neurons
received = z[: len(block)] @ R.T
z, v, i = neurons(block + received, v, i)
spikes.append(z)""")
RECEIVED = "z[: len(block)] @ R.T"
STEP = "z, v, i = neurons(block + received, v, i)"
APPEND = "spikes.append(z)"

summed = edited("""\
total = sum(dj @ R for dj, R in zip(gradients, rows))
return list(total.split([len(R) for R in rows], dim=1))""")
TOTAL = "sum(dj @ R for dj, R in zip(gradients, rows))"
OWN = "list(total.split([len(R) for R in rows], dim=1))"

packed = edited("""\
eight = z.unflatten(1, (-1, 8))
return (eight * 2 ** torch.arange(8)).sum(2).to(torch.uint8)""")
EIGHT = "z.unflatten(1, (-1, 8))"
BYTES = "(eight * 2 ** torch.arange(8)).sum(2).to(torch.uint8)"

hidden = edited("""\
slack = compute - size / bandwidth
if slack <= 0:
    return math.inf
return max(1, math.ceil(latency / slack))""")
NEVER = "math.inf"
STEPS = "max(1, math.ceil(latency / slack))"


def whole(inputs, R, d):
    """In blocks, in a loop over steps that looks back d steps."""
    from helpers.course.chapter_7.neurons import neurons

    v = i = torch.zeros_like(inputs[0])
    spikes = []
    for t, arriving in enumerate(inputs):
        if t >= d:
            arriving = arriving + spikes[t - d] @ R.T
        z, v, i = neurons(arriving[None], v, i)
        spikes.append(z[0])
    return torch.stack(spikes)


ONE_BY_ONE = """\
for dj, R in zip(gradients, rows):
    total = dj @ R
return total.split([len(R) for R in rows], dim=1)"""


def by_places(gradients, rows):
    whole = torch.cat(gradients, 1) @ torch.cat(rows)
    ends = torch.tensor([0, *map(len, rows)]).cumsum(0).tolist()
    return tuple(whole[:, begin:end] for begin, end in zip(ends, ends[1:]))


def by_doubling(z):
    found = torch.zeros(len(z), z.shape[1] // 8, dtype=torch.uint8)
    for place in range(8):
        found += (2**place * z[:, place::8]).to(torch.uint8)
    return found


def by_trying(compute, latency, size, bandwidth, most=999):
    for d in range(1, most + 1):
        if latency + d * size / bandwidth <= d * compute:
            return d
    return float("inf")


RIGHT = {
    check.bytes_held: [
        held(),
        held("return copied, split", "return [copied, split]"),
        held("-(-n // processes)", "math.ceil(n / processes)"),
        held("16 * rows * n", "4 * 4 * n * rows"),
        held(COPIED, "4 * n * (4 * n + seq_length * examples)"),
        held("examples = -(-batch // processes)", "examples = max(1, math.ceil(batch/processes))"),
        held("return copied, split", "return torch.tensor([copied, split])"),
        held(SPLIT, "rows * (4 * n + seq_length * batch) * 4"),
    ],
    check.in_blocks: [
        blocks(),
        blocks(RECEIVED, "(z @ R.T)[: len(block)]"),
        blocks(RECEIVED, "torch.nn.functional.linear(z[: len(block)], R)"),
        blocks(STEP, "z, v, i = neurons(torch.add(block, received), v, i)"),
        blocks(APPEND, "spikes += [z]"),
        blocks(APPEND, "spikes.extend(z[:, None])\nspikes = [torch.cat(spikes)]"),
        blocks(RECEIVED, 'torch.einsum("tbm,nm->tbn", z[: len(block)], R)'),
    ],
    check.asked: [
        summed(),
        by_places,
        summed(OWN, "total.split([len(R) for R in rows], dim=1)"),
        summed(OWN, f"{OWN}\ngradients[:] = own\nreturn gradients").replace(
            "return list", "own = list"
        ),
        summed(OWN, "torch.split(total, [R.shape[0] for R in rows], dim=-1)"),
        summed(TOTAL, "torch.stack([dj @ R for dj, R in zip(gradients, rows)]).sum(0)"),
        summed(TOTAL, "torch.cat(gradients, dim=1) @ torch.cat(rows)"),
        summed(OWN, "list(total.split([dj.shape[1] for dj in gradients], dim=1))"),
        summed(TOTAL, "sum((R.T @ dj.T).T for dj, R in zip(gradients, rows))"),
    ],
    check.pack: [
        packed(),
        by_doubling,
        packed(EIGHT, "z.reshape(len(z), -1, 8)"),
        packed(EIGHT, "z.view(z.shape[0], -1, 8)"),
        packed(BYTES, "(eight @ (2.0 ** torch.arange(8))).to(torch.uint8)"),
        packed(BYTES, "(eight.to(torch.uint8) << torch.arange(8)).sum(2).to(torch.uint8)"),
        packed(BYTES, "(eight.bool() * 2 ** torch.arange(8)).sum(-1).byte()"),
        packed(BYTES, "(eight * 2 ** torch.arange(8)).sum(2, dtype=torch.uint8)"),
    ],
    check.smallest_delay: [
        hidden(),
        partial(by_trying, most=10_000),
        hidden(NEVER, 'float("inf")'),
        hidden(NEVER, "torch.inf"),
        hidden(STEPS, "max(math.ceil(latency / slack), 1)"),
        hidden(STEPS, "max(1, -int(-latency // slack))"),
        hidden("slack <= 0", "size / bandwidth >= compute"),
        hidden(STEPS, "torch.tensor(latency / slack).ceil().clamp(min=1)"),
    ],
}

WRONG = {
    check.bytes_held: {
        "yours takes 1": held("return copied, split", "return copied / 4, split / 4"),
        "yours on all of it": held(COPIED, "4 * n * (4 * n + seq_length * batch)"),
        "of its own neurons: yours keeps all": held(
            SPLIT, "4 * n * (4 * rows + seq_length * batch)"
        ),
        "Return bytes of a copy, bytes of a part": held("return copied, split", "return copied"),
    },
    check.in_blocks: {
        "one product for all steps of a block": (
            whole,
            blocks(RECEIVED, "torch.stack([(one[:, None] * R).sum(2) for one in z[: len(block)]])"),
        ),
        "their gradient is not": blocks(RECEIVED, "z[: len(block)].detach() @ R.T"),
        "+= changes these": blocks(STEP, "block += received\nz, v, i = neurons(block, v, i)"),
        "z is the one of the start": blocks(
            f"{STEP}\n{APPEND}", "new, v, i = neurons(block + received, v, i)\nspikes.append(new)"
        ),
        "yours always arrives after one": lambda inputs, R, d: whole(inputs, R, 1),
        "as many of the spikes as it has steps": blocks(RECEIVED, "z @ R.T"),
        "no gradient gets back to R": blocks(RECEIVED, "z[: len(block)] @ R.detach().T"),
        "Append the spikes": blocks(APPEND, "pass"),
        "neurons gives three things": blocks(STEP, "z, v = neurons(block + received, v, i)"),
    },
    check.asked: {
        "what the last process asks": ONE_BY_ONE,
        "changes its tensors in place": "for dj in gradients:\n    dj /= len(rows)\n" + summed(),
        "yours is turned": lambda gradients, rows: [-part for part in by_places(gradients, rows)],
        "R is missing": lambda gradients, rows: [*gradients],
        "own neurons, should be shaped (4, 2) here: yours is (4, 5)": summed(
            OWN, "[total for R in rows]"
        ),
        "own neurons, should be shaped (4, 2) here: yours is (4, 3)": summed(
            OWN, "list(total.tensor_split(len(rows), dim=1))"
        ),
        "without .T": summed("dj @ R", "dj @ R.T"),
        "Return a list with a tensor for each process": summed(OWN, "total"),
        "Split along the neurons": summed(OWN, "list(total.split([len(R) for R in rows]))"),
    },
    check.pack: {
        "yours is worth 128": "return torch.tensor(np.packbits(z.numpy().astype(bool), axis=1))",
        "That counts the spikes": "return torch.stack([eight.sum(1) for eight in z.split(8, dim=1)], 1).to(torch.uint8)",
        "yours are torch.int64": packed(".to(torch.uint8)", ".long()"),
        "yours are torch.int8": packed(".to(torch.uint8)", ".char()"),
        "a byte for each spike": "return z.byte()",
        "Floats have no bits to shift": packed(BYTES, "eight << torch.arange(8)"),
        "should be one tensor: yours is a list of 8": packed(
            ".to(torch.uint8)", ".to(torch.uint8).tolist()"
        ),
    },
    check.smallest_delay: {
        "yours pays both once": lambda compute, latency, size, bandwidth: max(
            1, math.ceil((latency + size / bandwidth) / compute)
        ),
        "should be 5000: yours is inf": by_trying,
        "should be 6: yours is 5": hidden("latency / slack", "round(latency / slack, 2)"),
        "then no delay is enough": hidden("if slack <= 0:\n    return math.inf\n"),
        "Upside down: the latency may be 0": hidden("latency / slack", "slack / latency"),
        "return it before you round": hidden(
            "if slack <= 0:\n    return math.inf\nreturn max(1, math.ceil(latency / slack))",
            "return math.ceil(latency / slack if slack > 0 else math.inf)",
        ),
    },
}
