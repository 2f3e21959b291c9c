"""saved_bytes(seq_length, batch_size, neurons) gives the bytes kept for a layer's backward pass."""

from helpers.check.judge import exercise
from helpers.check.values import BYTES, compare, numbers, variations


def _saved_bytes(seq_length, batch_size, neurons):
    return 4 * seq_length * batch_size * neurons


@exercise("Memory for the backward pass", ours=_saved_bytes)
def saved_bytes(answer) -> str:
    sizes = [(16, 32, 500), (8, 3, 11520), (5, 64, 10)]
    got, (t, batch, neurons) = numbers(answer, "seq_length batch_size neurons", sizes)

    def saved(size=4, t=t, batch=batch, neurons=neurons):
        return size * t * batch * neurons

    wrong_steps = {"takes one": 1, "leaves one out": t - 1, "adds one": t + 1}
    sums = [t + batch + neurons, t * (batch + neurons), t + batch * neurons]
    sums += [4 * values for values in sums]
    mistakes = {
        "The number of voltages is a product of the three: yours adds.": sums,
        "That is the number of values: each takes 4 bytes.": dict(size=1),
        "A float32 has 32 bits, which are 4 bytes: yours counts bits.": dict(size=32),
        "The voltage alone is kept, in 4 bytes: yours counts {}.": dict(
            size={f"{n}": n for n in (0.5, 2, 8, 12, 16)}
        ),
        "Multiply by 4 bytes: yours divides.": dict(size=1 / 4),
        "That is in {}: bytes are asked for.": dict(
            size={unit: 4 / size for unit, size in BYTES.items()}
        ),
        "A voltage is kept for each time step: yours {}.": dict(t=wrong_steps),
        "A voltage is kept for each image: yours {}.": dict(
            batch={"takes one": 1, "divides": 1 / batch}
        ),
        "A voltage is kept for each neuron: yours {}.": dict(
            neurons={"takes one": 1, "counts it twice": neurons**2}
        ),
    }
    compare("saved_bytes", got, saved(), variations(saved, mistakes), sizes)
    return "it grows with seq_length, though the network does not."
