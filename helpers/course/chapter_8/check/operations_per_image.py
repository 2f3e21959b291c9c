"""operations_per_image(spikes, reach, images) gives a layer's synaptic operations, with a slope."""

import torch

from helpers.course.chapter_8 import energy
from helpers.course.checks import call, compare, exercise, expect, is_close, number, slopes


@exercise("Pay for spikes", ours=energy.operations_per_image)
def operations_per_image(answer) -> str:
    spikes = (torch.rand(12, 2, 3, 3) > 0.6).float().requires_grad_()  # 4 steps of 3 images
    side = torch.tensor([1.0, 2.0, 1.5])
    reach = torch.outer(side, side).expand(2, 3, 3)
    images = 3

    def per_image(each=spikes * reach, total=torch.sum, divisor=images):
        return total(each) / divisor

    hints = {
        "must match the size": "spikes, (n, ...), and reach, (...), fit each other as they are.",
    }
    got = call(answer, hints, spikes=spikes, reach=reach, images=images)
    mistakes = {
        "Those are the operations of the whole batch: images says how many it holds.": {
            "divisor": 1
        },
        "spikes holds time steps, too: its length is not the number of images.": {
            "divisor": len(spikes)
        },
        "That is spikes: each one costs as much as it reaches.": {"each": spikes},
        "All synapses count in yours: only those behind a spike have work.": {
            "each": reach.expand_as(spikes)
        },
        "The result need not be a whole number: yours is rounded.": per_image().floor(),
        "Operations add up: yours takes their mean.": {"total": torch.mean},
    }
    compare("The result", torch.tensor(number(got)), per_image, mistakes)
    (slope,) = slopes(got, spikes)
    expect(
        slope is not None,
        "The count is right, but has no slope: a comparison, as in spikes != 0, cuts it off, and"
        " so does .item(). Multiply the spikes themselves.",
    )
    expect(
        is_close(slope, (reach / images).expand_as(spikes)),
        "The count is right, but not its slope: one spike more should cost what it reaches.",
    )
    return "its slope for each spike is what that spike reaches: the costly ones go first."
