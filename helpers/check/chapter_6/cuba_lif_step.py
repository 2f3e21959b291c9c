"""cuba_lif_step(node, x, i, v, dt) gives the spikes z, the new i and the new v of a nir.CubaLIF."""

from types import SimpleNamespace

import nir
import numpy as np
import torch

from helpers.check.judge import call, exercise, expect
from helpers.check.values import compare, form, parts, variations
from helpers.deploy import nir_simulator

DT = 0.25e-3  # s
OWN = "Each neuron has parameters of its own: yours takes those of the first for all."


@exercise("Read the specification", ours=nir_simulator.cuba_lif_step)
def cuba_lif_step(answer) -> str:
    # Two rows of neurons: one starts above its threshold, and the last is and stays exactly on it.
    values = {
        "tau_syn": [[4e-3, 5e-3, 4e-3, 8e-3], [4e-3, 6e-3, 5e-3, 4e-3]],
        "tau_mem": [[10e-3, 20e-3, 10e-3, 16e-3], [8e-3, 10e-3, 5e-3, 4e-3]],
        "r": [[1.5, 1.5, 0.8, 2.0], [1.5, 1.2, 1.5, 1.5]],
        "v_leak": [[0.2, 0.2, 0.1, 0.3], [0.2, 0.4, 0.2, 1.25]],
        "v_threshold": [[1.5, 1.2, 1.5, 0.9], [1.2, 1.5, 0.8, 1.25]],
        "v_reset": [[-0.3, -0.2, -0.3, -0.5], [-0.3, -0.4, -0.3, -0.1]],
        "w_in": [[3.0, 2.0, 3.0, 2.5], [4.0, 3.0, 2.0, 3.0]],
    }
    values = {name: np.array(value) for name, value in values.items()}
    x = np.array([[0.0, 0.0, 1.0, 2.0], [0.5, 9.0, 0.3, 0.0]])
    i = np.array([[0.0, 0.8, -0.5, 0.3], [4.0, 5.0, 0.1, 0.0]])
    v = np.array([[0.9, 0.2, 0.4, 0.95], [1.1, 1.49, 0.9, 1.25]])
    right = nir_simulator.cuba_lif_step(nir.CubaLIF(**values), x, i, v, DT)
    hints = {
        "dimensional input": (
            "The parameters have axes, too: np.where(z == 1, node.v_reset, v) fits their shapes."
        )
    }
    got = call(answer, hints, node=nir.CubaLIF(**values), x=x.copy(), i=i.copy(), v=v.copy(), dt=DT)
    got = [np.asarray(part) for part in parts(got, "z, i, v")]
    expect(
        all(array.dtype.kind in "bfiu" for array in got), "z, i and v should be arrays of numbers."
    )
    got = [torch.from_numpy(array.astype(np.float64)) for array in got]
    right = [torch.from_numpy(array.astype(np.float64)) for array in right]
    parts(got, "z, i, v", right)
    x = torch.from_numpy(x)
    i = torch.from_numpy(i)
    v = torch.from_numpy(v)
    node = SimpleNamespace(**{name: torch.from_numpy(value) for name, value in values.items()})
    for name, new, old in (("i", got[1], i), ("v", got[2], v)):
        expect(
            not torch.equal(new, old),
            f"{name} is to be the new one: yours is that before the step.",
        )
    _compare_current(got[1], node, x, i, v, spikes=right[0])
    _compare_voltage_and_spikes(got[2], got[0], node, x, i, v, after=right[1])
    return (
        "with the file and the time step,"
        " these lines are all that a simulator needs to know of a spiking neuron."
    )


def _compare_current(got, node, x, i, v, spikes) -> None:
    """Expect the right new current."""
    tau = node.tau_syn
    w_in = node.w_in

    def current(start=i, rate=DT / tau, drive=w_in * x, decay=-i):
        return start + rate * (drive + decay)

    lost = 1 - (-DT / tau).exp()
    exact = [i - lost * i + share * w_in * x for share in (DT / tau, lost)]
    mistakes = {
        "w_in x is part of the derivative: yours is added as a whole.": current(drive=0) + w_in * x,
        "x is added whole, as Norse does: in NIR it is w_in x, and part of the derivative.": (
            current(drive=0) + x
        ),
        "Euler's step is dt times the derivative: yours has an exponential.": exact,
        "Only v is reset where it spiked: i goes on.": torch.where(spikes > 0, 0.0, current()),
        "The input is multiplied by w_in: yours is not.": dict(drive=x),
        "The equation has -i on the right: yours {}.": dict(
            decay={"adds i": i, "leaves it out": 0}
        ),
        "All of the right side is divided by tau_syn, -i as well: look at the brackets.": dict(
            decay=-tau * i
        ),
        OWN: dict(rate=DT / tau[0, 0], drive=w_in[0, 0] * x),
    }
    mistakes |= _mistakes_of_euler("i", "tau_syn", tau, node.tau_mem)
    compare("i", got, current(), variations(current, mistakes), x=x, i=i, v=v)


def _compare_voltage_and_spikes(got, got_z, node, x, i, v, after) -> None:
    """Expect the right new voltage and spikes; after: the new current."""
    tau = node.tau_mem
    r = node.r
    leak = node.v_leak
    threshold = node.v_threshold
    reset = node.v_reset

    def voltage(
        start=v,
        rate=DT / tau,
        pull=leak - v,
        push=r * after,
        threshold=threshold,
        to=reset,
        fires=None,
    ):
        """Return v after a step with other parts.

        to: voltage after a spike; None: no reset
        fires: which neurons spike, unless those above the threshold
        """
        u = start + rate * (pull + push)
        if to is None:
            return u
        if fires is None:
            fires = u > threshold
        return torch.where(fires, to, u)

    u = voltage(to=None)
    wrong_spikes = {
        "A neuron spikes above its threshold, and only then is reset: yours does the opposite.": (
            u <= threshold
        ),
        "It spikes where the new voltage is above the threshold: yours looks at the old one.": (
            v > threshold
        ),
        "A neuron that is exactly on its threshold does not spike: it has to be above.": (
            u >= threshold
        ),
        "The threshold is v_threshold, for each neuron its own: yours is 1.": u > 1,
    }
    exact = leak + r * after + (v - leak - r * after) * (-DT / tau).exp()
    of_first = voltage(
        rate=DT / tau[0, 0],
        pull=leak[0, 0] - v,
        push=r[0, 0] * after,
        threshold=threshold[0, 0],
        to=reset[0, 0],
    )
    mistakes = {
        "Euler's step is dt times the derivative: yours is the exact solution.": (
            voltage(start=exact, rate=0)
        ),
        "v is reset where it spiked: yours is reset everywhere.": reset,
        "v should be reset where it spiked: yours goes on.": dict(to=None),
        "After a spike v is v_reset: yours is {}.": dict(to={"0": 0.0, "v_leak": leak}),
        "After a spike v is v_reset, wherever it was: yours loses the threshold.": dict(
            to=u - threshold
        ),
        "v should decay towards v_leak: yours moves {}.": dict(
            pull={"towards 0": -v, "away": v - leak}
        ),
        "r multiplies i alone: look at the brackets.": dict(pull=0, push=(leak - v + r) * after),
        "All of the right side is divided by tau_mem: look at the brackets.": dict(
            pull=(leak - v) * tau
        ),
        "v should feel the new i: yours feels the one before the step.": dict(push=r * i),
        "v is driven by the current i: yours by the input x.": dict(push=r * x),
        "The current is multiplied by r: yours is {}.": dict(
            push={"not": after, "divided": after / r, "added": after + r}
        ),
        OWN: of_first,
    }
    mistakes |= {sentence: dict(fires=where) for sentence, where in wrong_spikes.items()}
    mistakes |= _mistakes_of_euler("v", "tau_mem", tau, node.tau_syn)
    compare("v", got, voltage(), variations(voltage, mistakes), x=x, i=i, v=v)
    no_spike = "z is 1 where v was above the threshold before the reset: yours has no spike at all."
    mistakes = {no_spike: 0 * v}
    mistakes |= {sentence: where.double() for sentence, where in wrong_spikes.items()}
    z = (u > threshold).double()
    compare("z", got_z, z, mistakes, x=x, i=i, v=v)
    form("z", got_z, z)


def _mistakes_of_euler(name: str, constant: str, tau, other) -> dict[str, dict]:
    """Return mistakes in Euler's step alone, as parts of a formula, for `variations`."""
    return {
        f"{name} has the time constant {constant}: yours takes the other.": dict(rate=DT / other),
        f"The right side is divided by {constant}: yours is multiplied.": dict(rate=DT * tau),
        f"The derivative of {name} has the other sign: look at it again.": dict(rate=-DT / tau),
        "The step is dt, which is given: yours is always 1 ms.": dict(rate=1e-3 / tau),
        f"dt is missing in {name}.": dict(rate=1 / tau),
        f"That is the derivative of {name}: a step adds dt times that to {name}.": dict(
            start=0, rate=1 / tau
        ),
        f"That is the change of {name}: add it to the old {name}.": dict(start=0),
    }
