"""back_through_reset(v, z, dz, dv, v_reset) gives the gradients dz and dv before the reset."""

import torch

from helpers.course.judge import Solution, call, exercise, parts

# What dz gets from the reset, and what remains of dv.
JUMP = "dv * (v_reset - v)"
KEPT = "dv * (1 - z)"
BY_Z = "The formula's derivative by z is v_reset - v: what dz gets is that times dv. Yours"
BY_V = "The formula's derivative by v is 1 - z: yours"

solution = Solution(
    """
def back_through_reset(v, z, dz, dv, v_reset):
    return dz + dv * (v_reset - v), dv * (1 - z)
""",
    {
        f" + {JUMP}": {
            "": (
                "z is in the formula twice, and so the reset passes a gradient on to it: yours"
                " leaves dz as it was."
            ),
        },
        "dz + ": {
            "": "z still has its way through the next layer: add to dz.",
            "dz - ": f"{BY_Z} subtracts it.",
        },
        "(v_reset - v)": {
            "v_reset": f"{BY_Z} leaves v out.",
            "(-v)": f"{BY_Z} leaves v_reset out.",
        },
        JUMP: {
            "(v_reset - v)": f"{BY_Z} leaves dv out.",
            f"(1 - z) * {JUMP}": f"{BY_Z} takes the dv that comes after 1 - z.",
            f"z * {JUMP}": f"{BY_Z} takes z as well.",
            "dz * (v_reset - v)": f"{BY_Z} takes dz.",
        },
        KEPT: {
            "dv": f"{BY_V} is as it came in.",
            "dv * z": f"{BY_V} is kept where the neuron spiked.",
            "1 - z": f"{BY_V} is 1 - z alone.",
            f"{KEPT} + dz": f"{BY_V} has the spike's own part too.",
        },
    },
)


@exercise("Back through the reset", ours=solution)
def back_through_reset(answer) -> str:
    v, dz, dv = torch.randn(3, 3, 7)
    v += 1
    given = {"v": v, "z": (v > 1.5).float(), "dz": dz, "dv": dv, "v_reset": torch.tensor(0.25)}

    def gradients(function):
        return parts(call(function, **given), "dz, dv", solution(**given))

    solution.compare_all(["dz", "dv"], answer, gradients, **given)
    return "and neither needs more than v, which tells z as well. So v is all that has to be kept."
