"""fan_out_map(channels, kernel, size) gives how many synapses leave each pixel, (size, size)."""

import torch

from helpers.course.judge import Solution, call, exercise, expect

ROWS = "along[:, None].expand(size, size)"
COLUMNS = "along.expand(size, size)"
solution = Solution(
    """
def fan_out_map(channels, kernel, size):
    most = min(kernel, size - kernel + 1)
    along = torch.tensor([min(r + 1, size - r, most) for r in range(size)])
    return channels * torch.outer(along, along)
""",
    {
        "torch.outer(along, along)": {
            "(along[:, None] + along)": "The product of both counts is asked for, not their sum.",
            "torch.minimum(along[:, None], along)": (
                "The product of both counts is asked for, not the smaller of them."
            ),
            "torch.minimum(along[:, None], along) ** 2": (
                "Rows and columns have a count each: yours takes the smaller twice."
            ),
            (ROWS, f"{ROWS} ** 2"): "Yours depends on the row alone: the column counts as much.",
            (
                COLUMNS,
                f"{COLUMNS} ** 2",
            ): "Yours depends on the column alone: the row counts as much.",
        },
        "channels *": {
            "": "There are channels output maps: yours counts one.",
            "channels**2 *": "There are channels output maps: yours counts them twice.",
            "channels * kernel**2 *": "The counts have the kernel in them: do not multiply by it.",
        },
        "min(kernel, size - kernel + 1)": {
            "kernel": "The kernel has only size - kernel + 1 places: that can be the limit.",
            "min(kernel, size - kernel)": (
                "There are size - kernel + 1 places: yours has one fewer."
            ),
        },
        "min(r + 1, size - r, most)": {
            "min(r + 1 + kernel // 2, size - r + kernel // 2, kernel)": (
                "That is with padding: here the kernel starts and ends within the map."
            ),
            "kernel": (
                "That is right in the middle only: near a border fewer places of the kernel cover a"
                " pixel."
            ),
            "size - kernel + 1": (
                "That is the number of all outputs: how many of them see a given pixel?"
            ),
            "min(r, size - kernel - 1) - max(r - kernel, -1)": (
                "Of size - kernel + 1 places yours leaves out the last."
            ),
            "min(r, size - 1 - r, most)": "Pixel 0 is covered by one place: yours counts none.",
            "min(r + 1, size - r)": "No more than kernel places along each axis cover a pixel.",
            "min(r + 1, kernel)": "Near the other border, too, fewer places cover a pixel.",
        },
    },
)


def _count(function, hints, **case):
    got = call(function, hints, **case)
    expect(
        not getattr(got, "requires_grad", False),
        "A number of synapses has no gradient: yours comes from weights. End with .detach().",
    )
    return got.float() if isinstance(got, torch.Tensor) else got


@exercise("Fan out", ours=solution)
def fan_out_map(answer) -> str:
    for channels, kernel, size in ((50, 5, 12), (3, 4, 5), (7, 1, 3)):
        name = f"The map of the input for channels {channels}, kernel {kernel}, size {size} "
        solution.compare_cases(name, answer, [(channels, kernel, size)], call=_count)
    return (
        "near the border a spike is cheaper. With 50 channels, a kernel of 5 and 12 × 12 pixels,"
        " 80,000 synapses leave the map. If all pixels lay in the middle, there would be 180,000."
    )
