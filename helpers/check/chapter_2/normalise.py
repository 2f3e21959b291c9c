"""normalise(pixels) gives bytes as floats with mean 0 and deviation 1 over the data set."""

import torch

from helpers.check.judge import call, exercise
from helpers.check.values import compare
from helpers.digits import PIXELS

MEAN, STD = PIXELS["MNIST"]


@exercise("Normalise a batch", ours=PIXELS["MNIST"].normalise)
def normalise(answer) -> str:
    # no pixel is black, none fully bright
    images = torch.randint(3, 240, (3, 1, 28, 28), dtype=torch.uint8)
    x = images / 255
    mistakes = {
        "The mean and deviation are those of pixels between 0 and 1: yours are 0 to 255.": (
            (images - MEAN) / STD
        ),
        "The mean is that of pixels between 0 and 1: look at the order.": (
            (images - MEAN) / 255 / STD
        ),
        "The deviation should become 1: yours stays as it was.": x - MEAN,
        "The deviation should become 1: yours gets smaller still.": (x - MEAN) * STD,
        "The mean should become 0: yours is not subtracted.": x / STD,
        "Subtract the mean before you divide by the deviation.": x / STD - MEAN,
        "Division comes before subtraction: look at the brackets.": x - MEAN / STD,
        "The mean is 0.1307 and the deviation 0.3081: yours are the other way round.": (
            (x - STD) / MEAN
        ),
        "The brightest byte is 255: that should become 1 before the mean is subtracted.": (
            (images / 256 - MEAN) / STD
        ),
        "Whole numbers cannot be between 0 and 1: yours are rounded down.": (
            (images // 255 - MEAN) / STD
        ),
        "That changes with the batch: take the mean and deviation of the whole data set.": (
            (x - x.mean()) / x.std()
        ),
    }
    got = call(answer, pixels=images)
    compare("The result", got, PIXELS["MNIST"].normalise(images), mistakes, pixels=images)
    return (
        "a pixel of full brightness is 2.8 now."
        " That is well above the threshold, so neurons that see it spike."
    )
