"""A plan on one page: what your own problem needs, before you build it."""

import re

from helpers import require
from helpers.assets.study_results import BENCHMARK_MD

# rules of thumb: for more, a laptop is the wrong place
LAPTOP_BYTES = 8e9
LAPTOP_SECONDS = 3600.0
# those of the course's network: three layers of spiking neurons, and the readout
NEURONS = 20 * 24 * 24 + 50 * 8 * 8 + 500 + 10
QUESTIONS = ("question", "data", "encoding", "network", "learning rule", "working toy")


def recorded_speeds() -> tuple[float, float]:
    """Return the lowest and the highest speed of the course's network in chapter 3's benchmark.

    They are in neurons trained for one time step, per second: images per second times neurons times
    time steps.
    """
    text = BENCHMARK_MD.read_text()
    seq_length = int(re.search(r"seq_length (\d+)", text)[1])
    rates = re.findall(r"^\| this course[^|]*\| (\d+)", text, re.MULTILINE)
    speeds = [int(rate) * NEURONS * seq_length for rate in rates]
    return min(speeds), max(speeds)


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

    lines = [
        "| | |",
        "|---|---|",
        *[f"| **{name}** | {plan[name]} |" for name in QUESTIONS],
        f"| **memory of a step** | {bytes_needed / 1e6:,.1f} MB |",
        f"| **time to train** | {seconds:,.1f} s, or more |",
        f"| **does it need HPC?** | {verdict} |",
    ]
    return "\n".join(lines)
