"""share_over_time(v, labels) gives the share of right answers after each step, (seq_length,)."""

import torch
from torch.nn.functional import one_hot

from helpers.course.judge import Solution, call, exercise

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
OTHER_STEPS = "The mean of steps 0 to t decides: yours"
OTHER_NUMBER = "Divide by the number of recordings: yours divides by the number"
solution = Solution(
    """
def share_over_time(v, labels):
    answers = v.cumsum(0).argmax(2)
    return (answers == labels).float().mean(1)
""",
    {
        "(answers == labels).float().mean(1)": {
            (
                "(answers == labels).float().mean()",
                "(answers[-1] == labels).float().mean()",
            ): "Yours is one number: return a share for each time step, (seq_length,).",
            (
                "answers == labels",
                "v.cumsum(0)",
            ): "Count the right answers of each step: yours still has an axis of recordings.",
        },
        "v.cumsum(0)": {
            "v": f"{OTHER_STEPS} looks at step t alone.",
            "(v.cumsum(0) - v)": f"{OTHER_STEPS} leaves out step t.",
            "v.flip(0).cumsum(0).flip(0)": f"{OTHER_STEPS} is that of steps t to the end.",
            "v.sum(0).expand_as(v)": f"{OTHER_STEPS} is that of all steps, also of those to come.",
            "v[-1].expand_as(v)": f"{OTHER_STEPS} looks at the last step alone.",
            "v.cumsum(1)": f"{OTHER_STEPS} is one over recordings.",
            "v.cumsum(2)": f"{OTHER_STEPS} is one over classes.",
            "v.cummax(0).values": (
                "The highest mean decides: yours takes the highest voltage so far."
            ),
            "v.softmax(2).cumsum(0)": (
                "The mean of the voltages decides: yours is that of probabilities."
            ),
            "torch.nn.functional.one_hot(v.argmax(2), 10).cumsum(0)": (
                "The mean of the voltages decides: yours counts how many steps were for each class."
            ),
        },
        "mean(1)": {
            "mean(0)": (
                "Yours has a share for each recording: for each step, take the mean over"
                " recordings."
            ),
            (
                "mean(1)[1:]",
                "mean(1)[:-1]",
            ): "A step is missing: the first answer is after step 0, and the last after all steps.",
            "mean(1) * 100": "A share is between 0 and 1: yours is in percent.",
            "sum(1) / len(v)": f"{OTHER_NUMBER} of steps.",
            "sum(1) / 10": f"{OTHER_NUMBER} of classes.",
            "sum(1)": "That is a number of right answers: divide by the number of recordings.",
        },
        "==": {"!=": "Count right answers: yours are wrong ones."},
        "argmax": {
            "amax": "argmax gives the class: yours compares voltages with labels.",
            "argmin": "The highest mean decides: yours takes the lowest.",
        },
    },
)


@exercise("When does it know?", ours=solution)
def share_over_time(answer) -> str:
    cases = []
    for n_recordings in (13, 9):
        labels = torch.randint(10, (n_recordings,))
        v = torch.randn(16, n_recordings, 10) + 0.5 * one_hot(labels, 10)
        cases.append((v, labels))
    solution.compare_cases("The share ", answer, cases, HINTS, _share)
    return "each answer is that of the readout so far, whatever it will say later."


def _share(function, hints, **case):
    got = call(function, hints, **case)
    is_float = isinstance(got, torch.Tensor) and got.is_floating_point()
    return got.float() if is_float else got
