"""bytes_held(n, seq_length, batch, processes) gives the bytes of a process: copied, split."""

from helpers.course.judge import Solution, exercise

CASES = [(1000, 100, 6, 4), (5000, 200, 1, 3), (300, 1000, 8, 8), (4096, 10, 5, 2)]
BOTH = "copied, split"
FOUR_MATRICES = "Beside R there are its gradient and two averages, four matrices in all: yours has"
solution = Solution(
    """
def bytes_held(n, seq_length, batch, processes):
    examples = math.ceil(batch / processes)
    rows = math.ceil(n / processes)
    copied = 16 * n * n + 4 * seq_length * examples * n
    split = 16 * rows * n + 4 * seq_length * batch * rows
    return copied, split
""",
    {
        f"{FOUR_MATRICES} one.": [("16 * n", "4 * n"), ("16 * rows", "4 * rows")],
        f"{FOUR_MATRICES} two.": [("16 * n", "8 * n"), ("16 * rows", "8 * rows")],
        f"{FOUR_MATRICES} three.": [("16 * n", "12 * n"), ("16 * rows", "12 * rows")],
        "A number takes 4 bytes: yours takes 1.": (BOTH, "copied / 4, split", "copied, split / 4"),
        "A number takes 4 bytes: yours takes 8.": (BOTH, "2 * copied, split", "copied, 2 * split"),
        "The voltages of all steps are kept: yours keeps one step.": [
            (" * seq_length * examples", " * examples"),
            (" * seq_length * batch", " * batch"),
        ],
        "The voltages are missing.": [
            (" + 4 * seq_length * examples * n", ""),
            (" + 4 * seq_length * batch * rows", ""),
        ],
        "R has n columns in each row: yours has one number for each neuron.": [
            ("16 * n * n", "16 * n"),
            ("16 * rows * n", "16 * rows"),
        ],
        "The copy comes first, then the part: yours are swapped.": (BOTH, "split, copied"),
        "A copy works on its part of the batch: yours on all of it.": ("examples * n", "batch * n"),
        "A process has whole examples, and at least one: round up.": (
            "math.ceil(batch / processes)",
            "batch / processes",
            "batch // processes",
        ),
        "A copy has all of R: yours has a part of its rows.": (
            "16 * n * n",
            "16 * rows * n",
            "16 * n / processes * n",
        ),
        "A copy has all neurons: yours keeps the voltages of a part.": (
            "examples * n",
            "examples * rows",
        ),
        "Neurons are whole: round their number up.": (
            "math.ceil(n / processes)",
            "n / processes",
            "n // processes",
        ),
        "A neuron receives from all others, so its row of R is whole: yours has a part.": (
            "rows * n",
            "rows * rows",
        ),
        "A part of the network has n / processes rows of R: yours has all.": ("rows * n", "n * n"),
        "All processes work on all examples: yours on a part of the batch.": (
            "batch * rows",
            "examples * rows",
        ),
        "A process keeps the voltages of its own neurons: yours keeps all.": (
            "batch * rows",
            "batch * n",
        ),
    },
)


@exercise("What a process holds", ours=solution)
def bytes_held(answer) -> str:
    solution.compare_numbers("bytes of a copy, bytes of a part", answer, CASES)
    return "only the split makes R smaller, and with a batch of one a copy saves nothing at all."
