"""lif_step(x, v, i, spike) gives z, v and i after one time step, all shaped (batch, neurons)."""

import math

import torch

from helpers.course.checks import (
    call,
    compare,
    exercise,
    expect,
    expect_form,
    is_close,
    parts,
    slopes,
)


def _lif_step(x, v, i, spike=lambda u: (u > 0).to(u.dtype)):
    i = i + x
    v = v + 0.1 * (i - v)
    z = spike(v - 1)
    return z, (1 - z) * v, i - 0.2 * i


@exercise("One step of a LIF neuron", ours=_lif_step)
def lif_step(answer) -> str:
    x = torch.randint(10, (2, 6)) / 10
    v = torch.randint(7, 13, (2, 6)) / 10 + 0.05  # so that nobody else comes to 1
    i = torch.randint(-10, 20, (2, 6)) / 10
    # No current flows to the first neuron. The second one stays at 1, the third one at 0.
    x[0, :3] = 0
    v[0, :3] = i[0, :3] = torch.tensor([0.0, 1.0, 0.0])
    v[0, 0] = 0.5
    right = _lif_step(x, v, i)
    z, right_v, right_i = right
    hints = {
        "bool tensor": (
            "z should be 0 or 1, not true or false: hand spike the distance, not a comparison."
        )
    }
    given = {"x": x, "v": v, "i": i}
    got_z, got_v, got_i = parts(call(answer, hints, **given), "z, v, i", right)
    current = i + x
    v_left = math.exp(-0.1)  # shares of an exponential step
    i_left = math.exp(-0.2)
    expect(
        not is_close(got_i, current) or torch.equal(got_i, current),
        "i hardly decays: tau_syn_inv is an inverse already, so multiply by it.",
    )
    mistakes = {
        "i should decay in each step: yours keeps the current.": current,
        "i should decay: yours grows. Look at the sign.": 1.2 * current,
        "i changes far too much: tau_syn_inv is per second, and how long is a step?": (
            -199 * current
        ),
        "i decays with tau_syn_inv: yours takes the time constant of the membrane.": 0.9 * current,
        "Norse takes a step in a straight line, as in the text: yours is exponential.": [
            i_left * current,
            i_left * i + x,
        ],
        "i is gone after a step: how long is a step, in seconds?": 0 * current,
        "x never arrives in i.": 0.8 * i,
        "x should arrive before i decays: look at the order of the lines.": 0.8 * i + x,
        "That is the change of i alone: add it to what was there.": -0.2 * current,
        "That is what i loses in a step: take it from what was there.": 0.2 * current,
    }
    compare("i", got_i, right_i, mistakes, **given)
    expect_form("v", got_v, v)
    has_moved = (got_v != v) & (got_v != 0)  # 0: it was reset
    expect(
        has_moved.any() or not got_v.any(),
        "v stays as it was, to the last bit: is the result of its line used?",
    )
    # no current flows there
    expect(got_v[0, 0] <= v[0, 0], "v should decay towards v_leak: yours grows.")

    def moved(a=0.1, to=current, start=v):
        """Return v after a step with other parts, reset where it spiked."""
        u = start + a * (to - v)
        return u * (u <= 1)

    u = v + 0.1 * (current - v)  # before the reset
    mistakes = {
        "v changes far too much: tau_mem_inv is per second, and how long is a step?": moved(100),
        "v hardly moves: tau_mem_inv is an inverse already, so multiply by it.": moved(0),
        "v moves with tau_mem_inv: yours takes the time constant of the synapse.": moved(0.2),
        "The reset is for neurons that spiked: yours resets all others.": u * z,
        "A neuron spikes above v_th: yours spikes below. Look at the order in spike(v - v_th).": (
            u * (u >= 1)
        ),
        "spike(u) is 1 where u is above 0: hand it the distance to the threshold, v - v_th.": (
            u * (u <= 0)
        ),
        "A spike comes above v_th: yours comes at v_th too.": u * (u < 1),
        "v should feel the input of this step: yours moves before x has arrived in i.": moved(to=i),
        "v should feel the current before it decays: look at the order of the lines.": (
            moved(to=0.8 * current)
        ),
        "That is the change of v alone: add it to what was there.": moved(start=0),
        "i drives v ten times too strongly: it stands inside the large brackets.": (
            moved(to=10 * current)
        ),
        "Norse moves v in a straight line, as in the text: yours is exponential.": [
            moved(1 - v_left),
            moved(1, to=v_left * v + 0.1 * current),
            moved(1, to=v_left * v + current),
        ],
        "x is in i already: yours counts it twice.": moved(to=current + x),
        "v should be reset after a spike: yours goes on as if nothing had happened.": u,
        "After a spike v should start from v_reset, wherever it was: yours loses v_th.": u - z,
        "Spikes come from the new voltage: yours come from the one before the step.": u * (v <= 1),
    }
    compare("v", got_v, right_v, mistakes, **given)
    mistakes = {
        "z is 0 everywhere, though some v pass v_th: is it taken before the reset, or after it?": (
            0 * z
        )
    }
    compare("z", got_z, z, mistakes, **given)
    x.requires_grad_()
    hints = {
        "positional argument": "Keep the first line as it is: lif_step(x, v, i, spike=hard_step)."
    }
    # a step whose slope is 1 everywhere
    smooth_z, smooth_v, *_ = call(
        answer, hints, **given, spike=lambda u: (u > 0) + (u - u.detach())
    )
    (slope_of_z,) = slopes(smooth_z, x)
    (slope_of_v,) = slopes(smooth_v, x)
    expect(
        all(slope is not None and slope.any() for slope in (slope_of_z, slope_of_v)),
        "The numbers are right, but z should be spike(v - v_th):"
        " later, another spike will have a slope.",
    )
    praise = (
        "z, v and i are those of Norse. A whole network is this step, for many neurons, many times."
    )
    if slope_of_v[z > 0].any():  # the reset has a slope
        return praise
    return f"{praise} Norse has (1 - z) * v in line 4: in training, its reset has a slope, too."
