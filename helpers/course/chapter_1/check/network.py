"""Network(seq_length) is a torch.nn.Module that runs the eleven layers of the chapter over time."""

from operator import is_

import norse.torch as norse
import torch

from helpers.course.checks import (
    call,
    compare,
    exercise,
    expect,
    expect_slopes,
    is_close,
    kind,
    parts,
)
from helpers.course.checks.layers import BARE, conv_net, count_weights, same_layers


class _Network(torch.nn.Module):
    def __init__(self, seq_length):
        super().__init__()
        self.seq_length = seq_length
        self.layers = conv_net(bias=False)
        for weights in self.parameters():
            weights.data *= 3

    def forward(self, x, state=None, return_state=False):
        if x.dim() == 4:
            x = x.expand(self.seq_length, *x.shape)
        state = state and list(state)  # a copy, as SequentialState writes into it
        v, state = norse.Lift(self.layers)((x, state))
        if return_state:
            return v, state
        return v


@exercise("Run the network", ours=_Network)
def network(answer) -> str:
    expect(
        not isinstance(answer, torch.nn.Module),
        "Hand over the class, as in check.network(Network): this is a net.",
    )
    net = call(answer, BARE, seq_length=12)
    right = _Network(12)
    expect(
        isinstance(net, torch.nn.Module),
        f"Network(12) should be a torch.nn.Module: this is {kind(net)}.",
    )
    expect(hasattr(net, "layers"), "Network should keep its layers as self.layers.")
    same_layers(net.layers, right.layers, "self.layers")
    expect(
        net.layers[0].weight.abs().max() > 0.25,  # PyTorch's are below 0.2
        "The weights are as PyTorch made them."
        " Keep the lines below self.layers, which multiply them by 3.",
    )
    right.layers.load_state_dict(net.layers.state_dict())
    hints = {
        "non-empty": "The list is still empty: append the voltage of each step to voltages.",
        "'NoneType' object is not iterable": "There may be no state: list(None) is an error.",
        "not subscriptable": "At rest the state is None: copy it only where there is one.",
        "but got tuple": "self.layers returns a pair: the voltage and the state.",
    }
    images = 3 * torch.randn(3, 1, 28, 28)  # strong: all layers are to spike
    v, state = parts(call(net, hints, x=images, state=None, return_state=True), "v, state")
    right_v, right_state = right(images, return_state=True)
    forgets = "Each step should begin in the state of the step before: hand it on."
    mistakes = {
        forgets: right_v[:1].expand_as(right_v),
        "Only the last step is there: append in the loop.": right_v[-1:],
    }
    compare("The voltage", v, right_v, mistakes)
    expect_slopes(v, "some of the weights", *net.parameters())

    x = 3 * torch.randn(5, 3, 1, 28, 28)
    given = list(right_state)
    v, _ = parts(call(net, hints, x=x, state=given, return_state=True), "v, state")
    expect(
        all(map(is_, right_state, given)),
        "The state that forward is given has changed: SequentialState writes into it."
        " Begin with a copy, as list(state) makes one.",
    )
    right_v = right(x, right_state)
    mistakes = {
        "The network should begin in the state that it is given: yours begins at rest.": right(x),
        forgets: torch.stack([right.layers(x_t, list(right_state))[0] for x_t in x]),
    }
    compare("The voltage", v, right_v, mistakes)
    v = call(net, hints, x=x, state=state, return_state=False)
    expect(
        is_close(v, right_v),
        "The state that comes back should be that after the last step: yours is another.",
    )
    n_weights = count_weights(net)
    return f"{n_weights:,} weights, run over time from any state, which stays the caller's."
