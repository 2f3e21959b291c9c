"""to_nir(tau_mem_inv, tau_syn_inv, dt) gives tau_mem, tau_syn and w_in of NIR's neuron."""

from helpers.course.judge import Solution, exercise

CASES = [(100.0, 200.0, 1e-3), (50.0, 400.0, 0.5e-3), (125.0, 80.0, 2e-3)]
W_IN = "tau_syn / dt"


def _of_time(tau: str) -> dict:
    """Return the mistakes about one of the two time constants."""
    right = f"1 / {tau}_inv"
    return {
        f"That is {tau}_inv, in 1/s: {tau} is in seconds.": (right, f"{tau}_inv"),
        f"{tau} is in seconds: yours is in milliseconds.": (right, f"1e3 / {tau}_inv"),
        f"{tau} is a time in seconds: yours is one in steps.": (right, f"1 / ({tau}_inv * dt)"),
        f"{tau} is a time: yours is the share that decays in a step.": (right, f"{tau}_inv * dt"),
        f"{tau} is 1 / {tau}_inv, and dt has no part in it.": (right, f"dt / {tau}_inv"),
        f"{tau} is 1 / {tau}_inv: // rounds down to 0.": (right, f"1 // {tau}_inv"),
        f"{tau} is a time, and not negative.": (right, f"-1 / {tau}_inv"),
    }


solution = Solution(
    """
def to_nir(tau_mem_inv, tau_syn_inv, dt):
    tau_mem, tau_syn = 1 / tau_mem_inv, 1 / tau_syn_inv
    return tau_mem, tau_syn, tau_syn / dt
""",
    {
        "With w_in = 1, the current rises by dt / tau_syn times x: it is to rise by x.": (
            W_IN,
            "1",
        ),
        "Upside down: w_in makes up for the factor dt / tau_syn.": (W_IN, "dt / tau_syn"),
        "That is dt: the factor to make up for is dt / tau_syn.": (W_IN, "dt"),
        "That is tau_syn_inv: how much does i change in a step of dt?": (W_IN, "tau_syn_inv"),
        "w_in need not be a whole number: yours is rounded.": (W_IN, "round(tau_syn / dt)"),
        "One step changes i by dt / tau_syn, as Euler has it: yours takes an exponential.": (
            W_IN,
            "1 / (1 - math.exp(-dt / tau_syn))",
        ),
        "That makes up for dt alone: there is tau_syn, too.": (W_IN, "1 / dt"),
        "w_in belongs to the current, so to tau_syn: yours takes tau_mem.": (W_IN, "tau_mem / dt"),
        "Divide tau_syn by dt: yours divides tau_syn_inv.": (W_IN, "tau_syn_inv / dt"),
        "That makes up for tau_syn alone: there is dt, too.": (W_IN, "tau_syn"),
        "Look at the brackets: yours multiplies by dt.": (W_IN, "tau_syn * dt"),
        "dt is given: yours takes 1 ms, whatever it is.": (
            W_IN,
            "tau_syn / 1e-3",
            "tau_syn * 1e-3",
        ),
        "tau_syn and dt are both in seconds: yours has one of them in milliseconds.": (
            W_IN,
            "1e-3 * tau_syn / dt",
            "1e3 * tau_syn / dt",
        ),
        "w_in depends on tau_syn and dt: yours is the same for all.": (W_IN, "5"),
        # After those about w_in, which an edit of tau_syn changes too.
        "The two time constants are the other way round.": (
            "tau_mem, tau_syn =",
            "tau_syn, tau_mem =",
        ),
        **_of_time("tau_mem"),
        **_of_time("tau_syn"),
    },
)


@exercise("Translate a neuron", ours=solution)
def to_nir(answer) -> str:
    solution.compare_numbers("tau_mem, tau_syn, w_in", answer, CASES)
    return "a spike at a weight w raises the current by w, in NIR's neuron as in ours."
