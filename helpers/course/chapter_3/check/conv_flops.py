"""conv_flops(in_channels, out_channels, kernel, size) gives the operations per image."""

from helpers.course.judge import Solution, exercise

RESULT = "2 * outputs * in_channels * kernel * kernel"

solution = Solution(
    """
def conv_flops(in_channels, out_channels, kernel, size):
    outputs = out_channels * size * size
    return 2 * outputs * in_channels * kernel * kernel
""",
    {
        RESULT: {
            (
                "outputs",
                "2 * outputs",
            ): "That is the number of outputs. How many operations does each of them take?",
            (
                f"{RESULT} + outputs",
                f"{RESULT} + 2 * outputs",
            ): "The bias is left out: yours counts it.",
            f"{RESULT} - outputs": (
                "Each term is two operations, the first one too: yours leaves one addition out."
            ),
            (
                "in_channels * kernel**2 + outputs",
                "in_channels * kernel**2 + 2 * outputs",
                "2 * in_channels * kernel**2 + outputs",
                "2 * in_channels * kernel**2 + 2 * outputs",
                "2 * (in_channels + out_channels) * kernel**2 * size**2",
                "2 * outputs * (in_channels + kernel**2)",
            ): "Multiply the numbers of channels, weights and pixels: yours adds some of them.",
            "2 * out_channels * (size ^ 2) * in_channels * (kernel ^ 2)": (
                "^ is no power in Python: that is **."
            ),
        },
        "2 * ": {
            "": "Each term is one multiplication and one addition: yours counts one operation.",
            **{
                f"{n} * ": (
                    "Each term is one multiplication and one addition:"
                    f" yours counts {n} operations."
                )
                for n in (3, 4, 6, 16, 32)
            },
            "2e-6 * ": "That is in millions: operations are asked for.",
            "2e-9 * ": "That is in billions: operations are asked for.",
        },
        "* in_channels ": {"": "The sum goes over all input channels: yours takes one."},
        "in_channels *": {
            "in_channels**2 *": "The sum goes over all input channels: yours counts them twice.",
        },
        "out_channels * ": {
            "": "There are out_channels maps: yours counts one.",
            "in_channels * ": "There are out_channels maps: yours takes the input channels.",
        },
        "kernel * kernel": {
            (
                "1",
                "kernel",
                "2 * kernel",
                "kernel**4",
            ): "The kernel has kernel * kernel weights: look at kernel.",
        },
        "size * size": {
            (
                "1",
                "size",
                "2 * size",
                "size**4",
            ): "The output has size * size pixels: look at size.",
            (
                "(size - kernel + 1) ** 2",
                "(size + kernel - 1) ** 2",
                "(size - kernel) ** 2",
                "(size // kernel) ** 2",
            ): "size is that of the output already: the kernel does not change it.",
        },
    },
)


@exercise("Operations of a convolution", ours=solution)
def conv_flops(answer) -> str:
    first = (1, 20, 5, 24)
    second = (20, 50, 5, 8)
    solution.compare_numbers("conv_flops", answer, [first, second, (3, 7, 2, 11)])
    return (
        f"{solution(*second) / 1e6:.1f} MFLOP for the second convolution of our network,"
        f" {solution(*first) / 1e6:.1f} for the first."
    )
