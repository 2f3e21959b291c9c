"""to_snntorch(node, dt) gives alpha, beta and threshold of a neuron that does as a nir.CubaLIF."""

from types import SimpleNamespace

from helpers.course.judge import Solution, exercise

X_TO_I = "dt / node.tau_syn * node.w_in"
I_TO_V = "dt / node.tau_mem * node.r"
NOT_V = "mem is not v: a current raises mem by i, but v by dt / tau_mem times r i. Yours"


def _of_share(name: str, quantity: str, tau: str) -> dict:
    """Return the mistakes about alpha or beta."""
    right = f"1 - dt / node.{tau}"
    return {
        f"{name} is what is left of {quantity} after a step: yours is what is lost.": (
            right,
            f"dt / node.{tau}",
        ),
        f"Euler's step leaves 1 - dt / tau of {quantity}: yours is exponential.": (
            right,
            f"math.exp(-dt / node.{tau})",
        ),
        f"{name} is a share without a unit: dt is missing.": (
            right,
            f"1 - node.{tau}",
            f"1 - 1 / node.{tau}",
        ),
        f"{name} is what is left of {quantity}: yours grows.": (right, f"1 + dt / node.{tau}"),
        f"That is {tau}, a time.": (right, f"node.{tau}"),
    }


solution = Solution(
    """
def to_snntorch(node, dt):
    x_to_i = dt / node.tau_syn * node.w_in
    i_to_v = dt / node.tau_mem * node.r
    alpha, beta = 1 - dt / node.tau_syn, 1 - dt / node.tau_mem
    return alpha, beta, node.v_threshold / (x_to_i * i_to_v)
""",
    {
        "alpha and beta are the other way round: alpha is for the current.": (
            "alpha, beta =",
            "beta, alpha =",
        ),
        "A long time constant forgets slowly: yours divides tau by dt.": [
            ("1 - dt / node.tau_syn", "1 - node.tau_syn / dt"),
            ("1 - dt / node.tau_mem", "1 - node.tau_mem / dt"),
        ],
        **_of_share("alpha", "the current", "tau_syn"),
        **_of_share("beta", "the voltage", "tau_mem"),
        "mem is not v: by what factor is it larger? The threshold has to be, too.": (
            " / (x_to_i * i_to_v)",
            "",
        ),
        "Upside down: where mem is larger than v, so is its threshold.": (
            "v_threshold /",
            "v_threshold *",
        ),
        "syn is not i: an input x raises syn by x, but i by how much?": (
            X_TO_I,
            "1",
            "node.w_in",
            "1 / node.w_in",
        ),
        "An input x raises i by dt / tau_syn times w_in: yours leaves out w_in.": (
            " * node.w_in",
            "",
        ),
        f"{NOT_V} ignores that.": (I_TO_V, "1"),
        f"{NOT_V} takes r alone.": (I_TO_V, "node.r"),
        f"{NOT_V} has no r.": (I_TO_V, "dt / node.tau_mem"),
    },
)


def _neuron(tau_syn, tau_mem, w_in, r, v_threshold):
    """Return what an answer may ask of a nir.CubaLIF."""
    given = {"tau_syn": tau_syn, "tau_mem": tau_mem, "w_in": w_in, "r": r}
    return SimpleNamespace(**given, v_threshold=v_threshold, v_leak=0.0, v_reset=0.0)


@exercise("Another back end", ours=solution)
def to_snntorch(answer) -> str:
    cases = [
        (_neuron(5e-3, 10e-3, 5.0, 1.0, 1.0), 1e-3),
        (_neuron(4e-3, 20e-3, 3.0, 1.5, 0.8), 0.5e-3),
        (_neuron(8e-3, 16e-3, 2.0, 0.5, 1.5), 2e-3),
    ]
    labels = ["neuron 1", "neuron 2", "neuron 3"]
    solution.compare_numbers("alpha, beta, threshold", answer, cases, labels=labels)
    return "two programs, two conventions, the same spikes. That is what an import has to work out."
