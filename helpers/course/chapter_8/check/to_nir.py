"""to_nir(tau_mem_inv, tau_syn_inv, dt) gives tau_mem, tau_syn and w_in of NIR's neuron."""

from helpers.course.chapter_8 import nir_export
from helpers.course.checks import compare, exercise, results, variations


@exercise("Translate a neuron", ours=nir_export.to_nir)
def to_nir(answer) -> str:
    given = [(100.0, 200.0, 1e-3), (50.0, 400.0, 0.5e-3), (125.0, 80.0, 2e-3)]
    got, (a, b, dt) = results(
        answer, "tau_mem_inv tau_syn_inv dt", given, of="tau_mem, tau_syn, w_in"
    )
    tau_mem, tau_syn, w_in = got.T
    labels = [f" for ({a:g}, {b:g}, {dt:g})" for a, b, dt in given]
    for name, tau, inverse, other in (("tau_mem", tau_mem, a, b), ("tau_syn", tau_syn, b, a)):
        mistakes = {
            f"That is {name}_inv, in 1/s: {name} is in seconds.": inverse,
            "The two time constants are the other way round.": 1 / other,
            f"{name} is in seconds: yours is in milliseconds.": 1e3 / inverse,
            f"{name} is a time in seconds: yours is one in steps.": 1 / (inverse * dt),
            f"{name} is a time: yours is the share that decays in a step.": inverse * dt,
            f"{name} is 1 / {name}_inv, and dt has no part in it.": dt / inverse,
            f"{name} is 1 / {name}_inv: // rounds down to 0.": 0 * inverse,
            f"{name} is a time, and not negative.": -1 / inverse,
        }
        compare(name, tau, 1 / inverse, mistakes, labels)

    def weigh(tau=1 / b, step=dt):
        return tau / step

    mistakes = {
        "With w_in = 1, the current rises by dt / tau_syn times x: it is to rise by x.": 0 * b + 1,
        "Upside down: w_in makes up for the factor dt / tau_syn.": dt * b,
        "That is dt: the factor to make up for is dt / tau_syn.": dt,
        "That is tau_syn_inv: how much does i change in a step of dt?": b,
        "w_in need not be a whole number: yours is rounded.": weigh().round(),
        "One step changes i by dt / tau_syn, as Euler has it: yours takes an exponential.": (
            1 / (1 - (-dt * b).exp())
        ),
        "That makes up for dt alone: there is tau_syn, too.": {"tau": 1},
        "w_in belongs to the current, so to tau_syn: yours takes tau_mem.": {"tau": 1 / a},
        "Divide tau_syn by dt: yours divides tau_syn_inv.": {"tau": b},
        "That makes up for tau_syn alone: there is dt, too.": {"step": 1},
        "Look at the brackets: yours multiplies by dt.": {"step": 1 / dt},
        "dt is given: yours takes 1 ms, whatever it is.": {"step": [1e-3, 1e3]},
        "tau_syn and dt are both in seconds: yours has one of them in milliseconds.": {
            "step": [1e3 * dt, 1e-3 * dt]
        },
    }
    mistakes = variations(weigh, mistakes)
    mistakes["w_in depends on tau_syn and dt: yours is the same for all."] = w_in[:1].expand(3)
    compare("w_in", w_in, weigh(), mistakes, labels)
    return "a spike at a weight w raises the current by w, in NIR's neuron as in ours."
