"""estimate(seq_length, batch_size, neurons, ...) gives bytes of a step, seconds of the training."""

from helpers.course.judge import Solution, exercise

CASES = [
    (40, 64, 32, 152, 4096, 3, 5e6),
    (10, 7, 2000, 90000, 5000, 10, 2e8),
]
VOLTAGES = "seq_length * batch_size * neurons"
FOUR_NUMBERS = (
    "A weight needs four numbers, as it has a gradient and Adam's two averages. Yours counts"
)
OFTEN = "The weights exist once: yours counts them"
UNIT = "Return bytes: yours are"
solution = Solution(
    """
def estimate(seq_length, batch_size, neurons, weights, examples, epochs, speed):
    numbers = seq_length * batch_size * neurons + 4 * weights
    work = epochs * examples * seq_length * neurons
    return 4 * numbers, work / speed
""",
    {
        "4 * numbers, work / speed": {
            "work / speed, 4 * numbers": "Bytes come first, then seconds: yours are swapped.",
        },
        "4 * numbers": {
            "numbers + 12 * weights": "A voltage takes 4 bytes: yours counts one byte.",
            "numbers": "You count numbers, not bytes: each number takes 4 bytes.",
            "32 * numbers": "A float32 has 32 bits, which are 4 bytes: yours counts bits.",
            "8 * numbers": "A float32 has 32 bits, which are 4 bytes: yours counts 8 bytes.",
            "4 * epochs * numbers": "One step is asked for: epochs plays no part.",
            "14 * numbers": (
                "Count voltages and weights alone: yours has a factor for what else a real step"
                " holds."
            ),
            "4 * numbers / 1e3": f"{UNIT} kB.",
            "4 * numbers / 1e6": f"{UNIT} MB.",
            "4 * numbers / 1e9": f"{UNIT} GB.",
            "4 * numbers / 2**10": f"{UNIT} KiB.",
            "4 * numbers / 2**20": f"{UNIT} MiB.",
            "4 * numbers / 2**30": f"{UNIT} GiB.",
        },
        "neurons + 4 * weights": {
            "(neurons + weights)": (
                "The weights exist once, and need four numbers each: look at the brackets."
            ),
        },
        VOLTAGES: {
            f"4 * {VOLTAGES}": (
                "Only a weight needs four numbers. A voltage is one: yours counts four."
            ),
            f"2 * {VOLTAGES}": (
                "Only voltages are counted: yours counts two numbers for each neuron."
            ),
            "seq_length + batch_size + neurons": (
                "The number of voltages is a product of three: yours is a sum."
            ),
            "0": "The voltages are missing.",
        },
        "4 * weights": {
            "weights": f"{FOUR_NUMBERS} one.",
            "2 * weights": f"{FOUR_NUMBERS} only weight and gradient.",
            "3 * weights": f"{FOUR_NUMBERS} three.",
            "5 * weights": f"{FOUR_NUMBERS} five.",
            "4 * weights * seq_length": f"{OFTEN} at each time step.",
            "4 * weights * batch_size": f"{OFTEN} for each example.",
            "4 * weights * batch_size * seq_length": f"{OFTEN} for each example and time step.",
        },
        " + 4 * weights": {
            "": "The weights are missing: four numbers for each.",
            " * 4 * weights": "Voltages and weights are added: yours multiplies them.",
        },
        "numbers = seq_length *": {
            "numbers =": "A voltage is kept at each time step: yours counts one step.",
        },
        "batch_size * ": {
            "": "A voltage is kept for each example of the batch: yours counts one.",
            "examples * ": "A step holds one batch: yours counts all examples.",
        },
        "work / speed": {
            "speed / work": "Upside down: more examples take longer.",
            "work // speed": "The seconds need not be a whole number: yours are rounded.",
            "work * speed": "speed is per second: divide by it.",
            "work": "speed is missing: how much is trained in a second?",
            (
                "work / speed / batch_size",
                "work / speed * batch_size",
            ): "speed counts neurons and time steps of each example, whatever the batch.",
            "work / speed / 60": "Return seconds: yours are minutes.",
            "work / speed / 3600": "Return seconds: yours are hours.",
        },
        "epochs * ": {"": "Each epoch goes through all examples again: yours counts one epoch."},
        " * examples": {"": "Each epoch goes through all examples: yours counts one example."},
        "* neurons\n": {"\n": "Each neuron counts: yours counts one per example."},
        "examples * seq_length": {
            "examples": "Each time step counts: yours counts one per example.",
        },
        "seq_length * neurons": {
            (
                "seq_length * weights",
                "seq_length * (neurons + weights)",
            ): "The weights play no part: speed counts neurons and time steps.",
        },
    },
)


@exercise("Estimate memory and time", ours=solution)
def estimate(answer) -> str:
    solution.compare_numbers("bytes, seconds", answer, CASES)
    return "two lines of arithmetic. Only the speed has to be measured."
