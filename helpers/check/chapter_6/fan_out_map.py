"""fan_out_map(channels, kernel, size) gives how many synapses leave each pixel, (size, size)."""

import torch
from torch.nn import Conv2d

from helpers.check.judge import call, exercise, expect
from helpers.check.values import compare, variations
from helpers.deploy.energy import fan_out

ALONG = {  # along an axis of n pixels, how many places of a kernel of k cover pixel r: the usual mistakes
    (
        "That is right in the middle only: near a border fewer places of the kernel cover a pixel."
    ): lambda r, n, k: k,
    "That is the number of all outputs: how many of them see a given pixel?": lambda r, n, k: (
        n - k + 1
    ),
    "The kernel has only size - kernel + 1 places: that can be the limit.": lambda r, n, k: min(
        r + 1, n - r, k
    ),
    "There are size - kernel + 1 places: yours has one fewer.": lambda r, n, k: min(
        r + 1, n - r, k, n - k
    ),
    "Of size - kernel + 1 places yours leaves out the last.": lambda r, n, k: (
        min(r, n - k - 1) - max(r - k, -1)
    ),
    "Pixel 0 is covered by one place: yours counts none.": lambda r, n, k: min(
        r, n - 1 - r, k, n - k + 1
    ),
    "Near the other border, too, fewer places cover a pixel.": lambda r, n, k: min(r + 1, k),
    "No more than kernel places along each axis cover a pixel.": lambda r, n, k: min(r + 1, n - r),
}


@exercise(
    "Fan out",
    ours=lambda channels, kernel, size: fan_out(Conv2d(1, channels, kernel), (1, size, size))[0],
)
def fan_out_map(answer) -> str:
    for channels, kernel, size in ((50, 5, 12), (3, 4, 5), (7, 1, 3)):
        got = call(answer, channels=channels, kernel=kernel, size=size)
        got = got.float() if isinstance(got, torch.Tensor) and not got.is_complex() else got
        counts = {
            why: [float(count(r, size, kernel)) for r in range(size)]
            for why, count in ALONG.items()
        }
        right = fan_out(Conv2d(1, 1, kernel), (1, size, size))[0]
        places = size - kernel + 1
        one = torch.ones(size)
        along = right[0] / right[0, 0]  # the corner is seen by one place of the kernel
        smaller = torch.minimum(along[:, None], along)

        def covered(maps=channels, axis=along, rows=None, columns=None):
            return maps * torch.outer(
                axis if rows is None else rows, axis if columns is None else columns
            )

        padded = fan_out(Conv2d(1, channels, kernel, padding=kernel // 2), (1, size, size))[0]
        mistakes = {
            "The product of both counts is asked for, not their sum.": (
                channels * (along[:, None] + along)
            ),
            "The product of both counts is asked for, not the smaller of them.": channels * smaller,
            "Rows and columns have a count each: yours takes the smaller twice.": (
                channels * smaller**2
            ),
            "That is with padding: here the kernel starts and ends within the map.": padded,
            "There are channels output maps: yours counts {}.": dict(
                maps={"one": 1, "them twice": channels**2}
            ),
            "The counts have the kernel in them: do not multiply by it.": dict(
                maps=channels * kernel**2
            ),
            "Yours depends on the row alone: the column counts as much.": dict(
                rows=[along, along**2], columns=one
            ),
            "Yours depends on the column alone: the row counts as much.": dict(
                columns=[along, along**2], rows=one
            ),
        } | {why: dict(axis=torch.tensor(count)) for why, count in counts.items()}
        wrong_size = isinstance(got, torch.Tensor) and got.shape == (places, places) != right.shape
        expect(
            not wrong_size,
            "The map is that of the input, (size, size): yours has the size of the output.",
        )
        name = f"The map for channels {channels}, kernel {kernel}, size {size} "
        compare(name, got, covered(), variations(covered, mistakes))
    return (
        "near the border a spike is cheaper."
        " If all pixels were alike, there would be 180,000 synapses, not 80,000."
    )
