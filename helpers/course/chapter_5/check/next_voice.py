"""next_voice(shares, t) gives low and high, the 95 % interval of what one more voice will get."""

from functools import partial

import torch

from helpers.course.checks import call, compare_all, exercise, numbers


def _around(mean, half):
    return torch.stack([mean - half, mean + half])


def _next_voice(shares, t):
    voices = shares.mean(1)
    half = t * (voices.var() * (1 + 1 / len(voices))) ** 0.5
    return _around(voices.mean(), half)


@exercise("The next voice", ours=_next_voice)
def next_voice(answer) -> str:
    cases = []
    for n_voices, n_seeds, t in ((6, 3, 2.571), (4, 2, 3.182)):
        voices = 0.8 + 0.1 * torch.randn(n_voices, 1)
        shares = voices + 0.02 * torch.randn(n_voices, n_seeds)
        got = numbers(call(answer, shares=shares, t=t), "low, high")
        mean = shares.mean()
        s = shares.mean(1).std()
        half = t * s * (1 + 1 / n_voices) ** 0.5
        around = partial(_around, mean)
        mistakes = {
            "That is the interval of the mean: one more voice also differs from the mean.": (
                around(t * s / n_voices**0.5)
            ),
            "The mean of so few voices is uncertain too: add its variance to that of a voice.": (
                around(t * s)
            ),
            (
                "Seeds of one voice are no new voices: first take the mean over seeds."
                " Yours counts each training as a voice."
            ): _next_voice(shares.reshape(-1, 1), t),
            "Voices differ along the first axis: yours takes the spread between seeds.": (
                _next_voice(shares.T, t)
            ),
            (
                "Variances add up, standard deviations do not:"
                " add s² and s² / n, then take the root."
            ): around(t * (s + s / n_voices**0.5)),
            "The root is missing: s² + s² / n is a variance.": around(half**2 / t),
            "t is missing: with six voices, s itself is uncertain.": around(half / t),
            "Return the lowest first: yours are swapped.": around(-half),
            "t s is half of the interval: yours is twice as wide.": around(2 * half),
            "Return both ends of the interval: yours are its middle and half of its width.": (
                torch.stack([mean, half])
            ),
        }
        cases.append(("", torch.tensor(got), _next_voice(shares, t), mistakes))
    compare_all(cases, labels=["low", "high"])
    return "one voice is far less certain than the mean of all voices."
