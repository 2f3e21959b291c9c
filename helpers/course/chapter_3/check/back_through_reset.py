"""back_through_reset(v, z, dz, dv, v_reset) gives the gradients dz and dv before the reset."""

import torch

from helpers.course.checks import call, compare, exercise, expect_form, parts


@exercise(
    "Back through the reset",
    ours=lambda v, z, dz, dv, v_reset: (dz + dv * (v_reset - v), dv * (1 - z)),
)
def back_through_reset(answer) -> str:
    v, dz, dv = torch.randn(3, 3, 7)
    v += 1
    z = (v > 1).float()
    v_reset = 0.25
    jump = v_reset - v  # what the reset adds to v
    kept = dv * (1 - z)

    def back(begin=dz, reset=dv * jump, kept=kept):
        """Return dz and dv, stacked; each part of the two formulas is an argument."""
        return torch.stack([begin + reset, kept])

    mistakes = {
        "z is in the formula twice, and so the reset passes a gradient on to it: yours leaves dz as"
        " it was.": {"reset": 0},
        "z still has its way through the next layer: add to dz.": {"begin": 0 * dz},
        "The formula's derivative by z is v_reset - v: what dz gets is that times dv. Yours {}.": {
            "reset": {
                "subtracts it": -dv * jump,
                "leaves v out": dv * v_reset,
                "leaves v_reset out": -dv * v,
                "leaves dv out": jump,
                "takes the dv that comes after 1 - z": kept * jump,
                "takes z as well": dv * z * jump,
                "takes dz": dz * jump,
            }
        },
        "The formula's derivative by v is 1 - z: yours {}.": {
            "kept": {
                "is as it came in": dv,
                "is kept where the neuron spiked": dv * z,
                "is 1 - z alone": 1 - z,
                "has the spike's own part too": kept + dz,
            }
        },
    }
    given = {"v": v, "z": z, "dz": dz, "dv": dv}
    names = ["dz", "dv"]
    got = parts(call(answer, **given, v_reset=v_reset), "dz, dv", list(back()))
    for name, tensor in zip(names, got):
        expect_form(name, tensor, v)
    compare("The gradient ", torch.stack(got), back, mistakes, names, **given)
    return "and neither needs more than v, which tells z as well. So v is all that has to be kept."
