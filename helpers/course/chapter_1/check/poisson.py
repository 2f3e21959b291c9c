"""poisson(p, seq_length) gives random spikes, 0 and 1, shaped (seq_length, *p.shape)."""

import torch

from helpers.course.judge import Solution, call, exercise, expect, expect_form, expect_spikes

solution = Solution(
    """
def poisson(p, seq_length):
    return (torch.rand(seq_length, *p.shape) < p).to(p.dtype)
""",
    {},
)


@exercise("Random spikes", ours=solution)
def poisson(answer) -> str:
    # each probability is there twice in an image
    shares = torch.linspace(0, 1, 8)
    p = shares.repeat(3, 1, 2).view(3, 2, 2, 4)
    z = call(answer, p=p, seq_length=800)
    z_again = call(answer, p=p, seq_length=800)
    expect_form("The result, (seq_length, *p.shape),", z, p.expand(800, 3, 2, 2, 4))
    expect_spikes(z)
    expect(
        (z != (p > 0.5)).any() or (z != z_again).any(),
        "Yours rounds: a pixel spikes always or never. Compare p with a random number.",
    )
    not_anew = "Chance should be drawn anew for each spike: yours is the same"
    even = call(answer, p=torch.full_like(p, 0.5), seq_length=400)
    parts = {
        "at every step": even[:1],
        "for all images of the batch": even[:, :1],
        "for all pixels of an image": even[..., :1, :1],
        "for all pixels of a row": even[..., :1],
        "for all pixels of a column": even[..., :1, :],
        "for all channels of an image": even[:, :, :1],
    }
    for where, part in parts.items():
        expect((even != part).any(), f"{not_anew} {where}.")
    expect((z != z_again).any(), f"{not_anew} in every call. Is there a fixed seed?")
    rate = z.view(4800, 8).mean(0)
    # six standard deviations of such a rate: none where p is 0 or 1
    tolerance = 6 * (shares * (1 - shares) / 4800).sqrt()
    expect(
        ((rate - (1 - shares)).abs() > tolerance).any(),
        "Bright pixels should spike most: yours spike least.",
    )
    excess, worst = ((rate - shares).abs() - tolerance).max(0)
    expect(
        excess <= 0,
        f"Pixels with p = {shares[worst]:.2f} should spike in that share of steps:"
        f" yours in {rate[worst]:.2f}.",
    )
    # How alike the steps are that lie 1, 2, 3, ... apart: by chance, 0.03 at most.
    powers = torch.fft.rfft(even - 0.5, dim=0).abs().square().flatten(1).mean(1)
    likeness = torch.fft.irfft(powers)
    expect(
        likeness[1:].abs().max() < 0.1 * likeness[0],
        "Each step has a chance of its own: in yours, the steps depend on each other.",
    )
    one = p[0, 0]  # which has no batch and no channels
    expect_form("For p shaped (2, 4), it", call(answer, p=one, seq_length=5), one.expand(5, 2, 4))
    return (
        "each pixel spikes at its own rate, and time comes first."
        " Brightness has become a spike rate: that is a rate code."
    )
