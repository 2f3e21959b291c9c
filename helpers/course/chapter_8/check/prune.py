"""prune(weight, share) gives the weights, with 0 in place of the share that is closest to 0."""

import torch

from helpers.course.judge import Solution, call, exercise, expect, expect_form

HINTS = {
    "out of range": "With a share of 0 no weight goes: then there is no largest one that goes."
}
SIZES = "weight.abs().flatten()"
solution = Solution(
    """
def prune(weight, share):
    limit = weight.abs().flatten().quantile(share)
    return torch.where(weight.abs() >= limit, weight, 0.0)
""",
    {
        "torch.where(weight.abs() >= limit, weight, 0.0)": {
            "weight": (
                "Nothing is removed."
                " Is the limit the quantile of the sizes, and not that of the weights?"
            ),
            "weight * (1 - share)": "Weights that stay keep their values: yours all get smaller.",
        },
        ".abs()": {"": "Close to 0 is a matter of size: yours goes by the sign, too."},
        "weight.abs() >=": {
            "weight >=": (
                "Close to 0 is a matter of size: compare the size of each weight with the limit."
            ),
        },
        ">= limit": {
            "< limit": "The smallest go and the largest stay: yours does the opposite.",
            "< weight.abs().quantile(1 - share)": "Yours removes the largest weights.",
            "> share": "That removes what is smaller than share: how many weights are that?",
        },
        "(share)": {
            "(1 - share)": (
                "The share is that of the weights that go: yours is that of those that stay."
            ),
            "(0.5)": "share is given: yours always removes half.",
            "(share / 100)": "share is no percentage: 0.5 is half of them already.",
        },
        f"{SIZES}.quantile(share)": {
            "share * weight.abs().max()": (
                "The share is one of the number of weights: yours is one of the largest."
            ),
        },
        "flatten().quantile(share)": {
            "quantile(share, 0, keepdim=True)": (
                "The smallest of all weights go: yours removes the smallest of each column."
            ),
            "quantile(share, 1, keepdim=True)": (
                "The smallest of all weights go: yours removes the smallest of each row."
            ),
            "mean()": "How many go depends on share: yours removes all below the mean.",
        },
        SIZES: {
            "weight.square().flatten()": (
                "Compare sizes with a quantile of sizes: yours is one of squares."
            ),
        },
        "limit, weight,": {
            "limit, weight.abs(),": "Weights that stay keep their sign.",
            "limit, weight.sign() * (weight.abs() - limit),": (
                "Weights that stay keep their values: yours move towards 0."
            ),
        },
    },
)


@exercise("Prune", ours=solution)
def prune(answer) -> str:
    weight = torch.randn(10, 20) + torch.linspace(-0.5, 1.0, 10)[:, None]
    for n, share in enumerate((0.25, 0.75, 0.5, 0.0)):
        _expect_pruned(answer, weight[n:], share)
    return "hardware that skips zeros has less to compute."


def _expect_pruned(answer, weight, share) -> None:
    def left(function):
        return call(function, HINTS, weight=weight, share=share)

    got = left(answer)
    is_mask = isinstance(got, torch.Tensor) and set(got.unique().tolist()) <= {0.0, 1.0}
    values = got.float() if is_mask else got
    expect_form("The result", values, weight)
    expect(
        got.any(), f"With share = {share:g}, {share:.0%} of the weights should go: in yours all do."
    )
    expect(
        not is_mask, "Those are ones and zeros: return weights, with 0 in place of some of them."
    )
    gone = got == 0
    kept = got[~gone]
    are_unchanged = torch.equal(kept, weight[~gone])
    n_off = abs(gone.sum() - share * weight.numel())
    smallest_go = not gone.any() or weight[gone].abs().max() < kept.abs().min()
    if are_unchanged and n_off <= (share > 0) and smallest_go:
        return  # whether the weight at the limit goes is a matter of rounding
    expect(
        share or not are_unchanged,
        f"With a share of 0 all weights stay: yours removes {gone.sum()}.",
    )
    solution.expect_no_mistake(answer, lambda function: [left(function)])
    expect(
        not are_unchanged or n_off <= 2,
        f"Of all weights, {share:.0%} should go: in yours {gone.float().mean():.0%} do.",
    )
    expect(not are_unchanged, "As many go as should, but not the smallest ones: look at which.")
    solution.compare("The result", answer, left, weight=weight)
    expect(n_off <= 1, "Weights that go should be exactly 0: yours are only close to it.")
