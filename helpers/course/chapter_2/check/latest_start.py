"""latest_start(decode, seq_length, background) gives the last start of an event that is heard."""

import torch

from helpers.course.checks import call_briefly, compare, exercise, results
from helpers.network import DECODERS

# The first case has a tie: an event of 2 steps has the mean of a background of 0.25 in 8 steps.
CASES = [
    (DECODERS["mean"], 8, 0.25),
    (DECODERS["mean"], 10, 0.65),
    (DECODERS["max"], 9, 0.4),
    (DECODERS["last"], 6, 0.4),
    (lambda v: v[0], 7, 0.4),
]
NAMES = ["the mean of 8", "the mean of 10", "the maximum of 9", "the last of 6", "the first of 7"]


def _latest_start(decode, seq_length, background):
    for start in reversed(range(seq_length)):
        v = torch.zeros(seq_length, 1, 2)
        v[:, 0, 0] = background
        v[start:, 0, 1] = 1
        if decode(v).argmax() == 1:  # of two equal logits, it is that of class 0
            return start


@exercise("A late event", ours=_latest_start)
def latest_start(answer) -> str:
    got, (_, seq_length, _) = results(
        answer, "decode seq_length background", CASES, call=call_briefly
    )
    right = torch.tensor([5.0, 3, 8, 5, 0])
    mistakes = {
        "Yours is always 0: begin with the last start, and let time be the first axis.": 0 * right,
        "That is the first start with which the event is missed: we want the last one that is"
        " heard.": right + 1,
        "That is how many steps the event lasts: in which step does it start?": seq_length - right,
        "Equally high is not yet heard: the logit of class 1 has to be higher.": (6.0, 3, 8, 5, 0),
        "The background goes on during the event: yours ends where it starts.": (6.0, 6, 8, 5, 0),
        "Without a background every event is heard: give it to class 0.": (7.0, 9, 8, 5, 0),
        "Yours is the same for every decoder: decode the voltages that you make.": seq_length - 1,
    }
    compare("The last start for ", got, right, mistakes, NAMES)
    return "such an experiment answers it for any decoder, without a formula."
