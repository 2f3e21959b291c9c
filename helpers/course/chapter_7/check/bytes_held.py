"""bytes_held(n, seq_length, batch, processes) gives the bytes of a process: copied, split."""

from functools import partial

from helpers.course.checks import compare, exercise, results

CASES = [(1000, 100, 6, 4), (5000, 200, 1, 3), (300, 1000, 8, 8), (4096, 10, 5, 2)]


def _bytes_held(n, seq_length, batch, processes):
    examples = -(-batch // processes)
    rows = -(-n // processes)
    copied = 16 * n * n + 4 * seq_length * examples * n
    return copied, 16 * rows * n + 4 * seq_length * batch * rows


@exercise("What a process holds", ours=_bytes_held)
def bytes_held(answer) -> str:
    got, (n, steps, batch, processes) = results(
        answer, "n seq_length batch processes", CASES, of="bytes of a copy, bytes of a part"
    )
    own_batch = (batch / processes).ceil()
    own_n = (n / processes).ceil()

    def held(size=4, matrices=4, rows=n, columns=n, steps=steps, examples=batch, neurons=n):
        return size * (matrices * rows * columns + steps * examples * neurons)

    copy = partial(held, examples=own_batch)
    part = partial(held, rows=own_n, neurons=own_n)
    swapped = "The copy comes first, then the part: yours are swapped."

    shared = {
        "Beside R there are its gradient and two averages, four matrices in all: yours has {}.": {
            "matrices": {"one": 1, "two": 2, "three": 3}
        },
        "A number takes 4 bytes: yours takes {}.": {"size": {"1": 1, "8": 8}},
        "The voltages of all steps are kept: yours keeps one step.": {"steps": 1},
        "The voltages are missing.": {"steps": 0},
        "R has n columns in each row: yours has one number for each neuron.": {"columns": 1},
    }
    of_copy = shared | {
        swapped: part(),
        "A copy works on its part of the batch: yours on all of it.": {"examples": batch},
        "A process has whole examples, and at least one: round up.": {
            "examples": [batch / processes, batch // processes]
        },
        "A copy has all of R: yours has a part of its rows.": {"rows": [own_n, n / processes]},
        "A copy has all neurons: yours keeps the voltages of a part.": {"neurons": own_n},
    }
    of_part = shared | {
        swapped: copy(),
        "Neurons are whole: round their number up.": [
            part(rows=rows, neurons=rows) for rows in (n / processes, n // processes)
        ],
        "A neuron hears all others, so its row of R is whole: yours has a part.": {
            "columns": own_n
        },
        "A part of the network has n / processes rows of R: yours has all.": {"rows": n},
        "All processes work on all examples: yours on a part of the batch.": {
            "examples": own_batch
        },
        "A process keeps the voltages of its own neurons: yours keeps all.": {"neurons": n},
    }
    copied, split = got.T
    compare("A copy's bytes for ", copied, copy, of_copy, CASES)
    compare("A part's bytes for ", split, part, of_part, CASES)
    return "only the split makes R smaller, and with a batch of one a copy saves nothing at all."
