"""Network(seq_length) is a torch.nn.Module that runs the eleven layers of the chapter over time."""

from operator import is_

import torch

from helpers.course.judge import (
    Solution,
    call,
    exercise,
    expect,
    expect_slopes,
    expect_type,
    is_close,
    parts,
)
from helpers.course.judge.layers import BARE, LAYERS, count_weights, same_layers

solution = Solution(
    '''
class Network(torch.nn.Module):
    def __init__(self, seq_length=8):
        super().__init__()
        self.seq_length = seq_length
        first = Conv2d(1, 20, kernel_size=5), norse.LIFCell(), MaxPool2d(2)
        second = Conv2d(20, 50, kernel_size=5), norse.LIFCell(), MaxPool2d(2)
        third = Flatten(), Linear(50 * 4 * 4, 500), norse.LIFCell()
        readout = Linear(500, 10, bias=False), norse.LICell()
        self.layers = norse.SequentialState(*first, *second, *third, *readout)
        with torch.no_grad():
            for weights in self.parameters():
                weights *= 3

    def forward(self, x, state=None, return_state=False):
        """Readout voltage, (seq_length, batch, 10), and the state if asked."""
        if x.dim() == 4:
            x = x.expand(self.seq_length, *x.shape)
        voltages = []
        state = state and list(state)
        for x_t in x:
            v, state = self.layers(x_t, state)
            voltages.append(v)
        v = torch.stack(voltages)
        return (v, state) if return_state else v
''',
    {
        "v, state = self": {
            "v, _ = self": "Each step should begin in the state of the step before: hand it on.",
        },
        "            voltages.append(v)": {
            "        voltages.append(v)": "Only the last step is there: append in the loop.",
        },
        "state and list(state)": {
            "None": "The network should begin in the state that it is given: yours begins at rest.",
        },
    },
    **LAYERS,
)


@exercise("Run the network", ours=solution)
def network(answer) -> str:
    expect(
        not isinstance(answer, torch.nn.Module),
        "Hand over the class, as in check.network(Network): this is a net.",
    )
    net = call(answer, BARE, seq_length=8)
    right = solution(8)
    expect_type(net, torch.nn.Module, "Network(8) should be a torch.nn.Module: this is")
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
    x = 3 * torch.randn(9, 3, 1, 28, 28)  # longer than images are shown

    def run(function, x=images, given=None):
        """Return the voltage of a network with the learner's weights."""
        other = function(8)
        other.layers.load_state_dict(net.layers.state_dict())
        return call(other, hints, x=x, state=given and list(given), return_state=True)[0]

    solution.compare("The voltage", answer, run)
    expect_slopes(v, "some of the weights", *net.parameters())
    _, right_state = right(images, return_state=True)
    given = list(right_state)
    call(net, hints, x=x, state=given, return_state=True)
    expect(
        all(map(is_, right_state, given)),
        "The state that forward is given has changed: SequentialState writes into it."
        " Begin with a copy, as list(state) makes one.",
    )
    solution.compare("The voltage", answer, lambda function: run(function, x, right_state))
    v = call(net, hints, x=x, state=state, return_state=False)
    expect(
        is_close(v, right(x, right_state)),
        "The state that comes back should be that after the last step: yours is another.",
    )
    return (
        f"{count_weights(net):,} weights, run over time from any state, which stays the caller's."
    )
