"""conv_flops(in_channels, out_channels, kernel, size) gives the operations per image."""

from helpers.course.checks import compare, exercise, results


def _conv_flops(in_channels, out_channels, kernel, size):
    return 2 * out_channels * size**2 * in_channels * kernel**2


@exercise("Operations of a convolution", ours=_conv_flops)
def conv_flops(answer) -> str:
    layers = [(1, 20, 5, 24), (20, 50, 5, 8), (3, 7, 2, 11)]
    got, (i, o, k, s) = results(answer, "in_channels out_channels kernel size", layers)

    def flops(each=2, i=i, o=o, weights=k**2, pixels=s**2):
        return each * i * o * weights * pixels

    outputs = o * s**2
    factors = {"one operation": 1} | {f"{n} operations": n for n in (3, 4, 6, 16, 32)}
    added = [n * i * k**2 + m * outputs for n in (1, 2) for m in (1, 2)]
    added += [flops(i=i + o, o=1), 2 * outputs * (i + k**2)]
    mistakes = {
        "That is the number of outputs. How many operations does each of them take?": [
            outputs,
            2 * outputs,
        ],
        "The bias is left out: yours counts it.": [flops() + outputs, flops() + 2 * outputs],
        "Each term is two operations, the first one too: yours leaves one addition out.": (
            flops() - outputs
        ),
        "Multiply the numbers of channels, weights and pixels: yours adds some of them.": added,
        "Each term is one multiplication and one addition: yours counts {}.": {"each": factors},
        "That is in {}: operations are asked for.": {"each": {"millions": 2e-6, "billions": 2e-9}},
        "The sum goes over all input channels: yours {}.": {
            "i": {"takes one": 1, "counts them twice": i**2}
        },
        "There are out_channels maps: yours {}.": {
            "o": {"counts one": 1, "takes the input channels": i}
        },
        "The kernel has kernel * kernel weights: look at kernel.": {"weights": [1, k, 2 * k, k**4]},
        "The output has size * size pixels: look at size.": {"pixels": [1, s, 2 * s, s**4]},
        "size is that of the output already: the kernel does not change it.": {
            "pixels": [side**2 for side in (s - k + 1, s + k - 1, s - k, s // k)]
        },
        "^ is no power in Python: that is **.": {"weights": k.long() ^ 2, "pixels": s.long() ^ 2},
    }
    compare("conv_flops", got, flops, mistakes, layers)
    first, second, _ = flops() / 1e6
    return (
        f"{second:.1f} MFLOP for the second convolution of our network, {first:.1f} for the first."
    )
