"""silent_share(z) gives the share of neurons that never spike."""

import torch

from helpers.course.checks import call, compare_all, exercise, number


def _silent_share(z, axes=(0, 1)):
    return (z.sum(dim=axes) == 0).float().mean()


@exercise("Silent neurons", ours=_silent_share)
def silent_share(answer) -> str:
    cases = []
    for shape in ((7, 3, 2, 20), (6, 4, 30)):
        hears = torch.rand(shape[1:]) < 0.5  # each image is heard by half of the neurons
        z = ((torch.rand(shape) < 0.4) & hears).float()
        right = _silent_share(z)
        n_neurons = z[0, 0].numel()
        behind = range(2, z.dim())  # the axes of neurons
        mistakes = {
            "Never means for no image: yours counts each image of a neuron by itself.": (
                _silent_share(z, 0)
            ),
            "Never means in no step: yours counts each step of a neuron by itself.": (
                _silent_share(z, 1)
            ),
            "That is the share of zeros in z: a neuron that spikes seldom is not silent.": (
                1 - z.mean()
            ),
            "That is their number: divide it by the number of all neurons.": n_neurons * right,
            "That is the share of the neurons that spike.": 1 - right,
            "That is in percent: a share is between 0 and 1.": 100 * right,
            "Each place in a channel is a neuron: yours takes a channel for one.": (
                _silent_share(z, (0, 1, *behind[1:]))
            ),
            "Yours asks for steps or images without a spike: neurons are the axes behind them.": [
                _silent_share(z, (axis, *behind)) for axis in (0, 1)
            ],
            "That is the mean rate: which neurons take no part in it?": z.mean(),
        }
        got = torch.tensor(number(call(answer, z=z), "The share"))
        cases.append(("The share", got, right, mistakes))
    compare_all(cases)
    return "a mean rate hides them. They may have a weak input, or none."
