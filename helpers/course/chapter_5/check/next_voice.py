"""next_voice(shares, t) gives low and high, the 95 % interval of one more voice's share."""

import torch

from helpers.course.judge import Solution, exercise

solution = Solution(
    """
def next_voice(shares, t):
    voices = shares.mean(1).logit()
    half = t * (voices.var() * (1 + 1 / len(voices))) ** 0.5
    return (voices.mean() - half).sigmoid(), (voices.mean() + half).sigmoid()
""",
    {
        " * (1 + 1 / len(voices))": {
            " * 1 / len(voices)": (
                "That is the interval of the mean: one more voice also differs from the mean."
            ),
            "": "The mean of so few voices is uncertain too: add its variance to that of a voice.",
        },
        ".mean(1)": {
            ".flatten()": (
                "Seeds of one voice are no new voices: first take the mean over seeds."
                " Yours counts each training as a voice."
            ),
            ".mean(0)": "Voices differ along the first axis: yours takes the spread between seeds.",
        },
        "(voices.var() * (1 + 1 / len(voices))) ** 0.5": {
            "(voices.std() + voices.std() / len(voices) ** 0.5)": (
                "Variances add up, standard deviations do not: add s² and s² / n, then take the"
                " root."
            ),
        },
        " ** 0.5": {"": "The root is missing: s² + s² / n is a variance."},
        "t * ": {"": "t is missing: with six voices, s itself is uncertain."},
        "(voices.mean() - half).sigmoid(), (voices.mean() + half).sigmoid()": {
            "(voices.mean() + half).sigmoid(), (voices.mean() - half).sigmoid()": (
                "Return the lowest first: yours are swapped."
            ),
            "voices.mean() - half, voices.mean() + half": (
                "sigmoid() takes both ends back to shares."
            ),
        },
        "half = t": {"half = 2 * t": "t s is half of the interval: yours is twice as wide."},
        "voices.var()": {
            "voices.var(correction=0)": (
                "s² of few voices is divided by n - 1, as var() does: yours by n."
            ),
        },
        ".logit()": {"": "Take the logit of each voice's mean: an interval of shares may pass 1."},
        "mean(1).logit()": {
            "logit().mean(1)": (
                "First take the mean over seeds, then its logit: yours does it the other way round."
            ),
        },
    },
)


@exercise("The next voice", ours=solution)
def next_voice(answer) -> str:
    cases = []
    for n_voices, n_seeds, t in ((6, 3, 2.571), (4, 2, 3.182)):
        logits = 1.5 + torch.randn(n_voices, 1) + 0.5 * torch.randn(n_voices, n_seeds)
        cases.append((logits.sigmoid(), t))
    labels = ["six voices", "four voices"]
    solution.compare_numbers("low, high", answer, cases, labels=labels)
    return "one voice is far less certain than the mean of all voices."
