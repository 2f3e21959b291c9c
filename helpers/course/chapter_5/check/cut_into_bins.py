"""cut_into_bins(x, n_bins) counts events in equal bins of time, (batch, n_bins * n_channels)."""

import torch

from helpers.course.checks import call, compare_all, exercise

HINTS = {
    "unflatten: Provided sizes": (
        "The axis of time, dim 0, becomes two: n_bins, and the steps of each bin."
    ),
    "shape '": "A bin has len(x) // n_bins time steps.",
}


def _rows(bins):
    """Return a row for each recording, of bins (n_bins, batch, n_channels)."""
    return bins.transpose(0, 1).flatten(1)


def _cut_into_bins(x, n_bins):
    return _rows(x.unflatten(0, (n_bins, -1)).sum(1))


@exercise("The dullest rival that keeps time", ours=_cut_into_bins)
def cut_into_bins(answer) -> str:
    cases = []
    for n_bins in (6, 3):
        x = torch.randint(4, (24, 5, 4)).float()
        got = call(answer, HINTS, x=x, n_bins=n_bins)
        bins = x.unflatten(0, (n_bins, -1)).sum(1)
        mistakes = {
            "The network takes a row for each recording: yours has the bins as its first axis.": [
                bins,
                bins.flatten(1),
            ],
            "Each row holds all counts of a recording: flatten the axes of bins and channels.": (
                bins.transpose(0, 1)
            ),
            (
                "Recordings are mixed up: put the batch first, by transpose,"
                " before the axes are joined."
            ): bins.reshape(5, -1),
            (
                "First all channels of the first bin, then those of the second:"
                " yours goes by channels."
            ): bins.permute(1, 2, 0).flatten(1),
            "A bin holds steps that follow each other: yours takes every n-th step.": (
                _rows(x.unflatten(0, (-1, n_bins)).sum(0))
            ),
            "n_bins is how many bins there are: yours is how many steps each of them has.": (
                _cut_into_bins(x, 24 // n_bins)
            ),
            "With several bins, each has its own counts: yours adds up all time steps.": x.sum(0),
            "Yours still has every time step: add up the steps of each bin.": _rows(x),
        }
        cases.append(("The count ", got, _rows(bins), mistakes))
    compare_all(cases)
    return "the first bins still differ from the last ones, so the network can tell when."
