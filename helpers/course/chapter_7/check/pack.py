"""pack(z) gives the spikes of each eight neurons as a byte, uint8, (steps, n / 8)."""

import torch

from helpers.course.judge import Solution, exercise

SIDE_BY_SIDE = "Eight neurons side by side make a byte: unflatten(1, (-1, 8))."
HINTS = {
    "is invalid for input of size": SIDE_BY_SIDE,
    "don't multiply up to the size": SIDE_BY_SIDE,
    "shift_cpu": "Floats have no bits to shift: multiply by 2**torch.arange(8), or convert first.",
    "must match the size of tensor": "The last axis should have the eight neurons of a byte.",
}
BYTES = "(eight * 2 ** torch.arange(8)).sum(2).to(torch.uint8)"
POWERS = "Places are worth 1, 2, 4 and so on, powers of two: yours are"
solution = Solution(
    """
def pack(z):
    eight = z.unflatten(1, (-1, 8))
    return (eight * 2 ** torch.arange(8)).sum(2).to(torch.uint8)
""",
    {
        BYTES: {
            "z.to(torch.uint8)": "Yours has a byte for each spike: eight share one.",
            f"{BYTES}.T": "Time is the first axis: yours has it last.",
            f"{BYTES}.flatten()": "Keep the axis of time: yours is one long row of bytes.",
        },
        " * 2 ** torch.arange(8)": {
            "": "That counts the spikes: which neurons sent them is lost.",
            " * 2 ** torch.arange(7, -1, -1)": (
                "The first of the eight neurons is worth 1: yours is worth 128."
            ),
            " * 2 ** torch.arange(1, 9)": (
                "The first is worth 2**0 = 1: yours 2, and 2**8 does not fit into a byte."
            ),
            " * torch.arange(8)": f"{POWERS} worth 0 to 7.",
            " * torch.arange(1, 9)": f"{POWERS} worth 1 to 8.",
            " * torch.arange(8) ** 2": f"{POWERS} their squares.",
        },
        "z.unflatten(1, (-1, 8))": {
            "(1 - z).unflatten(1, (-1, 8))": "Yours has silence as 1: a spike is a 1.",
            "z.unflatten(1, (8, -1)).transpose(1, 2)": (
                "A byte has eight neighbours: yours has every so many-th neuron."
            ),
            (
                "z.T.unflatten(1, (-1, 8))",
                "z.T.unflatten(1, (-1, 8)).transpose(0, 1)",
            ): "A byte has eight neurons of one step: yours has one neuron of eight steps.",
        },
    },
)


@exercise("Spikes as bits", ours=solution)
def pack(answer) -> str:
    shapes = ((8, 24), (16, 8), (8, 40))
    cases = [((torch.rand(shape) < 0.4).float(),) for shape in shapes]
    solution.compare_cases("The byte ", answer, cases, HINTS)
    return "a spike takes one bit, where a float takes 32."
