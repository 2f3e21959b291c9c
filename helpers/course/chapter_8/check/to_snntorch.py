"""to_snntorch(node, dt) gives alpha, beta and threshold of a neuron that does as a nir.CubaLIF."""

from types import SimpleNamespace

from helpers.course.chapter_8 import back_end
from helpers.course.checks import call, compare, exercise, results

CASES = (  # one neuron each, and its time step
    (5e-3, 10e-3, 5.0, 1.0, 1.0, 1e-3),
    (4e-3, 20e-3, 3.0, 1.5, 0.8, 0.5e-3),
    (8e-3, 16e-3, 2.0, 0.5, 1.5, 2e-3),
)


def _call(answer, hints, dt, **parameters):
    return call(answer, hints, node=SimpleNamespace(**parameters, v_leak=0.0, v_reset=0.0), dt=dt)


@exercise("Another back end", ours=back_end.to_snntorch)
def to_snntorch(answer) -> str:
    got, (tau_syn, tau_mem, w_in, r, v_threshold, dt) = results(
        answer,
        "tau_syn tau_mem w_in r v_threshold dt",
        CASES,
        call=_call,
        of="alpha, beta, threshold",
    )
    alpha, beta, threshold = got.T
    labels = [" for neuron 1", " for neuron 2", " for neuron 3"]
    for name, value, quantity, tau_name, tau, other in (
        ("alpha", alpha, "the current", "tau_syn", tau_syn, tau_mem),
        ("beta", beta, "the voltage", "tau_mem", tau_mem, tau_syn),
    ):
        mistakes = {
            "alpha and beta are the other way round: alpha is for the current.": 1 - dt / other,
            f"{name} is what is left of {quantity} after a step: yours is what is lost.": dt / tau,
            f"Euler's step leaves 1 - dt / tau of {quantity}: yours is exponential.": (
                (-dt / tau).exp()
            ),
            f"{name} is a share without a unit: dt is missing.": [1 - tau, 1 - 1 / tau],
            f"{name} is what is left of {quantity}: yours grows.": 1 + dt / tau,
            "A long time constant forgets slowly: yours divides tau by dt.": 1 - tau / dt,
            f"That is {tau_name}, a time.": tau,
        }
        compare(name, value, 1 - dt / tau, mistakes, labels)

    def scaled(x_to_i=dt / tau_syn * w_in, i_to_v=dt / tau_mem * r):
        return v_threshold / x_to_i / i_to_v

    mistakes = {
        "mem is not v: by what factor is it larger? The threshold has to be, too.": v_threshold,
        "Upside down: where mem is larger than v, so is its threshold.": v_threshold**2 / scaled(),
        "syn is not i: an input x raises syn by x, but i by how much?": {
            "x_to_i": [1, w_in, 1 / w_in]
        },
        "An input x raises i by dt / tau_syn times w_in: yours leaves out w_in.": {
            "x_to_i": dt / tau_syn
        },
        "mem is not v: a current raises mem by i, but v by dt / tau_mem times r i. Yours {}.": {
            "i_to_v": {"ignores that": 1, "takes r alone": r, "has no r": dt / tau_mem}
        },
    }
    compare("threshold", threshold, scaled, mistakes, labels)
    return "two programs, two conventions, the same spikes. That is what an import has to work out."
