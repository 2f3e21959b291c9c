"""average(gradients, counts) gives each weight's gradient of the mean loss over all images.

It takes a list of dicts, one per process, and the number of images of each process.
"""

import torch

from helpers.course.judge import Solution, call, exercise, expect, expect_type

MEAN = "sum(weighted) / total"

solution = Solution(
    """
def average(gradients, counts):
    total = sum(counts)
    mean = {}
    for name in gradients[0]:
        weighted = [n * own[name] for n, own in zip(counts, gradients)]
        mean[name] = sum(weighted) / total
    return mean
""",
    {
        MEAN: {
            "sum(own[name] for own in gradients) / len(gradients)": (
                "Yours is the plain mean: an image of a small part then counts more than the"
                " others."
            ),
            "sum(own[name] for own in gradients)": (
                "Yours is the plain sum: with more processes the step would get longer."
            ),
            "sum(own[name] / n for n, own in zip(counts, gradients))": (
                "The gradients are of mean losses: multiply by the counts, where yours divides."
            ),
            "sum(weighted[:2]) / sum(counts[:2])": (
                "Yours is the mean of two processes: there may be more."
            ),
            "gradients[0][name]": "Yours is the gradient of the first process alone.",
            "gradients[-1][name]": "Yours is the gradient of the last process alone.",
            (
                "weighted[-1] / total",
                "gradients[-1][name] / len(counts)",
            ): "Yours has the last process alone: add up all of them first.",
            (
                f"({MEAN}).mean()",
                f"({MEAN}).sum()",
            ): "The sum is over the processes: yours is over the weights too.",
            (
                "torch.stack(weighted) / total",
                "torch.stack([own[name] for own in gradients])",
            ): "The gradients of all processes are still there, side by side: add them up.",
        },
        " / total": {
            "": "Yours is the sum over all images: divide it by their number.",
            " / len(counts)": (
                "Divide by the number of all images: yours divides by the number of processes."
            ),
        },
    },
)


@exercise("Average the gradients", ours=solution)
def average(answer) -> str:
    shapes = {"conv.weight": (3, 2, 4), "out.weight": (5,)}
    # three unequal parts, two unequal ones, two equal ones
    cases = [
        ([{name: torch.randn(shape) for name, shape in shapes.items()} for _ in counts], counts)
        for counts in ([10, 20, 6], [24, 8], [16, 16])
    ]

    def run(function) -> list:
        """Return the gradient of each weight, in each case."""
        found = []
        for gradients, counts in cases:
            before = f"{gradients} {counts}"  # dicts of tensors cannot be compared by ==
            got = call(function, gradients=gradients, counts=counts)
            expect(
                f"{gradients} {counts}" == before,
                "Your function changes the gradients or the counts in place, as += does:"
                " the processes may still need the old ones.",
            )
            expect_type(got, dict, "The result is one dict, from names to gradients: yours is")
            expect(
                set(got) == set(shapes),
                f"The names should be {', '.join(shapes)}: yours are {', '.join(map(str, got))}.",
            )
            found += [got[name] for name in shapes]
        return found

    names = [f"The gradient of {name}" for name in shapes] * len(cases)
    solution.compare_all(names, answer, run)
    gradients, counts = cases[0]
    call(answer, gradients=gradients[:1], counts=counts[:1])  # one process alone
    return "one image counts as much as any other, whichever process has it."
