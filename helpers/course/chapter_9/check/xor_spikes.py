"""xor_spikes(bits, jitter) gives spike trains, (40, batch, 2), of pairs of bits."""

from functools import partial

import torch

from helpers.course.checks import call, compare, exercise, expect, expect_form, expect_spikes


def spikes(bits, jitter, offsets=(0, 5, 10), later=20):
    """Return the spike trains of `spikes_of` of the template, which takes seconds to import."""
    z = torch.zeros(40, *bits.shape)
    for offset in offsets:
        z.scatter_(0, (jitter + later * bits + offset)[None], 1.0)
    return z


@exercise("Make spike trains", ours=spikes)
def xor_spikes(answer) -> str:
    bits = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1], [1, 0]])
    jitter = torch.tensor([[0, 3], [4, 1], [2, 2], [1, 0], [0, 4]])
    got = call(answer, bits=bits, jitter=jitter)
    formula = partial(spikes, bits=bits, jitter=jitter)
    right = formula()
    since_first = torch.arange(40)[:, None, None] - jitter - 20 * bits  # steps
    are_steps = isinstance(got, torch.Tensor) and got.dtype == torch.int64 and (got > 1).any()
    expect(not are_steps, "You return numbers of steps. Spikes are 0 and 1, (40, batch, 2).")
    expect(
        getattr(got, "dtype", None) not in (torch.bool, torch.int64), "Return floats, 0.0 and 1.0."
    )
    mistakes = {
        "Time should be the first axis: yours is the second.": right.transpose(0, 1).shape,
        "Each input sends three spikes: yours sends {}.": {
            "offsets": {"one": [0], "two": [0, 5], "four": [0, 5, 10, 15]}
        },
        "The three spikes are 5 ms apart: yours {}.": {
            "offsets": {
                "come in consecutive steps": range(3),
                "fill all steps between": range(11),
                "are 4 ms apart": [0, 4, 8],
            }
        },
        "A 0 comes early and a 1 comes 20 ms later: yours are the other way round.": {
            "bits": 1 - bits
        },
        "The jitter is missing: it delays all spikes of an input.": {"jitter": 0 * jitter},
        "The first spike comes in step jitter: yours comes 5 ms later.": {"offsets": (5, 10, 15)},
        "Each input has its own jitter: yours gives both the first one's.": {
            "jitter": jitter[:, [0, 0]]
        },
        "The bits have no effect: a 1 comes 20 ms later.": {"later": 0},
        "A 1 comes 20 ms later: yours comes {}.": {
            "later": {"1 ms later. Multiply the bit by 20": 1, "10 ms later": 10}
        },
        "The two inputs are swapped.": right.flip(2),
        "All spikes come one step late: the first step has index 0.": {"offsets": (1, 6, 11)},
        "Only a bit of 1 spikes in yours: a 0 sends three spikes too.": right * bits,
        "All examples are the same in yours: each has its own bits and jitter.": (
            right.amax(1, keepdim=True).expand_as(right)
        ),
        "z[step] = 1 writes to all examples and inputs: scatter_ writes to one.": (
            right.amax((1, 2), keepdim=True).expand_as(right)
        ),
        "Each input sends three spikes: yours goes on sending.": (
            ((since_first >= 0) & (since_first % 5 == 0)).float()
        ),
        "Only a bit of 1 comes 20 ms later: yours delays both.": (
            spikes(0 * bits, jitter + 20 + bits)
        ),
    }
    expect_spikes(got, right)
    compare("The spikes at (step, example, input) ", got, formula, mistakes)
    got = call(answer, bits=bits[:3], jitter=jitter[:3])
    expect_form("The result for three examples", got, right[:, :3])
    return "three spikes from each input, whatever the bits. Only their times differ."
