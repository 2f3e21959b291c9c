"""cut_into_bins(x, n_bins) counts events in equal bins of time, (batch, n_bins * n_channels)."""

import torch

from helpers.course.judge import Solution, exercise

HINTS = {
    "unflatten: Provided sizes": (
        "The axis of time, dim 0, becomes two: n_bins, and the steps of each bin."
    ),
    "shape '": "A bin has len(x) // n_bins time steps.",
}
solution = Solution(
    """
def cut_into_bins(x, n_bins):
    bins = x.unflatten(0, (n_bins, -1)).sum(1)
    return bins.transpose(0, 1).flatten(1)
""",
    {
        "bins.transpose(0, 1).flatten(1)": {
            (
                "bins",
                "bins.flatten(1)",
            ): "The network takes a row for each recording: yours has the bins as its first axis.",
            "bins.reshape(x.shape[1], -1)": (
                "Recordings are mixed up: put the batch first, by transpose,"
                " before the axes are joined."
            ),
            "x.sum(0)": "With several bins, each has its own counts: yours adds up all time steps.",
        },
        ".flatten(1)": {
            "": "Each row holds all counts of a recording: flatten the axes of bins and channels.",
        },
        "transpose(0, 1)": {
            "permute(1, 2, 0)": (
                "First all channels of the first bin, then those of the second: yours goes by"
                " channels."
            ),
        },
        "(n_bins, -1)).sum(1)": {
            "(-1, n_bins)).sum(0)": (
                "A bin holds steps that follow each other: yours takes every n-th step."
            ),
        },
        "(n_bins, -1)": {
            "(-1, n_bins)": (
                "n_bins is how many bins there are: yours is how many steps each of them has."
            ),
        },
        ".sum(1)": {".mean(1)": "A bin counts its events: yours takes their mean."},
        "bins.transpose": {
            "x.transpose": "Yours still has every time step: add up the steps of each bin.",
        },
    },
)


@exercise("The dullest rival that keeps time", ours=solution)
def cut_into_bins(answer) -> str:
    cases = [(torch.randint(4, (24, 5, 4)).float(), n_bins) for n_bins in (6, 3)]
    solution.compare_cases("The count ", answer, cases, HINTS)
    return "the first bins still differ from the last ones, so the network can tell when."
