"""latest_start(decode, seq_length, background) gives the last start of an event that is heard."""

from helpers.course.judge import Solution, exercise
from helpers.network import DECODERS

# The first case has a tie: an event of 2 steps has the mean of a background of 0.25 in 8 steps.
CASES = {
    "the mean of 8": (DECODERS["mean"], 8, 0.25),
    "the mean of 10": (DECODERS["mean"], 10, 0.65),
    "the maximum of 9": (DECODERS["max"], 9, 0.4),
    "the last of 6": (DECODERS["last"], 6, 0.4),
    "the first of 7": (lambda v: v[0], 7, 0.4),
    "the sum of 6": (lambda v: v.sum(0), 6, 0.4),
}

solution = Solution(
    """
def latest_start(decode, seq_length, background):
    for start in reversed(range(seq_length)):
        v = torch.zeros(seq_length, 1, 2)
        v[:, 0, 0] = background
        v[start:, 0, 1] = 1
        logits = decode(v)[0]
        if logits[1] > logits[0]:
            return start
""",
    {
        "reversed(range(seq_length))": {
            "range(seq_length)": (
                "Yours is always 0: begin with the last start, and let time be the first axis."
            ),
        },
        "return start": {
            "return start + 1": (
                "That is the first start with which the event is missed: we want the last one that"
                " is heard."
            ),
            "return seq_length - start": (
                "That is how many steps the event lasts: in which step does it start?"
            ),
        },
        ">": {">=": "Equally high is not yet heard: the logit of class 1 has to be higher."},
        "v[:, 0, 0]": {
            "v[:start, 0, 0]": (
                "The background goes on during the event: yours ends where it starts."
            ),
        },
        "= background": {"= 0": "Without a background every event is heard: give it to class 0."},
        "decode(v)[0]": {
            "v[-1, 0]": "Yours is the same for every decoder: decode the voltages that you make.",
        },
    },
)


@exercise("A late event", ours=solution)
def latest_start(answer) -> str:
    cases = list(CASES.values())
    solution.compare_numbers("The last start for ", answer, cases, labels=list(CASES))
    return "such an experiment answers it for any decoder, without a formula."
