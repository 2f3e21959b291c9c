"""moved(exact, coarse) gives the share of the spikes of exact that are missing from coarse."""

import torch

from helpers.course.judge import Solution, exercise

LOST = "(exact * (1 - coarse)).sum()"
DIVIDE = "Divide by the spikes of exact: yours divides by"

solution = Solution(
    """
def moved(exact, coarse):
    return (exact * (1 - coarse)).sum() / exact.sum()
""",
    {
        f"{LOST} / exact.sum()": {
            f"exact.sum() / {LOST}": "Upside down: the more spikes move, the larger the share.",
            (
                "((exact * (1 - coarse)).sum(0) / exact.sum(0)).nanmean()",
                "((exact * (1 - coarse)).sum((0, 2)) / exact.sum((0, 2))).nanmean()",
                "((exact * (1 - coarse)).sum((1, 2)) / exact.sum((1, 2))).nanmean()",
            ): "Divide one sum of all spikes by the other: yours is a mean of shares.",
        },
        "(1 - coarse)": {
            "coarse": "Those are the spikes that stay: which of exact are missing in coarse?",
        },
        LOST: {
            "(coarse * (1 - exact)).sum()": (
                "Those are the spikes that only coarse has: which are in exact alone?"
            ),
            (
                "(exact != coarse).sum()",
                "(exact != coarse).sum() / 2",
            ): "A spike that moves makes two steps differ: look at the spikes of exact alone.",
            (
                "(exact - coarse).sum()",
                "(coarse - exact).sum()",
                "(exact - coarse).sum().abs()",
                "(exact - coarse).sum(0).abs().sum()",
            ): "That compares how many spikes there are. They may all be at other moments.",
            (
                "(1 - exact * coarse).sum()",
                "(1 - coarse).sum()",
                "(exact == coarse).sum()",
                "((1 - exact) * (1 - coarse)).sum()",
            ): "Silent steps count nothing: what is 1 only where exact has a spike?",
        },
        "/ exact.sum()": {
            "/ coarse.sum()": f"{DIVIDE} those of coarse.",
            "/ (exact + coarse).sum()": f"{DIVIDE} those of both.",
            "/ (exact + coarse).count_nonzero()": f"{DIVIDE} all that either has.",
            "/ len(exact)": f"{DIVIDE} the number of time steps.",
            "/ exact.numel()": f"{DIVIDE} all time steps of all neurons.",
            "": "That is a number of spikes or steps: divide by the spikes of exact.",
        },
        "return ": {"return 100 * ": "A share is between 0 and 1: yours is in percent."},
    },
)


@exercise("Count the spikes that move", ours=solution)
def moved(answer) -> str:
    exact, coarse = torch.zeros(2, 6, 3, 5)
    exact[:4, :, :2] = exact[4, 0, 3] = 1
    exact[0, 2, 0] = 0  # 24 spikes, not as many in each image
    coarse[:4, :2, 1] = coarse[3:, 1:, 4] = coarse[5, :, 0] = 1  # 8 of them, and 9 others
    hints = dict.fromkeys(
        ["bitwise", "operator.invert"], "These are floats: turn them into .bool() before & and ~."
    )
    labels = ["", " with the two the other way round", " of a convolution's layer"]
    maps = (torch.rand(2, 6, 3, 2, 4, 4) < 0.3).float()
    cases = [(exact, coarse), (coarse, exact), tuple(maps)]
    solution.compare_numbers("The share of moved spikes", answer, cases, hints, labels=labels)
    return (
        "16 of 24 spikes in this example."
        " Where only few move, the network still computes nearly the same."
    )
