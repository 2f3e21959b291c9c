"""over_time(layer, x) gives the layer at every time step, (seq_length, batch, ...), by one call."""

import torch

from helpers.course.judge import Solution, call, exercise, expect, expect_slopes

UNFOLDED = "y.unflatten(0, x.shape[:2])"
MIXED_UP = "The shape is right, but steps and images are mixed up: unfold as you folded"

solution = Solution(
    """
def over_time(layer, x):
    y = layer(x.flatten(0, 1))
    return y.unflatten(0, x.shape[:2])
""",
    {
        UNFOLDED: {
            f"{UNFOLDED}.squeeze()": "An axis of length 1 is an axis too: yours is gone.",
            "y": "Time and batch are still one axis: unfold them again.",
            f"{UNFOLDED}.transpose(0, 1)": (
                "seq_length comes first, then batch: yours has them the other way round."
            ),
            "y.unflatten(0, (x.shape[1], x.shape[0])).transpose(0, 1)": f"{MIXED_UP}, steps first.",
            f"{UNFOLDED}[0]": "That is the first time step alone.",
            f"{UNFOLDED}.flatten(2)": (
                "What the layer makes of an image keeps its axes: yours makes one of them."
            ),
        },
        "x.flatten": {"x.transpose(0, 1).flatten": f"{MIXED_UP}, images first."},
    },
)


@exercise("Fold time into the batch", ours=solution)
def over_time(answer) -> str:
    hints = {
        "values to unpack": (
            "x does not always have so many axes: all that you need are the first two."
        )
    }
    layers = {
        (5, 3, 2, 4, 4): torch.nn.Conv2d(2, 6, 3),
        (4, 1, 6): torch.nn.Linear(6, 7),
        (1, 4, 6): torch.nn.Linear(6, 7),
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

        got = call(answer, hints, layer=layer, x=x)
        n_calls = len(calls)
        name = f"For x shaped {shape}, the result "
        solution.compare_cases(name, answer, [(layer, x)], hints)
        expect(
            n_calls == 1,
            f"Right values, but by {n_calls} calls of the layer: one for all steps is the aim.",
        )
        expect_slopes(got, "x", x)
    return (
        "one call with a batch of 15 in place of 5 calls with 3. A layer without state cannot tell."
    )
