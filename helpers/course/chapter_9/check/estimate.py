"""estimate(seq_length, batch_size, neurons, ...) gives bytes of a step, seconds of the training."""

from helpers.course.judge import Solution, exercise

CASES = [
    (40, 64, 32, 152, 4096, 3, 5e6),
    (10, 7, 2000, 90000, 5000, 10, 2e8),
    (5, 3, 11, 600, 900, 2, 3e4),
]
VOLTAGES = "seq_length * batch_size * neurons"
OF_WEIGHTS = "4 * weights"
FOUR_NUMBERS = (
    "A weight needs four numbers, as it has a gradient and Adam's two averages. Yours counts"
)
OFTEN = "The weights exist once: yours counts them"
BYTES = "4 * numbers"
UNIT = "Return bytes: yours are"
SECONDS = "work / speed"
solution = Solution(
    """
def estimate(seq_length, batch_size, neurons, weights, examples, epochs, speed):
    numbers = seq_length * batch_size * neurons + 4 * weights
    work = epochs * examples * seq_length * neurons
    return 4 * numbers, work / speed
""",
    {
        "Bytes come first, then seconds: yours are swapped.": (
            "4 * numbers, work / speed",
            "work / speed, 4 * numbers",
        ),
        "A voltage takes 4 bytes: yours counts one byte.": (BYTES, "numbers + 12 * weights"),
        "Only a weight needs four numbers. A voltage is one: yours counts four.": (
            f"{VOLTAGES} +",
            f"4 * {VOLTAGES} +",
        ),
        "The weights exist once, and need four numbers each: look at the brackets.": (
            f"neurons + {OF_WEIGHTS}",
            "(neurons + weights)",
        ),
        "Only voltages are counted: yours counts two numbers for each neuron.": (
            VOLTAGES,
            f"2 * {VOLTAGES}",
        ),
        "Voltages and weights are added: yours multiplies them.": ("+ 4 *", "* 4 *"),
        "The number of voltages is a product of three: yours is a sum.": (
            VOLTAGES,
            "seq_length + batch_size + neurons",
        ),
        f"{FOUR_NUMBERS} one.": (OF_WEIGHTS, "weights"),
        f"{FOUR_NUMBERS} only weight and gradient.": (OF_WEIGHTS, "2 * weights"),
        f"{FOUR_NUMBERS} three.": (OF_WEIGHTS, "3 * weights"),
        f"{FOUR_NUMBERS} five.": (OF_WEIGHTS, "5 * weights"),
        f"{OFTEN} at each time step.": (OF_WEIGHTS, "4 * weights * seq_length"),
        f"{OFTEN} for each example.": (OF_WEIGHTS, "4 * weights * batch_size"),
        f"{OFTEN} for each example and time step.": (
            OF_WEIGHTS,
            "4 * weights * batch_size * seq_length",
        ),
        "The weights are missing: four numbers for each.": (f" + {OF_WEIGHTS}", ""),
        "The voltages are missing.": (f"{VOLTAGES} + ", ""),
        "A voltage is kept at each time step: yours counts one step.": (
            "numbers = seq_length *",
            "numbers =",
        ),
        "A voltage is kept for each example of the batch: yours counts one.": (
            "batch_size * ",
            "",
        ),
        "A step holds one batch: yours counts all examples.": ("batch_size *", "examples *"),
        "You count numbers, not bytes: each number takes 4 bytes.": (BYTES, "numbers"),
        "A float32 has 32 bits, which are 4 bytes: yours counts bits.": (BYTES, "32 * numbers"),
        "A float32 has 32 bits, which are 4 bytes: yours counts 8 bytes.": (BYTES, "8 * numbers"),
        "One step is asked for: epochs plays no part.": (BYTES, "4 * epochs * numbers"),
        "Count voltages and weights alone: yours has a factor for what else a real step holds.": (
            BYTES,
            "14 * numbers",
        ),
        f"{UNIT} kB.": (BYTES, "4 * numbers / 1e3"),
        f"{UNIT} MB.": (BYTES, "4 * numbers / 1e6"),
        f"{UNIT} GB.": (BYTES, "4 * numbers / 1e9"),
        f"{UNIT} KiB.": (BYTES, "4 * numbers / 2**10"),
        f"{UNIT} MiB.": (BYTES, "4 * numbers / 2**20"),
        f"{UNIT} GiB.": (BYTES, "4 * numbers / 2**30"),
        "Upside down: more examples take longer.": (SECONDS, "speed / work"),
        "The seconds need not be a whole number: yours are rounded.": (SECONDS, "work // speed"),
        "Each epoch goes through all examples again: yours counts one epoch.": ("epochs * ", ""),
        "Each epoch goes through all examples: yours counts one example.": (" * examples", ""),
        "Each neuron counts: yours counts one per example.": ("* neurons\n", "\n"),
        "Each time step counts: yours counts one per example.": (
            "examples * seq_length",
            "examples",
        ),
        "speed is per second: divide by it.": (SECONDS, "work * speed"),
        "speed is missing: how much is trained in a second?": (SECONDS, "work"),
        "speed counts neurons and time steps of each example, whatever the batch.": (
            SECONDS,
            "work / speed / batch_size",
            "work / speed * batch_size",
        ),
        "The weights play no part: speed counts neurons and time steps.": (
            "seq_length * neurons",
            "seq_length * weights",
            "seq_length * (neurons + weights)",
        ),
        "Return seconds: yours are minutes.": (SECONDS, "work / speed / 60"),
        "Return seconds: yours are hours.": (SECONDS, "work / speed / 3600"),
    },
)


@exercise("Estimate memory and time", ours=solution)
def estimate(answer) -> str:
    solution.compare_numbers("bytes, seconds", answer, CASES)
    return "two lines of arithmetic. Only the speed has to be measured."
