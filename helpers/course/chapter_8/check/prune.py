"""prune(weight, share) gives the weights, with 0 in place of the share that is closest to 0."""

import torch

from helpers.course.checks import call, compare, exercise, expect, expect_form, variations


def _prune(weight, share):
    limit = weight.abs().quantile(share)
    return torch.where(weight.abs() > limit, weight, 0.0)


@exercise("Prune", ours=_prune)
def prune(answer) -> str:
    weight = torch.randn(10, 20) + torch.linspace(-0.5, 1.0, 10)[:, None]
    size = weight.abs()
    hints = {
        "out of range": "With a share of 0 no weight goes: then there is no largest one that goes."
    }
    for share in (0.25, 0.5, 0.75, 0.0):
        got = call(answer, hints, weight=weight, share=share)
        shares = torch.tensor([share, 1 - share, 0.5, share / 100])
        limit, other, median, tiny = size.quantile(shares)

        def left(size=size, limit=limit, kept=weight):
            return torch.where(size > limit, kept, 0.0)

        is_mask = isinstance(got, torch.Tensor) and set(got.unique().tolist()) <= {0.0, 1.0}
        values = got.float() if is_mask else got
        expect_form("The result", values, weight)
        expect(
            got.any(),
            f"With share = {share:g}, {share:.0%} of the weights should go: in yours all do.",
        )
        expect(
            not is_mask,
            "Those are ones and zeros: return weights, with 0 in place of some of them.",
        )
        gone = got == 0
        kept = got[~gone]
        are_unchanged = torch.equal(kept, weight[~gone])
        n_off = abs(gone.sum() - share * weight.numel())
        smallest_go = not gone.any() or size[gone].max() < kept.abs().min()
        if are_unchanged and n_off <= 1 and smallest_go:
            continue  # whether the weight at the limit goes is a matter of rounding
        mistakes = {
            (
                "Nothing is removed."
                " Is the limit the quantile of the sizes, and not that of the weights?"
            ): weight,
            "Weights that stay keep their values: yours all get smaller.": weight * (1 - share),
            "Close to 0 is a matter of size: yours goes by the sign, too.": {
                "size": weight,
                "limit": weight.quantile(share),
            },
            "Close to 0 is a matter of size: compare the size of each weight with the limit.": {
                "size": weight
            },
            "The smallest go and the largest stay: yours does the opposite.": {
                "size": -size,
                "limit": -limit,
            },
            "Yours removes the largest weights.": {"size": -size, "limit": -other},
            "The share is that of the weights that go: yours is that of those that stay.": {
                "limit": other
            },
            "The share is one of the number of weights: yours is one of the largest.": {
                "limit": share * size.max()
            },
            "That removes what is smaller than share: how many weights are that?": {"limit": share},
            "The smallest of all weights go: yours removes the smallest of each {}.": {
                "limit": {
                    "column": size.quantile(share, 0, keepdim=True),
                    "row": size.quantile(share, 1, keepdim=True),
                }
            },
            "How many go depends on share: yours removes all below the mean.": {
                "limit": size.mean()
            },
            "share is given: yours always removes half.": {"limit": median},
            "share is no percentage: 0.5 is half of them already.": {"limit": tiny},
            "Compare sizes with a quantile of sizes: yours is one of squares.": {
                "limit": size.square().quantile(share)
            },
            "Weights that stay keep their sign.": {"kept": size},
            "Weights that stay keep their values: yours move towards 0.": {
                "kept": weight.sign() * (size - limit)
            },
        }
        mistakes = variations(left, mistakes)
        if are_unchanged and n_off > 2:
            share_gone = gone.float().mean()
            mistakes[f"Of all weights, {share:.0%} should go: in yours {share_gone:.0%} do."] = got
        elif are_unchanged:
            mistakes["As many go as should, but not the smallest ones: look at which."] = got
        compare("The result", got, left(), mistakes, weight=weight)
        expect(n_off <= 1, "Weights that go should be exactly 0: yours are only close to it.")
    return "hardware that skips zeros has less to compute."
