"""over_time(layer, x) gives the layer at every time step, (seq_length, batch, ...), by one call."""

import torch

from helpers import model
from helpers.course.checks import call, compare, exercise, expect, expect_slopes


@exercise("Fold time into the batch", ours=model.over_time)
def over_time(answer) -> str:
    hints = {
        "values to unpack": (
            "x does not always have so many axes: all that you need are the first two."
        )
    }
    layers = {
        (5, 3, 2, 4, 4): torch.nn.Conv2d(2, 6, 3),
        (4, 1, 6): torch.nn.Linear(6, 7),
        (2, 5, 2, 3, 3): torch.nn.Flatten(),
    }
    for shape, inner in layers.items():
        x = torch.randn(shape, requires_grad=True)
        calls = []
        n_axes = len(shape) - 1

        def layer(images, inner=inner, calls=calls, n_axes=n_axes):
            calls.append(images)
            expect(
                images.dim() == n_axes,
                f"The layer takes (batch, ...), here with {n_axes} axes:"
                f" yours gives it {tuple(images.shape)}.",
            )
            return inner(images)

        right = model.over_time(inner, x)
        steps, batch = shape[:2]
        got = call(answer, hints, layer=layer, x=x)
        folded = right.flatten(0, 1)
        swapped = right.transpose(0, 1)
        mixed_up = "The shape is right, but steps and images are mixed up: unfold as you folded"
        mistakes = {
            "An axis of length 1 is an axis too: yours is gone.": right.squeeze(),
            "Time and batch are still one axis: unfold them again.": folded,
            "seq_length comes first, then batch: yours has them the other way round.": swapped,
            f"{mixed_up}, steps first.": folded.unflatten(0, (batch, steps)).transpose(0, 1),
            f"{mixed_up}, images first.": swapped.flatten(0, 1).unflatten(0, (steps, batch)),
            "That is the first time step alone.": right[0],
            "What the layer makes of an image keeps its axes: yours makes one of them.": (
                right.flatten(2)
            ),
        }
        compare(f"For x shaped {shape}, the result ", got, right, mistakes)
        expect(
            len(calls) == 1,
            f"Right values, but by {len(calls)} calls of the layer: one for all steps is the aim.",
        )
        expect_slopes(got, "x", x)
    return (
        "one call with a batch of 15 in place of 5 calls with 3. A layer without state cannot tell."
    )
