"""Answers to the exercises of chapter 7."""

import math

import torch

from helpers.course.chapter_7 import check
from tests.course.checks.answers import edited

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
heard = z[: len(block)] @ R.T
z, v, i = neurons(block + heard, v, i)
spikes.append(z)""")
HEARD = "z[: len(block)] @ R.T"
STEP = "z, v, i = neurons(block + heard, v, i)"
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
VALUES = "2 ** torch.arange(8)"
BYTES = "(eight * 2 ** torch.arange(8)).sum(2).to(torch.uint8)"

hidden = edited("""\
slack = compute - size / bandwidth
if slack <= 0:
    return math.inf
return max(1, math.ceil(latency / slack))""")
SLACK = "compute - size / bandwidth"
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


def by_places(gradients, rows):
    whole = torch.cat(gradients, 1) @ torch.cat(rows)
    ends = torch.tensor([0, *map(len, rows)]).cumsum(0).tolist()
    return tuple(whole[:, begin:end] for begin, end in zip(ends, ends[1:]))


def by_doubling(z):
    found = torch.zeros(len(z), z.shape[1] // 8, dtype=torch.uint8)
    for place in range(8):
        found += (2**place * z[:, place::8]).to(torch.uint8)
    return found


def by_trying(compute, latency, size, bandwidth):
    for d in range(1, 1000):
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
        whole,
        blocks(HEARD, "(z @ R.T)[: len(block)]"),
        blocks(HEARD, "torch.nn.functional.linear(z[: len(block)], R)"),
        blocks(STEP, "z, v, i = neurons(torch.add(block, heard), v, i)"),
        blocks(APPEND, "spikes += [z]"),
        blocks(APPEND, "spikes.extend(z[:, None])\nspikes = [torch.cat(spikes)]"),
        blocks(HEARD, 'torch.einsum("tbm,nm->tbn", z[: len(block)], R)'),
    ],
    check.asked: [
        summed(),
        by_places,
        summed(OWN, "total.split([len(R) for R in rows], dim=1)"),
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
        by_trying,
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
        "The copy comes first": held("return copied, split", "return split, copied"),
        "yours has one": held(COPIED, COPIED.replace("16", "4")),
        "yours has two": held(COPIED, COPIED.replace("16", "8")),
        "yours takes 1": held(COPIED, "4 * n * n + seq_length * examples * n"),
        "yours takes 8": held(SPLIT, "2 * (16 * rows * n + 4 * seq_length * batch * rows)"),
        "yours keeps one step": held(COPIED, "16 * n * n + 4 * examples * n"),
        "The voltages are missing": held(COPIED, "16 * n * n"),
        "yours has one number for each neuron": held(
            SPLIT, SPLIT.replace("16 * rows * n", "16 * rows")
        ),
        "yours on all of it": held(COPIED, COPIED.replace("examples", "batch")),
        "whole examples, and at least one": (
            held("-(-batch // processes)", "batch // processes"),
            held("-(-batch // processes)", "batch / processes"),
        ),
        "A copy has all of R": held(COPIED, COPIED.replace("n * n", "rows * n")),
        "A copy has all neurons": held(COPIED, COPIED.replace("examples * n", "examples * rows")),
        "its row of R is whole": held(SPLIT, SPLIT.replace("rows * n", "rows * rows")),
        "n / processes rows of R: yours has all": held(SPLIT, SPLIT.replace("rows * n", "n * n")),
        "yours on a part of the batch": held(SPLIT, SPLIT.replace("batch", "examples")),
        "of its own neurons: yours keeps all": held(
            SPLIT, SPLIT.replace("batch * rows", "batch * n")
        ),
        "Neurons are whole": held("-(-n // processes)", "n / processes"),
        "Return bytes of a copy, bytes of a part": held("return copied, split", "return copied"),
    },
    check.in_blocks: {
        "backwards along the weights": blocks("@ R.T", "@ R"),
        "their gradient is not": blocks(HEARD, "z[: len(block)].detach() @ R.T"),
        "+= changes these": blocks(STEP, "block += heard\nz, v, i = neurons(block, v, i)"),
        "The inputs never arrive": blocks("block + heard", "heard"),
        "R z is subtracted": blocks("block + heard", "block - heard"),
        "No spike is heard": blocks("block + heard", "block"),
        "z is the one of the start": blocks(
            f"{STEP}\n{APPEND}", "new, v, i = neurons(block + heard, v, i)\nspikes.append(new)"
        ),
        "begin at rest in each block": blocks("heard, v, i)", "heard, 0 * v, 0 * i)"),
        "yours all hear the last one": blocks(HEARD, "z[-1] @ R.T"),
        "all spikes of the block before": blocks(HEARD, "z.sum(0) @ R.T"),
        "yours always arrives after one": lambda inputs, R, d: whole(inputs, R, 1),
        "yours the last": blocks(HEARD, "z[-len(block) :] @ R.T"),
        "in the wrong order": blocks(HEARD, "z.flip(0)[: len(block)] @ R.T"),
        "as many of the spikes as it has steps": blocks(HEARD, "z @ R.T"),
        "no gradient gets back to R": blocks(HEARD, "z[: len(block)] @ R.detach().T"),
        "Append the spikes": blocks(APPEND, "pass"),
        "neurons gives three things": blocks(STEP, "z, v = neurons(block + heard, v, i)"),
    },
    check.asked: {
        "A sum, not a mean": summed(TOTAL, f"{TOTAL} / len(rows)"),
        "the others ask too": lambda gradients, rows: [
            (dj @ R).split([len(R) for R in rows], 1)[p]
            for p, (dj, R) in enumerate(zip(gradients, rows))
        ],
        "yours adds up the others alone": lambda gradients, rows: [
            sum(
                (dj @ R).split([len(R) for R in rows], 1)[p]
                for q, (dj, R) in enumerate(zip(gradients, rows))
                if q != p
            )
            for p in range(len(rows))
        ],
        "what the first process asks": summed(TOTAL, "gradients[0] @ rows[0]"),
        "what the last process asks": summed(TOTAL, "gradients[-1] @ rows[-1]"),
        "yours is turned": summed(TOTAL, f"-{TOTAL}"),
        "The signs are lost": summed(
            TOTAL, "sum((dj @ R).abs() for dj, R in zip(gradients, rows))"
        ),
        "R is missing": lambda gradients, rows: [*gradients],
        "yours keeps all": summed(OWN, "[total for R in rows]"),
        "their numbers may differ": summed(OWN, "list(total.tensor_split(len(rows), dim=1))"),
        "without .T": summed("dj @ R", "dj @ R.T"),
        "Return a list with a tensor for each process": summed(OWN, "total"),
        "All steps are added up": summed(TOTAL, f"{TOTAL}.sum(0).expand(4, -1)"),
        "Split along the neurons": summed(OWN, "list(total.split([len(R) for R in rows]))"),
    },
    check.pack: {
        "yours is worth 128": packed(VALUES, "2 ** torch.arange(7, -1, -1)"),
        "That counts the spikes": packed(BYTES, "eight.sum(2).to(torch.uint8)"),
        "yours are worth 0 to 7": packed(VALUES, "torch.arange(8)"),
        "yours are worth 1 to 8": packed(VALUES, "torch.arange(1, 9)"),
        "their squares": packed(VALUES, "torch.arange(8) ** 2"),
        "does not fit into a byte": packed(VALUES, "2 ** torch.arange(1, 9)"),
        "silence as 1": packed(EIGHT, "(1 - z).unflatten(1, (-1, 8))"),
        "every so many-th neuron": packed(EIGHT, "z.unflatten(1, (8, -1)).transpose(1, 2)"),
        "one neuron of eight steps": packed(EIGHT, "z.T.unflatten(1, (-1, 8))"),
        "takes 8 of them": packed(".to(torch.uint8)", ".long()"),
        "Time is the first axis": packed(".to(torch.uint8)", ".to(torch.uint8).T"),
        "a byte for each spike": packed(BYTES, "z.to(torch.uint8)"),
        "one long row": packed(".sum(2).to(torch.uint8)", ".sum(2).to(torch.uint8).flatten()"),
        "Floats have no bits to shift": packed(BYTES, "eight << torch.arange(8)"),
        "Return one tensor": packed(".to(torch.uint8)", ".to(torch.uint8).tolist()"),
    },
    check.smallest_delay: {
        "round up": (
            hidden("math.ceil", "math.floor"),
            hidden("math.ceil", "round"),
            hidden(STEPS, "max(1, latency / slack)"),
        ),
        "yours takes one more": hidden(STEPS, "1 + int(latency / slack)"),
        "a delay of 0 is none": hidden(STEPS, "math.ceil(latency / slack)"),
        "yours counts the latency alone": hidden(SLACK, "compute"),
        "The latency is missing": hidden("latency / slack", "(size / bandwidth) / slack"),
        "yours pays both once": lambda compute, latency, size, bandwidth: max(
            1, math.ceil((latency + size / bandwidth) / compute)
        ),
        "it is taken off": hidden(SLACK, "compute + size / bandwidth"),
        "no delay is enough": (
            hidden(NEVER, "1"),
            hidden("if slack <= 0:\n    return math.inf\n"),
            hidden(NEVER, "0"),
        ),
        "yours multiplies": hidden(SLACK, "compute - size * bandwidth"),
        "Upside down": hidden("latency / slack", "slack / latency"),
        "return it before you round": hidden(
            "if slack <= 0:\n    return math.inf\nreturn max(1, math.ceil(latency / slack))",
            "return math.ceil(latency / slack if slack > 0 else math.inf)",
        ),
    },
}
