"""plan(devices, images, batch_size, learning_rate) gives three numbers for these devices.

They are the images in a step, the steps in an epoch, and the learning rate.
"""

from helpers.check.judge import exercise
from helpers.check.values import compare, number, numbers, parts


def _plan(devices, images=8250, batch_size=64, learning_rate=1e-2):
    images_in_step = devices * batch_size
    return images_in_step, images // images_in_step, devices * learning_rate


@exercise("What changes with the devices", ours=_plan)
def plan(answer) -> str:
    cases = [(3, 1100, 64, 0.01), (8, 8400, 32, 0.002), (1, 500, 50, 0.1), (2, 1050, 100, 0.01)]

    def three(result):
        names = "images in a step, steps in an epoch, learning rate"
        return [number(value, "Each of the three") for value in parts(result, names)]

    names = "devices images batch_size learning_rate"
    got, (devices, images, batch, rate) = numbers(answer, names, cases, read=three)
    step, steps, scaled_rate = _plan(devices, images, batch, rate)
    mistakes = {
        "That is the batch of one device: all of them take a step together.": batch,
        "Each device takes the whole batch_size: it is not shared out.": (batch / devices).floor(),
        "The images of all devices in a step come first, then the steps in an epoch.": steps,
    }
    compare("The images in a step for ", got[:, 0], step, mistakes, cases)
    mistakes = {
        "More images in a step are fewer steps: yours are as with one device.": (
            (images / batch).floor()
        ),
        "Steps are whole, and what does not fill a batch is left out: round down.": images / step,
        "What does not fill a batch is left out: yours counts it as a step.": (
            (images / step).ceil()
        ),
        "What does not fill a batch is left out: yours rounds to the nearest.": (
            (images / step).round()
        ),
        "More devices need fewer steps: yours need more.": (images / batch).floor() * devices,
        "Divide by all images of a step: look at the brackets.": (images / devices).floor() * batch,
    }
    compare("The steps in an epoch for ", got[:, 1], steps, mistakes, cases)
    mistakes = {
        "By the linear rule it grows with the devices: yours stays.": rate,
        "By the linear rule it grows with the devices: yours shrinks.": rate / devices,
        "The rule is linear: yours grows with the square root.": rate * devices.sqrt(),
        "The rule multiplies by the devices, not by the images of a step.": rate * step,
    }
    compare("The learning rate for ", got[:, 2], scaled_rate, mistakes, cases)
    return "more devices, fewer steps. Whether the network learns as much takes an experiment."
