"""to_int8(weight) gives whole numbers q and a scale for each row: q * scale is about weight."""

import torch

from helpers.course.checks import call, compare, exercise, expect, kind, parts


def _to_int8(weight):
    scale = weight.abs().amax(1, keepdim=True) / 127
    return (weight / scale).round().to(torch.int8), scale


@exercise("Eight bits", ours=_to_int8)
def to_int8(answer) -> str:
    weight = torch.randn(5, 40) * torch.tensor([[0.1], [3.0], [1.0], [0.2], [10.0]])
    weight[2] = -weight[2].abs()  # its largest weight is negative
    weight[3, 7] = -weight[3].abs().max() - 0.1
    size = weight.abs()
    highest = weight.amax(1, keepdim=True)
    largest = size.amax(1, keepdim=True)
    hints = {
        "must match the size of tensor b (5)": (
            "Each row has its scale: keepdim=True leaves it shaped (out, 1)."
        )
    }
    q, scale = parts(call(answer, hints, weight=weight), "q, scale")
    expect(
        isinstance(scale, torch.Tensor),
        f"scale should be a tensor, (5, 1) here: yours is {kind(scale)}.",
    )
    expect(
        scale.shape != weight.shape or scale.dtype != torch.int8,
        "First q, then scale: yours come the other way round.",
    )
    expect(scale.numel() > 1, "One scale for each row: yours has one in all.")

    def of(largest=largest, steps=127):
        return largest / steps

    mistakes = {
        "There is a scale for each row, each output: yours has one per column.": [
            weight[:1].shape,
            weight[0].shape,
        ],
        (
            "scale should be shaped (out, 1), so that q * scale works:"
            " keepdim=True keeps that axis."
        ): weight[:, 0].shape,
        "scale turns q into a weight: yours turns a weight into q.": 1 / of(),
        "0 is to stay 0, and the largest size 127: yours spreads each row over 255.": (
            (highest - weight.amin(1, keepdim=True)) / 255
        ),
        "The largest weight in size may be negative: yours takes the largest value.": {
            "largest": highest
        },
        "Take the size of each weight first, then the largest: yours the other way round.": {
            "largest": highest.abs()
        },
        "The largest weight becomes 127: yours takes the {}.": {
            "largest": {"mean": size.mean(1, keepdim=True), "sum": size.sum(1, keepdim=True)}
        },
        "Each row has a scale of its own: yours all have the same.": {
            "largest": size.max().expand(5, 1)
        },
        "Whole numbers go from -127 to 127, so the largest weight is 127 steps: yours is {}.": {
            "steps": {f"{n:g}": n for n in (63.5, 126, 128, 255)}
        },
        "The scale is for one step of q: yours is the largest weight.": {"steps": 1},
    }
    compare("scale", scale, of, mistakes)
    expect(
        isinstance(q, torch.Tensor), f"q should be a tensor of type torch.int8: yours is {kind(q)}."
    )
    expect(q.dtype == torch.int8, f"q should be of type torch.int8: yours is {q.dtype}.")

    def rounded(steps=weight / scale, whole=torch.round):
        return whole(steps).to(torch.int8)

    mistakes = {
        "Conversion to int8 cuts off: round first, or the error is up to a whole step.": {
            "whole": torch.trunc
        },
        "Round to the nearest: yours is rounded down, or up.": {"whole": [torch.floor, torch.ceil]},
        "q is weight / scale: yours multiplies.": {"steps": weight * scale},
        "q is weight / scale: yours rounds the weight itself.": {"steps": weight},
        "q is weight / scale, and 127 is in the scale already.": {"steps": 127 * weight / scale},
        "q is weight / scale: yours is 127 times the weight, whatever its row.": {
            "steps": 127 * weight
        },
        "q keeps the sign of the weight.": {"steps": size / scale},
    }
    compare("q", q, rounded, mistakes)
    return "no weight is off by more than half a step. Rows of small weights have small steps."
