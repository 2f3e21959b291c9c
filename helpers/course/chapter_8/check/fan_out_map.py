"""fan_out_map(channels, kernel, size) gives how many synapses leave each pixel, (size, size)."""

import torch
from torch.nn import Conv2d

from helpers.course.chapter_8.energy import fan_out
from helpers.course.checks import call, compare, exercise, expect


def _fan_out_map(channels, kernel, size):
    return fan_out(Conv2d(1, channels, kernel), (1, size, size))[0]


@exercise("Fan out", ours=_fan_out_map)
def fan_out_map(answer) -> str:
    for channels, kernel, size in ((50, 5, 12), (3, 4, 5), (7, 1, 3)):
        got = call(answer, channels=channels, kernel=kernel, size=size)
        expect(
            not getattr(got, "requires_grad", False),
            "A number of synapses has no gradient: yours comes from weights. End with .detach().",
        )
        if isinstance(got, torch.Tensor) and not got.is_complex():
            got = got.float()
        places = size - kernel + 1  # of the kernel, along one axis
        ones = torch.ones(size)
        r = torch.arange(size)
        to_border = torch.minimum(r + 1, size - r)
        along = _fan_out_map(1, kernel, size)[0]  # the corner is seen by one place of the kernel
        smaller = torch.minimum(along[:, None], along)

        def covered(maps=channels, rows=along, columns=along):
            return maps * torch.outer(rows, columns)

        mistakes = {
            "The product of both counts is asked for, not their sum.": (
                channels * (along[:, None] + along)
            ),
            "The product of both counts is asked for, not the smaller of them.": channels * smaller,
            "Rows and columns have a count each: yours takes the smaller twice.": (
                channels * smaller**2
            ),
            "That is with padding: here the kernel starts and ends within the map.": (
                fan_out(Conv2d(1, channels, kernel, padding=kernel // 2), (1, size, size))[0]
            ),
            "There are channels output maps: yours counts {}.": {
                "maps": {"one": 1, "them twice": channels**2}
            },
            "The counts have the kernel in them: do not multiply by it.": {
                "maps": channels * kernel**2
            },
            "Yours depends on the row alone: the column counts as much.": {
                "rows": [along, along**2],
                "columns": ones,
            },
            "Yours depends on the column alone: the row counts as much.": {
                "columns": [along, along**2],
                "rows": ones,
            },
        }
        wrong_axes = {
            (
                "That is right in the middle only: near a border fewer places of the kernel cover a"
                " pixel."
            ): kernel * ones,
            "That is the number of all outputs: how many of them see a given pixel?": places * ones,
            "The kernel has only size - kernel + 1 places: that can be the limit.": to_border.clamp(
                max=kernel
            ),
            "There are size - kernel + 1 places: yours has one fewer.": to_border.clamp(
                max=min(kernel, places - 1)
            ),
            "Of size - kernel + 1 places yours leaves out the last.": r.clamp(max=places - 2)
            - (r - kernel).clamp(min=-1),
            "Pixel 0 is covered by one place: yours counts none.": torch.minimum(
                r, size - 1 - r
            ).clamp(max=min(kernel, places)),
            "Near the other border, too, fewer places cover a pixel.": (r + 1).clamp(max=kernel),
            "No more than kernel places along each axis cover a pixel.": to_border,
        }
        mistakes |= {
            sentence: {"rows": axis, "columns": axis} for sentence, axis in wrong_axes.items()
        }
        expect(
            places == size or getattr(got, "shape", None) != (places, places),
            "The map is that of the input, (size, size): yours has the size of the output.",
        )
        name = f"The map for channels {channels}, kernel {kernel}, size {size} "
        compare(name, got, covered, mistakes)
    return (
        "near the border a spike is cheaper."
        " If all pixels were alike, there would be 180,000 synapses, not 80,000."
    )
