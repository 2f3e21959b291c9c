"""plan(devices, optimizer, images, batch_size, rate) gives three numbers for these devices.

They are the images in a step, the steps in an epoch, and the learning rate by the rule.
"""

from inspect import getfullargspec

import torch

from helpers.course.checks import compare, exercise, expect, results

CASES = [
    (3, "SGD", 1100, 64, 0.01),
    (8, "Adam", 8400, 32, 0.002),
    (1, "Adam", 500, 50, 0.1),
    (2, "SGD", 1050, 100, 0.01),
    (9, "Adam", 9000, 64, 0.01),
]


def _plan(devices, optimizer="Adam", images=8250, batch_size=64, rate=0.01):
    in_a_step = devices * batch_size
    factor = devices if optimizer == "SGD" else devices**0.5
    return in_a_step, images // in_a_step, factor * rate


@exercise("What changes with the devices", ours=_plan)
def plan(answer) -> str:
    got, (devices, optimizers, images, batch, rate) = results(
        answer,
        "devices optimizer images batch_size rate",
        CASES,
        of="images in a step, steps in an epoch, learning rate",
    )
    got_step, got_steps, got_rate = got.T
    is_sgd = torch.tensor([optimizer == "SGD" for optimizer in optimizers])
    step = devices * batch
    steps = images // step
    exact = images / step
    mistakes = {
        "That is the batch of one device: all of them take a step together.": batch,
        "Each device takes the whole batch_size: it is not shared out.": batch // devices,
        "The images of all devices in a step come first, then the steps in an epoch.": steps,
    }
    compare("The images in a step for ", got_step, step, mistakes, CASES)
    mistakes = {
        "More images in a step are fewer steps: yours are as with one device.": images // batch,
        "Steps are whole, and what does not fill a batch is left out: round down.": exact,
        "What does not fill a batch is left out: yours counts it as a step.": exact.ceil(),
        "What does not fill a batch is left out: yours rounds to the nearest.": exact.round(),
        "More devices need fewer steps: yours need more.": images // batch * devices,
        "Divide by all images of a step: look at the brackets.": images // devices * batch,
    }
    compare("The steps in an epoch for ", got_steps, steps, mistakes, CASES)
    linear = rate * devices
    root = rate * devices.sqrt()

    def learning_rate(sgd=linear, adam=root):
        return torch.where(is_sgd, sgd, adam)

    mistakes = {
        "The rate grows with the devices: yours stays.": rate,
        "The rate grows with the devices: yours shrinks.": rate / devices,
        "Yours is the linear rule for both: for Adam it is the square root.": {"adam": linear},
        "Yours is the square root for both: for SGD the rule is linear.": {"sgd": root},
        "The rules are the other way round: linear for SGD, the square root for Adam.": {
            "sgd": root,
            "adam": linear,
        },
        "The square root is of the number of devices alone: look at the brackets.": {
            "adam": linear.sqrt()
        },
        "Yours squares the number of devices: the root is devices**0.5.": {
            "adam": rate * devices**2
        },
        "The rules multiply by the devices, not by the images of a step.": {
            "sgd": rate * step,
            "adam": [rate * step, rate * step.sqrt()],
        },
    }
    compare("The learning rate for ", got_rate, learning_rate, mistakes, CASES)
    expect(
        getfullargspec(answer).defaults == _plan.__defaults__,
        "Keep the first line as it is: without an optimiser it is Adam, with a rate of 0.01, and"
        " there are 8250 images in batches of 64.",
    )
    return "more devices, fewer steps. Whether the network learns as much takes an experiment."
