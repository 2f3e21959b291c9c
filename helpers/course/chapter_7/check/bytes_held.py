"""bytes_held(n, seq_length, batch, processes) gives the bytes of a process: copied, split."""

from helpers.course.judge import Solution, exercise

CASES = [(1000, 100, 6, 4), (4999, 200, 1, 3), (300, 1000, 8, 8)]
FOUR_MATRICES = "Beside R there are its gradient and two averages, four matrices in all: yours has"
ONE_COLUMN = "R has n columns in each row: yours has one number for each neuron."
ONE_STEP = "The voltages of all steps are kept: yours keeps one step."
NO_VOLTAGES = "The voltages are missing."
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
        "16 * n * n": {
            "4 * n * n": f"{FOUR_MATRICES} one.",
            "8 * n * n": f"{FOUR_MATRICES} two.",
            "12 * n * n": f"{FOUR_MATRICES} three.",
            "16 * n": ONE_COLUMN,
            (
                "16 * rows * n",
                "16 * n / processes * n",
            ): "A copy has all of R: yours has a part of its rows.",
        },
        "16 * rows * n": {
            "4 * rows * n": f"{FOUR_MATRICES} one.",
            "8 * rows * n": f"{FOUR_MATRICES} two.",
            "12 * rows * n": f"{FOUR_MATRICES} three.",
            "16 * rows": ONE_COLUMN,
            "16 * rows * rows": (
                "A neuron receives from all others, so its row of R is whole: yours has a part."
            ),
            "16 * n * n": "A part of the network has n / processes rows of R: yours has all.",
        },
        "copied, split": {
            ("copied / 4, split", "copied, split / 4"): "A number takes 4 bytes: yours takes 1.",
            ("2 * copied, split", "copied, 2 * split"): "A number takes 4 bytes: yours takes 8.",
            "split, copied": "The copy comes first, then the part: yours are swapped.",
        },
        "seq_length * examples * n": {
            "examples * n": ONE_STEP,
            "0": NO_VOLTAGES,
            "seq_length * batch * n": "A copy works on its part of the batch: yours on all of it.",
            "seq_length * examples * rows": (
                "A copy has all neurons: yours keeps the voltages of a part."
            ),
        },
        "seq_length * batch * rows": {
            "batch * rows": ONE_STEP,
            "0": NO_VOLTAGES,
            "seq_length * examples * rows": (
                "All processes work on all examples: yours on a part of the batch."
            ),
            "seq_length * batch * n": (
                "A process keeps the voltages of its own neurons: yours keeps all."
            ),
        },
        "math.ceil(batch / processes)": {
            (
                "batch / processes",
                "batch // processes",
                "round(batch / processes)",
            ): "A process has whole examples, and at least one: round up.",
        },
        "math.ceil(n / processes)": {
            (
                "n / processes",
                "n // processes",
                "round(n / processes)",
            ): "Neurons are whole: round their number up.",
        },
    },
)


@exercise("What a process holds", ours=solution)
def bytes_held(answer) -> str:
    solution.compare_numbers("bytes of a copy, bytes of a part", answer, CASES)
    return "only the split makes R smaller, and with a batch of one a copy saves nothing at all."
