"""lif_step(x, v, i, spike) gives z, v and i after one time step, all shaped (batch, neurons)."""

import torch

from helpers.course.judge import Solution, call, exercise, expect, is_close, parts, slopes

MOVE = "v = v + dt * tau_mem_inv * ((v_leak - v) + i)"
DECAY = "i = i - dt * tau_syn_inv * i"

solution = Solution(
    """
def lif_step(x, v, i, spike=hard_step):
    i = i + x
    v = v + dt * tau_mem_inv * ((v_leak - v) + i)
    z = spike(v - v_th)
    v = (1 - z) * v + z * v_reset
    i = i - dt * tau_syn_inv * i
    return z, v, i
""",
    {
        "z = spike(v - v_th)": {
            "v = v * (v <= v_th)\n    z = spike(v - v_th)": (
                "z is 0 everywhere, though some v pass v_th: is it taken before the reset, or"
                " after it?"
            ),
            "z = (v >= v_th).to(v.dtype)": "A spike comes above v_th: yours comes at v_th too.",
        },
        "v = v + dt": {
            "v = v + 1": (
                "v changes far too much: tau_mem_inv is per second, and how long is a step?"
            ),
            "v = dt": "That is the change of v alone: add it to what was there.",
        },
        " * tau_mem_inv": {
            " / tau_mem_inv": (
                "v stays, or nearly: is the result of its line used? (tau_mem_inv is an inverse"
                " already, so multiply by it.)"
            ),
            " * tau_syn_inv": (
                "v moves with tau_mem_inv: yours takes the time constant of the synapse."
            ),
        },
        "v - v_th": {
            "v_th - v": (
                "A neuron spikes above v_th: yours spikes below. Look at the order in spike(v -"
                " v_th)."
            ),
            "v": (
                "spike(u) is 1 where u is above 0: hand it the distance to the threshold, v - v_th."
            ),
        },
        "+ i)": {
            "+ i - x)": (
                "v should feel the input of this step: yours moves before x has arrived in i."
            ),
            "+ i + x)": "x is in i already: yours counts it twice.",
        },
        "((v_leak - v) + i)": {
            "(v + i)": "v should decay towards v_leak: yours grows.",
            "(v_leak - v) + i": (
                "i drives v ten times too strongly: it stands inside the large brackets."
            ),
        },
        MOVE: {
            f"{DECAY}\n    {MOVE}": (
                "v should feel the current before it decays: look at the order of the lines."
            ),
            (
                "v = v + (1 - math.exp(-dt * tau_mem_inv)) * (i - v)",
                "v = v * math.exp(-dt * tau_mem_inv) + dt * tau_mem_inv * i",
                "v = v * math.exp(-dt * tau_mem_inv) + i",
            ): "Norse moves v in a straight line, as in the text: yours is exponential.",
        },
        "v = (1 - z) * v + z * v_reset": {
            "v = z * v + z * v_reset": (
                "The reset is for neurons that spiked: yours resets all others."
            ),
            "": "v should be reset after a spike: yours goes on as if nothing had happened.",
            "v = v - z * v_th": (
                "After a spike v should start from v_reset, wherever it was: yours loses v_th."
            ),
        },
        f"{MOVE}\n    z = spike(v - v_th)": {
            f"z = spike(v - v_th)\n    {MOVE}": (
                "Spikes come from the new voltage: yours come from the one before the step."
            ),
        },
        DECAY: {
            "": (
                "i should decay in each step: yours stays, or nearly. (tau_syn_inv is an inverse"
                " already, so multiply by it.)"
            ),
            (
                "i = i * math.exp(-dt * tau_syn_inv)",
                "i = (i - x) * math.exp(-dt * tau_syn_inv) + x",
            ): "Norse takes a step in a straight line, as in the text: yours is exponential.",
            "i = i * math.exp(-tau_syn_inv)": (
                "i is gone after a step: how long is a step, in seconds?"
            ),
            "i = (i - x) - dt * tau_syn_inv * (i - x) + x": (
                "x should arrive before i decays: look at the order of the lines."
            ),
        },
        "i = i - dt *": {
            "i = i + dt *": "i should decay: yours grows. Look at the sign.",
            "i = i -": "i changes far too much: tau_syn_inv is per second, and how long is a step?",
            "i = -dt *": "That is the change of i alone: add it to what was there.",
            "i = dt *": "That is what i loses in a step: take it from what was there.",
        },
        "tau_syn_inv": {
            "tau_mem_inv": (
                "i decays with tau_syn_inv: yours takes the time constant of the membrane."
            ),
        },
        "i = i + x": {"": "x never arrives in i."},
    },
    hard_step=lambda u: (u > 0).to(u.dtype),
    dt=1e-3,
    tau_mem_inv=100.0,
    tau_syn_inv=200.0,
    v_leak=0.0,
    v_th=1.0,
    v_reset=0.0,
)


@exercise("One step of a LIF neuron", ours=solution)
def lif_step(answer) -> str:
    x = torch.randint(-5, 10, (2, 6)) / 10
    v = torch.randint(7, 13, (2, 6)) / 10 + 0.05  # so that nobody else comes to 1
    i = torch.randint(-10, 20, (2, 6)) / 10
    # No current flows to the first neuron. The second one stays at 1, the third one at 0.
    x[0, :3] = 0
    v[0, :3] = i[0, :3] = torch.tensor([0.0, 1.0, 0.0])
    v[0, 0] = 0.5
    v[1, :2] = -0.5  # below rest
    hints = {
        "bool tensor": (
            "z should be 0 or 1, not true or false: hand spike the distance, not a comparison."
        )
    }
    given = {"x": x, "v": v, "i": i}
    right = solution(**given)
    z, *_ = right

    def step(function):
        """Return i, v and z after a step."""
        return parts(call(function, hints, **given), "z, v, i", right)[::-1]

    solution.compare_in_order(["i", "v", "z"], answer, step, **given)
    x.requires_grad_()
    hints = {
        "positional argument": "Keep the first line as it is: lif_step(x, v, i, spike=hard_step)."
    }
    distances = []

    def smooth(u):  # whose slope is 1 everywhere
        distances.append(u)
        return (u > 0) + (u - u.detach())

    solution(**given, spike=smooth)
    smooth_z, smooth_v, *_ = call(answer, hints, **given, spike=smooth)
    (slope_of_z,) = slopes(smooth_z, x)
    (slope_of_v,) = slopes(smooth_v, x)
    expect(
        all(slope is not None and slope.any() for slope in (slope_of_z, slope_of_v)),
        "The numbers are right, but z should be spike(v - v_th):"
        " later, another spike will have a slope.",
    )
    expect(
        len(distances) < 2 or is_close(*distances),
        "The spikes are right, but hand spike the distance v - v_th itself: later, its slope"
        " depends on how far it is.",
    )
    praise = (
        "z, v and i are those of Norse. A whole network is this step, for many neurons, many times."
    )
    if slope_of_v[z > 0].any():  # the reset has a slope
        return praise
    return f"{praise} Norse has (1 - z) * v in line 4: in training, its reset has a slope, too."
