"""repair(net, rate_of) doubles the weights before each silent layer, and returns the network."""

from copy import deepcopy

import torch
from torch.nn.functional import avg_pool2d

from helpers.assets.digits import PIXELS
from helpers.course.judge import Solution, WrongAnswer, call, exercise, expect, expect_type
from helpers.model import SpikingConvNet
from helpers.network import record_spikes

BEFORE = {"lif1": "conv1", "lif2": "conv2", "lif3": "hidden"}  # whose weights reach a layer
WANTED = 2.0  # Hz
MOST_QUESTIONS = 60
# By what initial weights are divided, in each network that an answer gets. In the first, lif3
# spikes as soon as lif2 does.
FAULTS = [{"conv2": 32, "hidden": 0.0625}, {"hidden": 8}, {"conv1": 4096, "hidden": 4}]
HINTS = {
    "a leaf Variable": "Autograd need not know: multiply layer.weight.data.",
    "cannot assign": "A weight stays a parameter: multiply layer.weight.data in place.",
    "unsupported operand type": "A layer is more than its weights: multiply layer.weight.data.",
}


solution = Solution(
    """
def repair(net, rate_of):
    before = {"lif1": net.conv1, "lif2": net.conv2, "lif3": net.hidden}
    for name, layer in before.items():
        while rate_of(name) < 2:
            layer.weight.data *= 2
    return net
""",
    {},
)


@exercise("Repair a silent network", ours=solution)
def repair(answer) -> str:
    # white blots, about as large as strokes
    dots = (torch.rand(16, 1, 28, 28) < 0.2).float()
    blots = avg_pool2d(dots, kernel_size=3, stride=1, padding=1) > 0.25
    images = PIXELS["MNIST"].normalise(255 * blots.byte())
    for fault in FAULTS:
        silent = SpikingConvNet()
        for layer, divisor in fault.items():
            getattr(silent, layer).weight.data /= divisor
        net = deepcopy(silent)
        got = call(answer, hints=HINTS, net=net, rate_of=_rate_of(net, images))
        expect_type(got, SpikingConvNet, "Return the network: yours is")
        for name, value in silent.state_dict().items():
            expect(
                name.removesuffix(".weight") in BEFORE.values()
                or torch.equal(got.state_dict()[name], value),
                f"Double only the weights before silent layers: yours changes {name} too.",
            )
        # from here on, silent gets what the answer did, one layer after the other
        rate_of = _rate_of(silent, images)
        for name, layer in BEFORE.items():
            weight = getattr(got, layer).weight
            weight_so_far = getattr(silent, layer).weight
            factors = weight / weight_so_far
            rate = rate_of(name)
            if rate >= WANTED:
                expect(
                    torch.allclose(weight, weight_so_far),
                    f"With the old weights of {layer}, {name} spikes at {rate:.3g} Hz: leave"
                    f" {layer} as it is. When do you ask for that rate?",
                )
                continue
            weight_so_far.data = weight
            expect(
                rate_of(name) >= WANTED,
                f"{name} is still at {rate_of(name):.2g} Hz: double the weights of {layer} until it"
                f" spikes at {WANTED:g} Hz, however often that takes.",
            )
            expect(
                torch.allclose(factors, factors.flatten()[0], rtol=1e-3),
                f"{name} spikes, but {layer} has other weights, not the old ones times a factor.",
            )
    _expect_at_wanted(answer)
    return (
        "from the input on, and measured anew after each change. A silent layer may just have"
        " no input."
    )


def _expect_at_wanted(answer) -> None:
    """Let the rate of each layer be 1 Hz, and grow as its weights do: it should end at WANTED."""
    net = SpikingConvNet()
    before = deepcopy(net)

    def rate_of(name: str) -> float:
        layer = BEFORE[name]
        factors = getattr(net, layer).weight / getattr(before, layer).weight
        return factors.mean().item()

    call(answer, net=net, rate_of=rate_of)
    for name in BEFORE:
        rate = rate_of(name)
        expect(
            WANTED <= rate < 1.5 * WANTED,
            f"In a test, {name} was at 1 Hz, and its rate doubled with its weights: stop at"
            f" {WANTED:g} Hz. Yours ends at {rate:.3g} Hz.",
        )


def _rate_of(net: SpikingConvNet, images: torch.Tensor):
    """Return a function that gives the present spike rate of a layer, in Hz, but not for ever."""
    before = deepcopy(net)
    n_questions = 0

    def rate_of(name: str) -> float:
        nonlocal n_questions
        expect(name in BEFORE, f"rate_of takes lif1, lif2 or lif3: yours asks for {name!r}.")
        n_questions += 1
        _, spikes = record_spikes(net, images)
        rate = spikes[name].mean().item() / 1e-3
        if n_questions > MOST_QUESTIONS:
            expect(
                not all(map(torch.equal, net.parameters(), before.parameters())),
                f"You have asked for {MOST_QUESTIONS} rates, and the weights are as they were: is"
                " the product kept?",
            )
            raise WrongAnswer(
                f"You have asked for {MOST_QUESTIONS} rates, and {name} is at {rate:.3g} Hz. A"
                " layer hears nothing while the one before it is silent. Begin at the input, and"
                f" double until it is {WANTED:g} Hz."
            )
        return rate

    return rate_of
