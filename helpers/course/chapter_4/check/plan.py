"""plan(devices, optimizer, images, batch_size, rate) gives three numbers for these devices.

They are the images in a step, the steps in an epoch, and the learning rate by the rule.
"""

from helpers.course.judge import Solution, exercise

STEPS = "images // in_a_step"
FIRST_LINE = 'optimizer="Adam", images=8250'

solution = Solution(
    """
def plan(devices, optimizer="Adam", images=8250, batch_size=64, rate=0.01):
    in_a_step = devices * batch_size
    factor = devices if optimizer == "SGD" else devices**0.5
    return in_a_step, images // in_a_step, factor * rate
""",
    {
        FIRST_LINE: {
            (
                FIRST_LINE.replace("Adam", "SGD"),
                FIRST_LINE.replace("8250", "60000"),
            ): (
                "Keep the first line as it is: without an optimiser it is Adam, with a rate of"
                " 0.01, and there are 8250 images in batches of 64."
            ),
        },
        "return in_a_step": {
            "return batch_size": (
                "That is the batch of one device: all of them take a step together."
            ),
            "return batch_size // devices": (
                "Each device takes the whole batch_size: it is not shared out."
            ),
        },
        f"in_a_step, {STEPS}": {
            f"{STEPS}, in_a_step": (
                "The images of all devices in a step come first, then the steps in an epoch."
            ),
        },
        STEPS: {
            "images // batch_size": (
                "More images in a step are fewer steps: yours are as with one device."
            ),
            "math.ceil(images / in_a_step)": (
                "What does not fill a batch is left out: yours counts it as a step."
            ),
            "round(images / in_a_step)": (
                "What does not fill a batch is left out: yours rounds to the nearest."
            ),
            "images // batch_size * devices": "More devices need fewer steps: yours need more.",
            "images // devices * batch_size": (
                "Divide by all images of a step: look at the brackets."
            ),
        },
        "//": {"/": "Steps are whole, and what does not fill a batch is left out: round down."},
        "factor * rate": {
            "rate": "The rate grows with the devices: yours stays.",
            "rate / devices": "The rate grows with the devices: yours shrinks.",
            'devices * rate if optimizer == "SGD" else (devices * rate) ** 0.5': (
                "The square root is of the number of devices alone: look at the brackets."
            ),
        },
        'devices if optimizer == "SGD" else devices**0.5': {
            "devices": "Yours is the linear rule for both: for Adam it is the square root.",
            "devices**0.5": "Yours is the square root for both: for SGD the rule is linear.",
            (
                "in_a_step",
                'in_a_step if optimizer == "SGD" else in_a_step**0.5',
            ): "The rules multiply by the devices, not by the images of a step.",
        },
        "==": {
            "!=": "The rules are the other way round: linear for SGD, the square root for Adam.",
        },
        "0.5": {"2": "Yours squares the number of devices: the root is devices**0.5."},
    },
)


@exercise("What changes with the devices", ours=solution)
def plan(answer) -> str:
    cases = [
        (3, "SGD", 1100, 64, 0.01),
        (8, "Adam", 8400, 32, 0.002),
        (1, "Adam", 500, 50, 0.1),
        (2, "SGD", 1050, 100, 0.01),
        (3,),
    ]
    solution.compare_numbers("images in a step, steps in an epoch, learning rate", answer, cases)
    return "more devices, fewer steps. Whether the network learns as much takes an experiment."
