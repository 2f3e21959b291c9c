"""recurrent_step(x, z, v, i, W, R, a, b) gives z, v and i after one time step, (batch, n) each."""

import torch

from helpers.course.checks import call, compare, exercise, expect_spikes, parts

SHAPES = "For a batch, W x is x @ W.T and R z is z @ R.T. a and b fit as they are."
ONE_OR_MANY = "a and b may be plain numbers: a * (...) serves both, numbers and tensors."
HINTS = {
    "with a bool tensor": "Spikes are floats, 0 or 1: .to(v.dtype) makes them of a comparison.",
    "shapes cannot be multiplied": SHAPES,
    "must match the size of tensor b": SHAPES,
    "'float' object": ONE_OR_MANY,
    "Tensor, not float": ONE_OR_MANY,
    "requires grad": "A network learns through this step: stay with the functions of torch.",
}


def _recurrent_step(x, z, v, i, W, R, a, b):
    j = i + x @ W.T + z @ R.T
    v = v + a * (j - v)
    z = (v > 1).to(v.dtype)
    return z, (1 - z) * v, b * j


@exercise("A recurrent step", ours=_recurrent_step)
def recurrent_step(answer) -> str:
    # Eighths are short in binary, so rounding never decides who spikes. The first neuron of the
    # first example stays exactly at 1.
    x = torch.randint(4, (5, 3)).float()
    z = torch.randint(2, (5, 4)).float()
    v = torch.randint(-4, 13, (5, 4)) / 8
    i = torch.randint(-8, 17, (5, 4)) / 8
    W = (torch.randint(-4, 9, (4, 3)) / 8).requires_grad_()
    R = (torch.randint(-8, 13, (4, 4)) / 8).requires_grad_()
    x[0] = z[0] = 0
    v[0, 0] = i[0, 0] = 1
    many = torch.tensor([[0.5, 0.25, 0.125, 0.375], [0.625, 0.875, 0.75, 0.25]])
    for n, a, b in ((5, 0.25, 0.625), (3, *many)):
        _compare(answer, x[:n], z[:n], v[:n], i[:n], W, R, a, b)
    return "in the next step, the whole layer hears these spikes, through R."


def _compare(answer, x, z, v, i, W, R, a, b) -> None:
    """Expect the right currents, voltages and spikes; z: the spikes of the step before."""
    got = call(answer, HINTS, x=x, z=z, v=v, i=i, W=W, R=R, a=a, b=b)
    right = _recurrent_step(x, z, v, i, W, R, a, b)
    got_z, got_v, got_i = parts(got, "z, v, i", right)
    right_z = right[0]
    drive = x @ W.T
    heard = z @ R.T

    def current(start=i, drive=drive, heard=heard, b=b):
        return b * (start + drive + heard)

    j = current(b=1)
    u = v + a * (j - v)  # before the reset
    mistakes = {
        "b multiplies all of j: in yours, W x and R z arrive after the decay.": (
            b * i + drive + heard
        ),
        "b multiplies all of j: in yours, R z arrives after the decay.": b * (i + drive) + heard,
        "b multiplies all of j: in yours, W x arrives after the decay.": b * (i + heard) + drive,
        "The new i is b j: yours is the old i.": i,
        "The new i is b j: yours is b i, without W x and R z.": b * i,
        "Only v is reset after a spike: i goes on.": (1 - right_z) * b * j,
        "The new i is b j: yours is j, which has not decayed yet.": {"b": 1},
        "b is what stays of the current: yours keeps 1 - b.": {"b": 1 - b},
        "The input never arrives: j has W x.": {"drive": 0},
        "The spikes of the layer never arrive: j has R z.": {"heard": 0},
        "The current of the step before is missing: j starts with i.": {"start": 0},
        "z @ R sends spikes backwards along the weights: R z is z @ R.T.": {"heard": z @ R},
        "R z takes the spikes of the step before: yours takes the new ones.": {
            "heard": [
                spikes.to(v.dtype) @ R.T for spikes in (right_z, v + a * (i + drive - v) > 1, v > 1)
            ]
        },
    }
    compare("i", got_i, current, mistakes, j=j, i=i)
    expect_spikes(got_z, right_z)

    def voltage(start=v, rate=a, push=j, leak=v, fires=lambda u: u > 1, after=torch.zeros_like):
        """Return v after a step with other parts.

        fires: which neurons are reset, by the voltage u before the reset
        after: their voltage after the reset, by u
        """
        u = start + rate * (push - leak)
        return torch.where(fires(u), after(u), u)

    rested = (1 - z) * v
    mistakes = {
        "Return the new v: yours is that of the step before.": v,
        "v feels j, with the input of this step: yours feels the old i.": {"push": i},
        "v feels j before it decays: look at the order of the lines.": {"push": b * j},
        "v feels all of j: in yours, {} is missing.": {
            "push": {"R z": i + drive, "W x": i + heard, "i": drive + heard}
        },
        "That is the change of v alone: add it to the old v.": {"start": 0},
        "v leaks: the brackets are (j - v), and yours {}.": {
            "leak": {"lack the - v": 0, "add v": -v}
        },
        "a multiplies all of (j - v): look at the brackets.": {"start": 0, "leak": 0},
        "a multiplies j, too: look at the brackets.": {"start": v + (1 - a) * j},
        "v moves by the fraction a: in yours, a is missing.": {"rate": 1},
        "a is the fraction that leaks away: yours takes what stays, 1 - a.": {"rate": 1 - a},
        "v moves by the fraction a: yours moves by b.": {"rate": b},
        "v should move towards j: yours moves away. Look at the sign.": {"rate": -a},
        "v should be reset after a spike: yours goes on as if nothing had happened.": {
            "after": torch.clone
        },
        "The new spikes reset v: yours takes those of the step before.": voltage(
            fires=lambda u: z > 0
        ),
        "v is reset in the step of the spike: yours is reset one step later.": (
            rested + a * (j - rested)
        ),
        "The reset is for neurons that spiked: yours resets all others.": {
            "fires": lambda u: u <= 1
        },
        "A neuron at 1 does not spike: it has to be above.": {"fires": lambda u: u >= 1},
        "Spikes come from the new voltage: yours come from the old one.": {
            "fires": lambda u: v > 1
        },
        "A neuron spikes when its voltage is above 1: yours looks at j.": {
            "fires": lambda u: j > 1
        },
        "The threshold is 1: yours is 0.": {"fires": lambda u: u > 0},
        "After a spike v is 0, wherever it was: yours {}.": {
            "after": {"loses 1": lambda u: u - 1, "is 1": torch.ones_like}
        },
    }
    compare("v", got_v, voltage, mistakes, v=v, j=j)
    mistakes = {
        "z is 0 everywhere, though some v pass 1: is it computed after the reset?": 0 * z,
        "Return the new spikes: yours are those of the step before.": z,
        "A neuron spikes above 1, and not below: look at the comparison.": [1 - right_z, u < 1],
        "A neuron at 1 does not spike: it has to be above.": u >= 1,
        "Spikes come from the new voltage: yours come from the old one.": v > 1,
        "Spikes come from voltages that are not reset yet: keep these for the comparison.": [
            (1 - z) * u > 1,
            (1 - right_z) * u > 0,
        ],
    }
    compare("z", got_z, right_z, mistakes, v=v, j=j)
