"""two_halves(net, x) gives what net(x) gives, by two calls: one for each half of the time steps."""

import torch

from helpers.check.judge import call, exercise, expect
from helpers.check.values import close, compare, slopes
from helpers.model import SpikingConvNet


def _two_halves(net, x):
    half = len(x) // 2
    first, state = net(x[:half], return_state=True)
    return torch.cat([first, net(x[half:], state)])


@exercise("Stop and go on", ours=_two_halves)
def two_halves(answer) -> str:
    net = SpikingConvNet(
        n_hidden=20
    ).double()  # rounding should make no neuron spike that otherwise would not
    spikes = (
        (30.0 * (torch.rand(12, 8, 1, 28, 28) < 0.5)).double().requires_grad_()
    )  # strong: the readout has to move
    whole = net(spikes)
    first, state = net(spikes[:6], return_state=True)
    second = net(spikes[6:], state)
    forgetful = torch.cat([first, net(spikes[6:])])
    late, state = net(spikes[6:], return_state=True)
    backwards = torch.cat([late, net(spikes[:6], state)])

    def look(net, x, named):
        known = isinstance(named.get("state", x[1] if len(x) > 1 else None), type(state) | None)
        expect(known, "The state is the second thing that net returns: hand over that.")
        if x and isinstance(x[0], torch.Tensor) and x[0].dim() == 5:
            expect(
                x[0].shape[1] == 8,
                "The halves should be halves of the time, the first axis: yours cut the batch.",
            )
            expect(
                len(x[0]) < 12,
                "Yours gives all steps to net at once: stop half-way, and go on from there.",
            )

    net.register_forward_pre_hook(look, with_kwargs=True)
    pair = "With return_state=True net returns a pair, the voltage and the state."
    hints = {
        part: pair for part in ("not tuple", "got tuple", "not enough values to unpack (expected 4")
    }
    alone = "net returns a pair with return_state=True, else the voltage alone."
    got = call(answer, {**hints, "too many values to unpack (expected 2": alone}, net=net, x=spikes)
    got = got.to(whole.dtype) if isinstance(got, torch.Tensor) and got.is_floating_point() else got
    mistakes = {
        "The second half should go on where the first one stopped: yours starts from rest.": (
            forgetful
        ),
        "The first half is missing from the result.": second,
        "The first half is there twice: the second comes after it.": torch.cat([first, first]),
        "The halves follow each other in time: yours are joined along the batch.": (
            torch.cat([first, second], 1)
        ),
        "The halves are in the wrong order.": torch.cat([second, first]),
        "The halves are in the wrong order: the first one comes first.": backwards,
    }
    compare("The result", got, whole, mistakes)
    through = close(*slopes(got, spikes), *slopes(whole, spikes))
    expect(
        through,
        "The values are right, but no gradient gets back through both halves: what cuts it off?",
    )
    odd = len(call(answer, hints, net=net, x=spikes[:11]))
    expect(odd == 11, f"Of an odd number of steps none may be lost: of 11, yours gives {odd}.")
    return "two calls give what one gives. All that a network remembers is in its state."
