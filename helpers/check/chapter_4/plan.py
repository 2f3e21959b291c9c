"""plan(devices, images, batch_size, learning_rate) gives images in a step, steps in an epoch, and the learning rate."""

from helpers.check.judge import exercise
from helpers.check.values import compare, number, numbers, parts


def _plan(devices, images=8250, batch_size=64, learning_rate=1e-2):
    return devices * batch_size, images // (devices * batch_size), devices * learning_rate


@exercise("What changes with the devices", ours=_plan)
def plan(answer) -> str:
    cases = [(3, 1100, 64, 0.01), (8, 8400, 32, 0.002), (1, 500, 50, 0.1), (2, 1050, 100, 0.01)]

    def three(result):
        names = "images in a step, steps in an epoch, learning rate"
        return [number(value, "Each of the three") for value in parts(result, names)]

    got, (devices, images, batch, rate) = numbers(
        answer, "devices images batch_size learning_rate", cases, read=three
    )
    images_in_step, steps, rates = got.T
    step, steps_in_epoch, scaled = _plan(devices, images, batch, rate)
    mistakes = {
        "That is the batch of one device: all of them take a step together.": batch,
        "Each device takes the whole batch_size: it is not shared out.": (batch / devices).floor(),
        "The images of all devices in a step come first, then the steps in an epoch.": (
            steps_in_epoch
        ),
    }
    compare("The images in a step for ", images_in_step, step, mistakes, cases)
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
    compare("The steps in an epoch for ", steps, steps_in_epoch, mistakes, cases)
    mistakes = {
        "By the linear rule it grows with the devices: yours stays.": rate,
        "By the linear rule it grows with the devices: yours shrinks.": rate / devices,
        "The rule is linear: yours grows with the square root.": rate * devices.sqrt(),
        "The rule multiplies by the devices, not by the images of a step.": rate * step,
    }
    compare("The learning rate for ", rates, scaled, mistakes, cases)
    return "more devices, fewer steps. Whether the network learns as much takes an experiment."
