"""next_voice(shares, t) gives low and high, the 95 % interval of what one more voice will get."""

import torch

from helpers.course.judge import Solution, exercise

SPREAD = "(voices.var() * (1 + 1 / len(voices))) ** 0.5"
ENDS = "voices.mean() - half, voices.mean() + half"
solution = Solution(
    """
def next_voice(shares, t):
    voices = shares.mean(1)
    half = t * (voices.var() * (1 + 1 / len(voices))) ** 0.5
    return voices.mean() - half, voices.mean() + half
""",
    {
        "That is the interval of the mean: one more voice also differs from the mean.": (
            "(1 + 1 / len(voices))",
            "1 / len(voices)",
        ),
        "The mean of so few voices is uncertain too: add its variance to that of a voice.": (
            " * (1 + 1 / len(voices))",
            "",
        ),
        (
            "Seeds of one voice are no new voices: first take the mean over seeds."
            " Yours counts each training as a voice."
        ): (".mean(1)", ".flatten()"),
        "Voices differ along the first axis: yours takes the spread between seeds.": (
            "mean(1)",
            "mean(0)",
        ),
        "Variances add up, standard deviations do not: add s² and s² / n, then take the root.": (
            SPREAD,
            "(voices.std() + voices.std() / len(voices) ** 0.5)",
        ),
        "The root is missing: s² + s² / n is a variance.": (" ** 0.5", ""),
        "t is missing: with six voices, s itself is uncertain.": ("t * ", ""),
        "Return the lowest first: yours are swapped.": (
            ENDS,
            "voices.mean() + half, voices.mean() - half",
        ),
        "t s is half of the interval: yours is twice as wide.": ("half = t", "half = 2 * t"),
        "s² of few voices is divided by n - 1, as var() does: yours by n.": (
            "voices.var()",
            "voices.var(correction=0)",
        ),
        "A share is 1 at most, but this interval may be wider: leave its ends as they are.": (
            ENDS,
            "(voices.mean() - half).clamp(0, 1), (voices.mean() + half).clamp(0, 1)",
        ),
        "Return both ends of the interval: yours are its middle and half of its width.": (
            ENDS,
            "voices.mean(), half",
        ),
    },
)


@exercise("The next voice", ours=solution)
def next_voice(answer) -> str:
    cases = []
    for n_voices, n_seeds, t in ((6, 3, 2.571), (4, 2, 3.182)):
        voices = 0.8 + 0.1 * torch.randn(n_voices, 1)
        cases.append((voices + 0.02 * torch.randn(n_voices, n_seeds), t))
    labels = ["six voices", "four voices"]
    solution.compare_numbers("low, high", answer, cases, labels=labels)
    return "one voice is far less certain than the mean of all voices."
