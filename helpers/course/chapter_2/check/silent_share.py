"""silent_share(z) gives the share of neurons that never spike."""

import torch

from helpers.course.checks import call, compare_all, exercise, number


def _share(spikes_of_each):
    return (spikes_of_each == 0).float().mean()


@exercise("Silent neurons", ours=lambda z: (z.sum(dim=(0, 1)) == 0).float().mean())
def silent_share(answer) -> str:
    cases = []
    for shape in ((7, 3, 2, 20), (6, 4, 30)):
        can_spike = (torch.rand(shape[2:]) < 0.7) & (torch.rand(shape[1:]) < 0.5)
        z = ((torch.rand(shape) < 0.4) & can_spike).float()
        right = _share(z.sum((0, 1)))
        mistakes = {
            "Never means for no image: yours counts each image of a neuron by itself.": (
                _share(z.sum(0))
            ),
            "Never means in no step: yours counts each step of a neuron by itself.": (
                _share(z.sum(1))
            ),
            "That is the share of zeros in z: a neuron that spikes seldom is not silent.": _share(
                z
            ),
            "That is their number: divide it by the number of all neurons.": z[0, 0].numel()
            * right,
            "That is the share of the neurons that spike.": 1 - right,
            "That is in percent: a share is between 0 and 1.": 100 * right,
            "Each place in a channel is a neuron: yours takes a channel for one.": (
                _share(z.sum((0, 1, *range(3, z.dim()))))
            ),
            "Yours asks for steps or images without a spike: neurons are the axes behind them.": [
                _share(z.flatten(1).sum(1)),
                _share(z.movedim(1, 0).flatten(1).sum(1)),
            ],
            "That is for the first image alone.": _share(z[:, 0].sum(0)),
            "That is for the first step alone.": _share(z[0].sum(0)),
            "That is the mean rate: which neurons take no part in it?": z.mean(),
        }
        got = torch.tensor(number(call(answer, z=z), "The share"))
        cases.append(("The share", got, right, mistakes))
    compare_all(cases)
    return "a mean rate hides them. They may have a weak input, or none."
