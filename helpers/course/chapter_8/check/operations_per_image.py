"""operations_per_image(spikes, reach, images) gives a layer's synaptic operations, with a slope."""

import torch

from helpers.course.judge import Solution, call, exercise, expect, is_close, slopes

HINTS = {"must match the size": "spikes, (n, ...), and reach, (...), fit each other as they are."}
solution = Solution(
    """
def operations_per_image(spikes, reach, images):
    return (spikes * reach).sum() / images
""",
    {
        " / images": {
            "": "Those are the operations of the whole batch: images says how many it holds.",
            " / len(spikes)": (
                "spikes holds time steps, too: its length is not the number of images."
            ),
            " // images": "The result need not be a whole number: yours is rounded.",
        },
        "spikes * reach": {
            "spikes": "That is spikes: each one costs as much as it reaches.",
            "reach.expand_as(spikes)": (
                "All synapses count in yours: only those behind a spike have work."
            ),
        },
        "sum": {"mean": "Operations add up: yours takes their mean."},
    },
)


@exercise("Pay for spikes", ours=solution)
def operations_per_image(answer) -> str:
    spikes = (torch.rand(12, 2, 3, 3) > 0.6).float().requires_grad_()  # 4 steps of 3 images
    reach = torch.randint(1, 9, (2, 3, 3)).float()
    cases = [(spikes, reach, 3), (spikes[:10], reach, 2), (spikes[:, 0, 0], reach[0, 0], 3)]
    labels = ["", "", ", for a hidden layer,"]
    solution.compare_numbers("The result", answer, cases, HINTS, labels=labels)
    (slope,) = slopes(call(answer, HINTS, spikes=spikes, reach=reach, images=3), spikes)
    expect(
        is_close(slope, (reach / 3).expand_as(spikes)),
        "The count is right, but not its slope: one spike more should cost what it reaches."
        " Comparisons, as in spikes != 0, and .item() cut it off: multiply the spikes themselves.",
    )
    return "its slope for each spike is what that spike reaches: the costly ones go first."
