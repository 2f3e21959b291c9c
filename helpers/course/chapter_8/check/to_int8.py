"""to_int8(weight) gives whole numbers q and a scale for each row: q * scale is about weight."""

import torch

from helpers.course.judge import Solution, call, exercise, parts

LARGEST = "weight.abs().amax(dim=1, keepdim=True)"
NOT_127 = "Whole numbers go from -127 to 127, so the largest weight is 127 steps: yours is"
HINTS = {
    "must match the size of tensor b (5)": (
        "Each row has its scale: keepdim=True leaves it shaped (out, 1)."
    )
}
solution = Solution(
    """
def to_int8(weight):
    scale = weight.abs().amax(dim=1, keepdim=True) / 127
    return (weight / scale).round().to(torch.int8), scale
""",
    {
        "(weight / scale).round().to(torch.int8), scale": {
            "scale, (weight / scale).round().to(torch.int8)": (
                "First q, then scale: yours come the other way round."
            ),
        },
        "dim=1, keepdim=True": {
            (
                "dim=0, keepdim=True",
                "dim=0",
            ): "There is a scale for each row, each output: yours has one per column.",
        },
        "amax(dim=1, keepdim=True)": {
            "max()": "One scale for each row: yours has one in all.",
            "max().expand(len(weight), 1)": (
                "Each row has a scale of its own: yours all have the same."
            ),
        },
        ", scale": {
            ", scale[:, 0]": (
                "scale should be shaped (out, 1), so that q * scale works:"
                " keepdim=True keeps that axis."
            ),
            ", 1 / scale": "scale turns q into a weight: yours turns a weight into q.",
        },
        f"{LARGEST} / 127": {
            "(weight.amax(1, True) - weight.amin(1, True)) / 255": (
                "0 is to stay 0, and the largest size 127: yours spreads each row over 255."
            ),
        },
        ".abs()": {
            "": "The largest weight in size may be negative: yours takes the largest value.",
        },
        LARGEST: {
            "weight.amax(1, keepdim=True).abs()": (
                "Take the size of each weight first, then the largest: yours the other way round."
            ),
        },
        "amax": {
            "mean": "The largest weight becomes 127: yours takes the mean.",
            "sum": "The largest weight becomes 127: yours takes the sum.",
        },
        " / 127": {
            " / 63.5": f"{NOT_127} 63.5.",
            " / 126": f"{NOT_127} 126.",
            " / 128": f"{NOT_127} 128.",
            " / 255": f"{NOT_127} 255.",
            "": "The scale is for one step of q: yours is the largest weight.",
        },
        ".round()": {
            "": "Conversion to int8 cuts off: round first, or the error is up to a whole step.",
            (".floor()", ".ceil()"): "Round to the nearest: yours is rounded down, or up.",
        },
        "weight / scale": {
            "weight * scale": "q is weight / scale: yours multiplies.",
            "weight": "q is weight / scale: yours rounds the weight itself.",
            "127 * weight / scale": "q is weight / scale, and 127 is in the scale already.",
            "127 * weight": "q is weight / scale: yours is 127 times the weight, whatever its row.",
            "weight.abs() / scale": "q keeps the sign of the weight.",
        },
    },
)


@exercise("Eight bits", ours=solution)
def to_int8(answer) -> str:
    weight = torch.randn(5, 40) * torch.tensor([[0.1], [3.0], [1.0], [0.2], [10.0]])
    weight[2] = -weight[2].abs()  # its largest weight is negative
    weight[3, 7] = -weight[3].abs().max() - 0.1

    def scale_and_q(function):
        return parts(call(function, HINTS, weight=weight), "q, scale")[::-1]

    solution.compare_in_order(["scale", "q"], answer, scale_and_q)
    return "no weight is off by more than half its scale. Rows of small weights have a small scale."
