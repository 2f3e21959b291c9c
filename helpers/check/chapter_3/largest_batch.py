"""largest_batch(b1, m1, b2, m2, budget) gives how many images fit, by a line through two points."""

import torch

from helpers.check.judge import call_briefly, exercise
from helpers.check.values import compare, numbers, variations


def _largest_batch(b1, m1, b2, m2, budget):
    return b1 + (budget - m1) * (b2 - b1) // (m2 - m1)


@exercise("The largest batch", ours=_largest_batch)
def largest_batch(answer) -> str:
    budgets = [(8, 100, 32, 340, 1000), (1, 75, 5, 275, 1024), (16, 640, 64, 2560, 1999)]
    # an image takes no whole number of bytes; the budget is below m1; many images fit
    budgets += [(3, 10, 5, 15, 27), (8, 100, 32, 340, 75), (8, 100, 32, 340, 10_005)]
    got, (b1, m1, b2, m2, budget) = numbers(answer, "b1 m1 b2 m2 budget", budgets, call_briefly)
    more = m2 - m1
    batches = b2 - b1
    slope = more / batches
    fixed = m1 - slope * b1
    mixed_up = [m2 - slope * b1, m1 - slope * b2]
    rounded = {"": slope.floor(), " up": slope.ceil()}

    def fits(each=slope, fixed=None, whole=torch.floor):
        """Divide what the fixed part leaves of the budget by the memory for one image."""
        if fixed is None:
            fixed = m1 - each * b1
        return whole((budget - fixed) / each)

    right = fits()
    exact = fits(whole=torch.clone)
    one_less = [fits(whole=torch.ceil) - 1, fits() - 1]
    mistakes = {
        (
            "98 images take 1,000 bytes, which fit."
            " (If yours allows that: a float is a little too small.)"
        ): one_less,
        "Where fewer than b1 images fit, yours rounds up: // rounds down, int() towards 0.": (
            b1 + (exact - b1).trunc()
        ),
        "The budget may be smaller than m1: then fewer than b1 images fit.": right.maximum(b1),
        "More than b2 images may fit: yours stops there.": [right.minimum(b2), right.clamp(b1, b2)],
        "Any whole number will do: yours is a power of two.": 2 ** right.log2().floor(),
        "Any whole number will do, not only b1 and steps of b2 - b1.": (
            b1 + ((budget - m1) / more).floor() * batches
        ),
        "The budget is in bytes: subtract the fixed part before you divide.": (
            (budget / slope - fixed).trunc()
        ),
        "The line goes from images to bytes: the other way is asked for.": (
            (slope * budget + fixed).trunc()
        ),
        "A batch is a whole number of images.": dict(whole=torch.clone),
        "That is one image too many: round down, or it does not fit.": dict(
            whole=[torch.ceil, torch.round]
        ),
        # as good as floor, unless another mistake makes the result negative
        "": dict(whole=torch.trunc),
        "The part that does not grow with the batch takes memory too: yours leaves it out.": dict(
            fixed=0
        ),
        "The fixed part leaves less for the images: yours leaves more.": dict(fixed=-fixed),
        "m{} is the memory of b{} images, not of none: what is there without any?": dict(
            fixed={"1": m1, "2": m2}
        ),
        "b1 images take m1, and b2 take m2: yours has b1 with m2, or b2 with m1.": dict(
            fixed=mixed_up
        ),
        "The memory for one image need not be a whole number: yours is rounded{}.": dict(
            each=rounded
        ),
        "m{} / b{} is not the memory for one image: a part is always there.": dict(
            each={"1": m1 / b1, "2": m2 / b2}
        ),
        "m2 - m1 is the memory of b2 - b1 images: what is that for one?": dict(each=more),
        "The slope is (m2 - m1) / (b2 - b1): yours {}.": dict(
            each={"is upside down": 1 / slope, "falls": -slope}
        ),
    }
    compare("largest_batch", got, right, variations(fits, mistakes), budgets)
    return "two measurements are enough, as long as both come from the same device and settings."
