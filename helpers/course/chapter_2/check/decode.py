"""decode(v, how) gives logits, (batch, n_classes): the max, mean or last of v over time."""

import torch

from helpers.course.checks import call, compare, exercise, expect
from helpers.network import DECODERS


@exercise("Decode", ours=lambda v, how: DECODERS[how](v))
def decode(answer) -> str:
    v = torch.randn(5, 3, 4)
    v[:, 0, 0] = -v[:, 0, 0].abs()  # never positive
    v[0, 1, 1] = 4.0  # highest in the first step
    v.requires_grad_()
    mistakes_of = {
        "max": {
            "The highest voltage counts: yours takes the largest size, whatever its sign.": (
                v.abs().amax(0)
            ),
            "argmax tells when the voltage was highest: the logit is the voltage itself.": (
                v.argmax(0)
            ),
        },
        "mean": {
            "For mean, yours is a sum: it grows with seq_length.": v.sum(0),
            "For mean, yours is the median: all time steps should count.": v.median(0).values,
        },
        "last": {"For last, yours is the voltage of the first step.": v[0]},
    }
    for how, decoder in DECODERS.items():
        got = call(answer, v=v, how=how)
        expect(
            not isinstance(got, tuple) or len(got) == 2,
            "Return one tensor, for the one how that is asked for.",
        )
        expect(
            not isinstance(got, tuple),
            "Yours is a pair: max gives values and indices. Which of them are logits?",
        )
        mistakes = {
            f"For {how}, yours goes over the batch: look at the axis.": decoder(v.movedim(1, 0)),
            f"For {how}, yours goes over the classes: look at the axis.": decoder(v.movedim(2, 0)),
        }
        for other, decode in DECODERS.items():
            mistakes[f"For {how}, yours gives the {other}."] = decode(v)
        compare(f"The result for {how}", got, decoder(v), mistakes | mistakes_of[how])
        expect(
            got.requires_grad,
            f"The values for {how} are right, but no gradient gets through: what cuts it off?",
        )
    return "one logit for each image and class. The gradient goes to the moments that were chosen."
