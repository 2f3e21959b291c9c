"""A plan on one page: what your own problem needs, before you build it."""

from helpers import require

# rules of thumb: for more, a laptop is the wrong place
LAPTOP_BYTES = 8e9
LAPTOP_SECONDS = 3600.0
QUESTIONS = ("question", "data", "encoding", "network", "learning rule", "working toy")


def estimate(
    seq_length: int,
    batch_size: int,
    neurons: int,
    weights: int,
    examples: int,
    epochs: int,
    rate: float,
) -> tuple[float, float]:
    """Return the bytes for a training step, and the seconds for the training.

    The numbers are float32, 4 bytes each. There is a voltage for each neuron, example of the batch
    and time step, kept for the backward pass. Each weight has four numbers: itself, its gradient,
    and the two averages of Adam.

    rate: examples per second, measured
    """
    voltages = seq_length * batch_size * neurons
    bytes_needed = 4 * (voltages + 4 * weights)
    seconds = epochs * examples / rate
    return bytes_needed, seconds


def show_plan(plan: dict[str, str], bytes_needed: float, seconds: float) -> str:
    """Return the page as Markdown, with the estimates, and whether a laptop will do.

    Args:
        plan: an answer to each of QUESTIONS
        bytes_needed: for a training step
        seconds: for the training

    Raises:
        InputError: when an answer is missing
    """
    missing = [name for name in QUESTIONS if not str(plan.get(name, "")).strip()]
    require(not missing, f"the plan does not answer yet: {', '.join(missing)}.")
    verdict = "no: a laptop will do"
    if bytes_needed > LAPTOP_BYTES or seconds > LAPTOP_SECONDS:
        verdict = "yes: plan for a cluster"
    lines = ["| | |", "|---|---|"]
    for name in QUESTIONS:
        lines.append(f"| **{name}** | {plan[name]} |")
    lines += [
        f"| **memory of a step** | {bytes_needed / 1e6:,.1f} MB |",
        f"| **time to train** | {seconds:,.0f} s |",
        f"| **does it need HPC?** | {verdict} |",
    ]
    return "\n".join(lines)
