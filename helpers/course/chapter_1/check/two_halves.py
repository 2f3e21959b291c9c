"""two_halves(net, x) gives what net(x) gives, by two calls: one for each half of the time steps."""

import torch

from helpers.course.judge import Solution, call, exercise, expect, is_close, slopes
from helpers.model import SpikingConvNet, SpikingConvNetState

solution = Solution(
    """
def two_halves(net, x):
    half = len(x) // 2
    first, state = net(x[:half], return_state=True)
    second = net(x[half:], state=state)
    return torch.cat([first, second])
""",
    {
        ", state=state": {
            "": "The second half should go on where the first one stopped: yours starts from rest.",
        },
        "[first, second]": {
            "[second]": "The first half is missing from the result.",
            "[second, first]": "The halves are in the wrong order.",
        },
        "second])": {
            "first])": "The first half is there twice: the second comes after it.",
            "second], 1)": (
                "The halves follow each other in time: yours are joined along the batch."
            ),
        },
        "half = len(x) // 2": {
            "half = len(x) // 2\n    x = torch.cat([x[half:], x[:half]])": (
                "The halves are in the wrong order: the first one comes first."
            ),
        },
    },
)


@exercise("Stop and go on", ours=solution)
def two_halves(answer) -> str:
    # double: rounding should make no neuron spike that otherwise would not
    net = SpikingConvNet(n_hidden=20).double()
    for layer in net.modules():
        layer.fuse = False  # the kernel takes no doubles, and would say so
    n_steps = 12
    # strong: the readout has to move
    spikes = (30.0 * (torch.rand(n_steps, 3, 1, 28, 28) < 0.5)).double().requires_grad_()
    whole = net(spikes)

    def forward(x, state=None, return_state=False):
        """Check what the answer hands to net, and go on with it."""
        expect(
            isinstance(state, SpikingConvNetState | None),
            "The state is the second thing that net returns: hand over that.",
        )
        if getattr(x, "ndim", 0) == 5:
            expect(
                x.shape[1] == 3,
                "The halves should be halves of the time, the first axis: yours cut the batch.",
            )
            expect(
                abs(len(x) - n_steps / 2) < 1,
                f"Stop half-way, and go on from there: of {n_steps} steps, yours gives {len(x)} to"
                " net at once.",
            )
        return SpikingConvNet.forward(net, x, state, return_state)

    net.forward = forward
    pair = "With return_state=True net returns a pair, the voltage and the state."
    hints = {
        "not tuple": pair,
        "got tuple": pair,
        "too many values to unpack (expected 2": (
            "net returns a pair with return_state=True, else the voltage alone."
        ),
    }

    def run(function):
        got = call(function, hints, net=net, x=spikes)
        if isinstance(got, torch.Tensor) and got.is_floating_point():
            got = got.double()
        return got

    solution.compare("The result", answer, run)
    expect(
        is_close(*slopes(run(answer), spikes), *slopes(whole, spikes)),
        "The values are right, but no gradient gets back through both halves: what cuts it off?",
    )
    n_steps = 9
    got = len(call(answer, hints, net=net, x=spikes[:n_steps]))
    expect(
        got == n_steps,
        f"Of an odd number of steps none may be lost: of {n_steps}, yours gives {got}.",
    )
    return "two calls give what one gives. All that a network remembers is in its state."
