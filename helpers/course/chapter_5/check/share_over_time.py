"""share_over_time(v, labels) gives the share of right answers after each step, (seq_length,)."""

import torch
from torch.nn.functional import one_hot

from helpers.course.checks import call, compare, exercise

AXES = "v is (seq_length, n, 10): its axes are 0, 1 and 2, and answers have only 0 and 1."
NO_AXIS = "cumsum needs an axis: that of time."
HINTS = {
    "could not infer output dtype": (
        "Comparisons are True or False: .float() makes numbers of them, which have a mean."
    ),
    "must match the size of tensor b": (
        "Compare classes with labels: argmax over the last axis leaves (seq_length, n)."
    ),
    "Dimension out of range": AXES,
    'missing 1 required positional arguments: "dim"': NO_AXIS,
    "cumsum() received an invalid combination of arguments - got ()": NO_AXIS,  # PyTorch 2.11
    "'cummean'": "cumsum will do: the highest mean is where the highest sum is.",
    "'bool' object": "answers should be one tensor: yours is a list, or the pair that max gives.",
    "equal size": "The mean of v[: t + 1] over time is mean(0).",
    "return_types": "max gives a pair, voltages and classes: argmax gives the classes alone.",
}


def _share_over_time(v, labels):
    answers = v.cumsum(0).argmax(2)
    return (answers == labels).float().mean(1)


@exercise("When does it know?", ours=_share_over_time)
def share_over_time(answer) -> str:
    labels = torch.randint(10, (13,))
    v = torch.randn(16, 13, 10) + 0.5 * one_hot(labels, 10)
    got = call(answer, HINTS, v=v, labels=labels)
    if isinstance(got, torch.Tensor) and got.is_floating_point():
        got = got.float()
    n_steps, n, n_classes = v.shape
    sums = v.cumsum(0)

    def is_right(scores):
        return scores.argmax(2) == labels

    right_so_far = is_right(sums)

    def share(is_right=right_so_far, of=n):
        return is_right.sum(1) / of

    mistakes = {
        "Yours is one number: return a share for each time step, (seq_length,).": torch.Size(),
        "Yours has a share for each recording: for each step, take the mean over recordings.": (
            labels.shape
        ),
        "A step is missing: the first answer is after step 0, and the last after all steps.": (
            share()[1:].shape
        ),
        "Count the right answers of each step: yours still has an axis of recordings.": [
            v.shape[:2],
            v.shape,
        ],
        "Count right answers: yours are wrong ones.": 1 - share(),
        "argmax gives the class: yours compares voltages with labels.": {
            "is_right": sums.amax(2) == labels
        },
        "The mean of steps 0 to t decides: yours {}.": {
            "is_right": {
                "looks at step t alone": is_right(v),
                "leaves out step t": is_right(sums - v),
                "is that of steps t to the end": is_right(sums[-1] - sums + v),
                "is that of all steps, also of those to come": is_right(sums[-1].expand_as(v)),
                "looks at the last step alone": is_right(v[-1].expand_as(v)),
                "is one over recordings": is_right(v.cumsum(1)),
                "is one over classes": is_right(v.cumsum(2)),
            }
        },
        "The highest mean decides: yours takes the highest voltage so far.": {
            "is_right": is_right(v.cummax(0).values)
        },
        "The mean of the voltages decides: yours is that of probabilities.": {
            "is_right": is_right(v.softmax(2).cumsum(0))
        },
        "The mean of the voltages decides: yours counts how many steps were for each class.": {
            "is_right": is_right(one_hot(v.argmax(2), n_classes).cumsum(0))
        },
        "The highest mean decides: yours takes the lowest.": {"is_right": is_right(-sums)},
        "A share is between 0 and 1: yours is in percent.": {"of": n / 100},
        "That is a number of right answers: divide by the number of recordings.": {"of": 1},
        "Divide by the number of recordings: yours divides by the number {}.": {
            "of": {"of steps": n_steps, "of classes": n_classes}
        },
    }
    compare("The share ", got, share, mistakes)
    return "each answer is that of the readout so far, whatever it will say later."
