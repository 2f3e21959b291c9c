"""lif_backward(v, dz, dv, di, a, b) gives gradients for x, v, i before the time step."""

import torch

from helpers.check.judge import call, exercise
from helpers.check.values import compare, form, parts, variations


def _lif_backward(v, dz, dv, di, a, b):
    s = (dz - dv * v) / ((v - 1).abs() + 1) ** 2
    dv = torch.where(v > 1, 0.0, dv) + s
    di = (1 - b) * di + a * dv
    return di, (1 - a) * dv, di


@exercise("Back through one time step", ours=_lif_backward)
def lif_backward(answer) -> str:
    v, dz, dv, di = torch.randn(4, 3, 7)
    v = v + 1
    a = 0.3
    b = 0.15
    v[0, 0] = 1.0  # exactly on the threshold: it did not spike
    fired = v > 1
    kept = torch.where(fired, 0.0, dv)
    slope = _slope(v - 1)
    wrong_slopes = [_slope(u) for u in (v, v + 1, 100 * (v - 1))]
    wrong_slopes += [1, slope.sqrt(), 1 / slope, v**-2]
    s = (dz - dv * v) * slope
    di_before = di

    wrong_resets = {
        "adds": dv * v,
        "takes v_th - v": dv * (1 - v),
        "takes v - v_th": dv * (v - 1),
        "leaves v out": -dv,
    }

    def back(
        s=None,
        begin=dz,
        reset=-dv * v,
        slope=slope,
        kept=kept,
        decay=1 - b,
        share=a,
        last=1 - a,
        taken=None,
        **made,
    ):
        """Return dx, dv and di, stacked; each part of the four lines is an argument.

        taken: of what di takes its share, unless it is the new dv
        made: those of dx, dv and di that are something else
        """
        if s is None:
            s = (begin + reset) * slope
        dv = kept + s
        if taken is None:
            taken = dv
        di = decay * di_before + share * taken
        results = {"dx": di, "dv": last * dv, "di": di} | made
        return torch.stack(list(results.values()))

    mistakes = {
        "a and b are swapped.": dict(decay=1 - a, share=b, last=1 - b),
        "a and b are given: yours takes 0.1 and 0.2, whatever they are.": dict(
            decay=0.8, share=0.1, last=0.9
        ),
        "Line 3 adds to dv before di takes its share in line 2: yours after.": dict(
            taken=[dv, kept]
        ),
        "What is multiplied by 1 - a is the new dv: yours is as it came in.": dict(dv=(1 - a) * dv),
        "dx is the di of line 2: yours is di as it came in.": dict(dx=di),
        "The di to return is that of line 2: yours is as it came in.": dict(di=di),
        "The reset is missing in dz: the spike also acts through v_reset - v.": dict(reset=0),
        "Line 4 makes dz - dv * v of dz, as v_reset is 0: yours {}.": dict(reset=wrong_resets),
        "dz takes dv as it comes in: yours takes it after it was set to 0.": dict(reset=-kept * v),
        "Line 4 adds the reset to dz: yours has the reset alone.": dict(begin=0),
        "The slope is 1 / (|v - v_th| + 1) ** 2, as alpha is 1: look at that factor.": dict(
            slope=wrong_slopes
        ),
        "Line 3 is missing: it adds dz * slope to dv.": dict(s=0),
        "Line 3 adds dz * slope to dv: yours is {}.": dict(
            s={"subtracted": -s, "multiplied by a": a * s}
        ),
        "The slope goes with all of dz - dv * v: look at the brackets.": dict(
            s=dz - dv * v * slope
        ),
        (
            "Line 3 adds to dv also where the neuron fired, to the 0 there: yours is 0 altogether."
        ): dict(s=s * ~fired),
        "Line 3 adds to dv everywhere: yours only where the neuron fired.": dict(
            kept=(dv - s) * ~fired
        ),
        "dv is 0 where the neuron fired, as its voltage was reset: yours is kept.": dict(kept=dv),
        "dv is 0 where the neuron fired: yours is 0 where it did not.": dict(kept=dv * fired),
        "A neuron exactly on its threshold did not fire: it has to be above.": dict(
            kept=dv * (v < 1)
        ),
        "A neuron fired where v is above v_th, which is 1: yours compares with 0.": dict(
            kept=dv * (v <= 0)
        ),
        "di decays by the factor 1 - b: yours takes {}.": dict(
            decay={"none": 1, "b": b, "1 - a": 1 - a}
        ),
        "di takes a * dv: yours takes {}.": dict(share={"nothing": 0, "all of dv": 1, "b * dv": b}),
        "Only di is multiplied by 1 - b, not a * dv: look at brackets and order.": dict(
            share=(1 - b) * a
        ),
        "dv shrinks by 1 - a after di has taken its share: yours before.": dict(share=a * (1 - a)),
        "In the end dv is multiplied by 1 - a: yours {}.": dict(
            last={"is not": 1, "by 1 - b": 1 - b, "by a": a}
        ),
    }
    hints = {"name 'alpha' is not": "alpha is 1 here."}
    names = ["dx", "dv", "di"]
    got = call(answer, hints, v=v, dz=dz, dv=dv, di=di, a=a, b=b)
    got = parts(got, "dx, dv, di", list(back()))
    for name, tensor in zip(names, got):
        form(name, tensor, v)
    given = {"v": v, "dz": dz, "dv": dv, "di": di}
    given = {name: tensor.expand(3, 3, 7) for name, tensor in given.items()}
    mistakes = variations(back, mistakes)
    compare("The gradient ", torch.stack(got), back(), mistakes, names, **given)
    return "the whole backward pass of a LIF neuron, and v is all that it has to keep."


def _slope(u):
    """Return the slope that stands in for that of a spike; u: distance from the threshold."""
    return 1 / (u.abs() + 1) ** 2
