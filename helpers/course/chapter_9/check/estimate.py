"""estimate(seq_length, batch_size, neurons, ...) gives bytes of a step, seconds of the training."""

from helpers.course.chapter_9.project_plan import estimate as right_estimate
from helpers.course.checks import compare, exercise, results


@exercise("Estimate memory and time", ours=right_estimate)
def estimate(answer) -> str:
    cases = [
        (40, 64, 32, 152, 4096, 3, 5e6),
        (10, 7, 2000, 90000, 5000, 10, 2e8),
        (5, 3, 11, 600, 900, 2, 3e4),
    ]
    got, (t, b, n, w, examples, epochs, speed) = results(
        answer,
        "seq_length batch_size neurons weights examples epochs speed",
        cases,
        of="bytes, seconds",
    )

    def memory(size=4, t=t, b=b, n=n, w=w, each=4):
        return size * (t * b * n + each * w)

    def time(examples=examples, epochs=epochs, t=t, n=n, speed=speed):
        return epochs * examples * t * n / speed

    n_bytes, seconds = got.T
    mistakes = {
        "Bytes come first, then seconds: yours are swapped.": time(),
        "A voltage takes 4 bytes: yours counts one byte.": t * b * n + 16 * w,
        "Only a weight needs four numbers. A voltage is one: yours counts four.": (
            16 * (t * b * n + w)
        ),
        "The weights exist once, and need four numbers each: look at the brackets.": (
            4 * t * b * (n + w)
        ),
        "Only voltages are counted: yours counts two numbers for each neuron.": memory(n=2 * n),
        "Voltages and weights are added: yours multiplies them.": 16 * t * b * n * w,
        "The number of voltages is a product of three: yours is a sum.": 4 * (t + b + n + 4 * w),
        (
            "A weight needs four numbers,"
            " as it has a gradient and Adam's two averages. Yours counts {}."
        ): {"each": {"one": 1, "only weight and gradient": 2, "three": 3, "five": 5}},
        "The weights exist once: yours counts them {}.": {
            "w": {
                "at each time step": w * t,
                "for each example": w * b,
                "for each example and time step": w * b * t,
            }
        },
        "The weights are missing: four numbers for each.": {"w": 0},
        "The voltages are missing.": {"n": 0},
        "A voltage is kept at each time step: yours counts one step.": {"t": 1},
        "A voltage is kept for each example of the batch: yours counts one.": {"b": 1},
        "A step holds one batch: yours counts all examples.": {"b": examples},
        "You count numbers, not bytes: each number takes 4 bytes.": {"size": 1},
        "A float32 has 32 bits, which are 4 bytes: yours counts {}.": {
            "size": {"bits": 32, "8 bytes": 8}
        },
        "One step is asked for: epochs plays no part.": {"size": 4 * epochs},
        "Count voltages and weights alone: yours has a factor for what else a real step holds.": {
            "size": 14
        },
        "Return bytes: yours are {}.": {
            "size": {
                "kB": 4 / 1e3,
                "MB": 4 / 1e6,
                "GB": 4 / 1e9,
                "KiB": 4 / 2**10,
                "MiB": 4 / 2**20,
                "GiB": 4 / 2**30,
            }
        },
    }
    compare("The memory for ", n_bytes, memory, mistakes, cases)
    mistakes = {
        "Upside down: more examples take longer.": 1 / time(),
        "The seconds need not be a whole number: yours are rounded.": time().floor(),
        "Each epoch goes through all examples again: yours counts one epoch.": {"epochs": 1},
        "Each epoch goes through all examples: yours counts one example.": {"examples": 1},
        "Each neuron counts: yours counts one per example.": {"n": 1},
        "Each time step counts: yours counts one per example.": {"t": 1},
        "speed is per second: divide by it.": {"speed": 1 / speed},
        "speed is missing: how much is trained in a second?": {"speed": 1},
        "speed counts neurons and time steps of each example, whatever the batch.": {
            "speed": [speed * b, speed / b]
        },
        "The weights play no part: speed counts neurons and time steps.": {"n": [w, n + w]},
        "Return seconds: yours are {}.": {"speed": {"minutes": 60 * speed, "hours": 3600 * speed}},
    }
    compare("The time for ", seconds, time, mistakes, cases)
    return "two lines of arithmetic. Only the speed has to be measured."
