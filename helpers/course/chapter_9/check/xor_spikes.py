"""xor_spikes(bits, jitter) gives spike trains, (40, batch, 2), of pairs of bits."""

import torch

from helpers.course.judge import Solution, exercise

THREE = "Each input sends three spikes: yours"
APART = "The three spikes are 5 ms apart: yours"
solution = Solution(
    """
def xor_spikes(bits, jitter):
    z = torch.zeros(40, *bits.shape)
    for k in range(3):
        step = jitter + 20 * bits + 5 * k
        z.scatter_(0, step[None], 1.0)
    return z
""",
    {
        "return z": {
            "return z.transpose(0, 1)": "Time should be the first axis: yours is the second.",
            "return z.flip(2)": "The two inputs are swapped.",
            "return z * bits": "Only a bit of 1 spikes in yours: a 0 sends three spikes too.",
            "return z.amax(1, keepdim=True).expand_as(z)": (
                "All examples are the same in yours: each has its own bits and jitter."
            ),
            "since = torch.arange(40)[:, None, None] - jitter - 20 * bits\n"
            "    return ((since >= 0) & (since % 5 == 0)).float()": (
                "Each input sends three spikes: yours goes on sending."
            ),
        },
        "range(3)": {
            "range(1)": f"{THREE} sends one.",
            "range(2)": f"{THREE} sends two.",
            "range(4)": f"{THREE} sends four.",
        },
        "5 * k": {
            "k": f"{APART} come in consecutive steps.",
            "4 * k": f"{APART} are 4 ms apart.",
            "5 * k + 5": "The first spike comes in step jitter: yours comes 5 ms later.",
            "5 * k + 1": "All spikes come one step late: the first step has index 0.",
        },
        "3):\n        step = jitter + 20 * bits + 5 * k": {
            "11):\n        step = jitter + 20 * bits + k": f"{APART} fill all steps between.",
        },
        "20 * bits": {
            "20 * (1 - bits)": (
                "A 0 comes early and a 1 comes 20 ms later: yours are the other way round."
            ),
            "bits": "A 1 comes 20 ms later: yours comes 1 ms later. Multiply the bit by 20.",
            "10 * bits": "A 1 comes 20 ms later: yours comes 10 ms later.",
            "20 + bits": "Only a bit of 1 comes 20 ms later: yours delays both.",
        },
        "jitter + 20 * bits": {
            "20 * bits": "The jitter is missing: it delays all spikes of an input.",
            "jitter": "The bits have no effect: a 1 comes 20 ms later.",
        },
        "= jitter": {
            "= jitter[:, :1]": "Each input has its own jitter: yours gives both the first one's.",
        },
        "z.scatter_(0, step[None], 1.0)": {
            "z[step] = 1": "z[step] = 1 writes to all examples and inputs: scatter_ writes to one.",
        },
    },
)


@exercise("Make spike trains", ours=solution)
def xor_spikes(answer) -> str:
    bits = torch.randint(2, (5, 2))
    jitter = torch.randint(5, (5, 2))
    cases = [(bits, jitter), (bits[:3], jitter[:3])]
    solution.compare_cases("The spikes at (step, example, input) ", answer, cases)
    return "three spikes from each input, whatever the bits. Only their times differ."
