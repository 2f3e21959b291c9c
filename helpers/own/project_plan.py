"""A plan on one page: what your own problem needs, before you build it."""

from helpers import require

LAPTOP_BYTES, LAPTOP_SECONDS = 8e9, 3600.0  # a rule of thumb: for more, a laptop is the wrong place
QUESTIONS = ("question", "data", "encoding", "network", "learning rule", "working toy")


def estimate(
    seq_length: int, batch_size: int, neurons: int, weights: int, examples: int, epochs: int, rate: float
) -> tuple[float, float]:
    """Bytes for a training step, and seconds for the training.

    The numbers are float32, 4 bytes each. There is a voltage for each neuron, example of the batch and time step, kept
    for the backward pass. Each weight has four: itself, its gradient, and the two averages of Adam.

    rate: examples per second, measured
    """
    return 4 * (seq_length * batch_size * neurons + 4 * weights), epochs * examples / rate


def show_plan(plan: dict[str, str], bytes_needed: float, seconds: float) -> str:
    """The page as Markdown: answers, of which none may be missing, estimates, and whether a laptop will do."""
    missing = [name for name in QUESTIONS if not str(plan.get(name, "")).strip()]
    require(not missing, f"the plan does not answer yet: {', '.join(missing)}.")
    needs = bytes_needed > LAPTOP_BYTES or seconds > LAPTOP_SECONDS
    rows = [f"| **{name}** | {plan[name]} |" for name in QUESTIONS]
    rows.append(f"| **memory of a step** | {bytes_needed / 1e6:,.1f} MB |")
    rows.append(f"| **time to train** | {seconds:,.0f} s |")
    rows.append(f"| **does it need HPC?** | {'yes: plan for a cluster' if needs else 'no: a laptop will do'} |")
    return "\n".join(["| | |", "|---|---|", *rows])
