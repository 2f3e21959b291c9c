"""pack(z) gives the spikes of each eight neurons as a byte, uint8, (steps, n / 8)."""

import torch

from helpers.course.checks import call, compare_all, exercise, expect, kind

EIGHT = "Eight neurons side by side make a byte: unflatten(1, (-1, 8))."
PLACES = torch.arange(8)
VALUES = 2**PLACES
HINTS = {
    "is invalid for input of size": EIGHT,
    "don't multiply up to the size": EIGHT,
    "shift_cpu": "Floats have no bits to shift: multiply by 2**torch.arange(8), or convert first.",
    "must match the size of tensor": "The last axis should have the eight neurons of a byte.",
}


def _pack(z, values=VALUES):
    return (z.unflatten(1, (-1, 8)) * values).sum(2).to(torch.uint8)


@exercise("Spikes as bits", ours=_pack)
def pack(answer) -> str:
    cases = []
    for steps, n in ((8, 24), (16, 8), (8, 40)):
        z = (torch.rand(steps, n) < 0.4).float()
        got = call(answer, HINTS, z=z)
        right = _pack(z)
        expect(isinstance(got, torch.Tensor), f"Return one tensor: yours is {kind(got)}.")
        expect(
            got.dtype == torch.uint8,
            f"Return bytes, torch.uint8: a number of {got.dtype} takes {got.element_size()} of"
            f" them.",
        )
        mistakes = {
            "Yours has a byte for each spike: eight share one.": z.shape,
            "Time is the first axis: yours has it last.": right.T.shape,
            "The first of the eight neurons is worth 1: yours is worth 128.": (
                _pack(z, VALUES.flip(0))
            ),
            "That counts the spikes: which neurons sent them is lost.": _pack(z, 1),
            "Places are worth 1, 2, 4 and so on, powers of two: yours are worth 0 to 7.": (
                _pack(z, PLACES)
            ),
            "Places are worth 1, 2, 4 and so on, powers of two: yours are worth 1 to 8.": (
                _pack(z, PLACES + 1)
            ),
            "Places are worth 1, 2, 4 and so on, powers of two: yours are their squares.": (
                _pack(z, PLACES**2)
            ),
            "The first is worth 2**0 = 1: yours 2, and 2**8 does not fit into a byte.": (
                _pack(z, 2 * VALUES)
            ),
            "Yours has silence as 1: a spike is a 1.": 255 - right,
            "A byte has eight neighbours: yours has every so many-th neuron.": (
                (z.unflatten(1, (8, -1)) * VALUES[:, None]).sum(1).to(torch.uint8)
            ),
            "A byte has eight neurons of one step: yours has one neuron of eight steps.": [
                _pack(z.T).shape,
                _pack(z.T).T.shape,
            ],
            "Keep the axis of time: yours is one long row of bytes.": right.flatten().shape,
        }
        cases.append(("The byte ", got, right, mistakes))
    compare_all(cases)
    return "a spike takes one bit, where a float takes 32."
