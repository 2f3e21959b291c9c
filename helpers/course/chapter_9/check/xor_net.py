"""XorNet() is a torch.nn.Module that gives the mean voltage of its readout, (batch, 2)."""

from copy import deepcopy

import torch
from torch.nn import Module

from helpers.course.chapter_9.check.xor_spikes import solution as xor_spikes
from helpers.course.judge import Solution, call, exercise, expect, expect_slopes, expect_type
from helpers.course.judge.layers import count_weights
from helpers.neuron import LI, LIF

SPIKES = "z, _ = self.lif(self.hidden(x))"
VOLTAGE = "v, _ = self.readout(self.out(z))"
MEAN = "v.mean(dim=0)"
# from rest in each step
FRESH = "z = torch.cat([self.lif(self.hidden(x_t)[None])[0] for x_t in x])"
READ_FRESH = "v = torch.cat([self.readout(self.out(z_t)[None])[0] for z_t in z])"
# what a loop over x_t, (batch, n), gives: the layer takes the batch for time
TURNED = "z = self.lif(self.hidden(x).transpose(0, 1))[0].transpose(0, 1)"
READ_TURNED = "v = self.readout(self.out(z).transpose(0, 1))[0].transpose(0, 1)"
# the same, if it hands on the state
CARRIED = "z = self.lif(self.hidden(x).flatten(0, 1))[0].unflatten(0, x.shape[:2])"
READ_CARRIED = "v = self.readout(self.out(z).flatten(0, 1))[0].unflatten(0, x.shape[:2])"

FORGETS = "its state between the steps: hand over all time steps at once."
ALL_OF_X = "hand over all of x at once, (40, batch, 2)."
FOR_TIME = f"the first axis for time. In yours that is the batch: {ALL_OF_X}"
FROM_ONE_TO_THE_NEXT = (
    f"the first axis for time, so your state goes from one example to the next: {ALL_OF_X}"
)

solution = Solution(
    """
class XorNet(torch.nn.Module):
    def __init__(self, n_hidden=30):
        super().__init__()
        self.hidden, self.lif = torch.nn.Linear(2, n_hidden), LIF(alpha=5.0)
        self.out, self.readout = torch.nn.Linear(n_hidden, 2), LI()

    def forward(self, x):
        z, _ = self.lif(self.hidden(x))
        v, _ = self.readout(self.out(z))
        return v.mean(dim=0)
""",
    {
        MEAN: {
            "v": "Time is still there: return one decision for each example, the mean over time.",
            f"0 * {MEAN}": (
                "The result is 0 everywhere. Does lif come after hidden, and the readout last?"
            ),
            "v[-1]": "Return the mean over time: yours is the last voltage.",
            "v.median(dim=0).values": "Return the mean over time: yours is the median.",
            f"{MEAN}.softmax(1)": "Return voltages: cross_entropy does the softmax itself.",
            f"{MEAN}.log_softmax(1)": (
                "Return voltages: cross_entropy does the softmax and its logarithm itself."
            ),
            f"{MEAN}.sigmoid()": "Return voltages as they are: yours go through a sigmoid.",
            f"{MEAN}.relu()": "Return voltages, negative ones too: yours go through ReLU.",
            "self.readout(v)[0].mean(dim=0)": "The readout comes once: yours comes twice.",
        },
        "dim=0": {"dim=1": "Take the mean over time, the first axis: yours is over the batch."},
        SPIKES: {
            FRESH: f"lif forgets {FORGETS}",
            TURNED: f"lif takes {FOR_TIME}",
            CARRIED: f"lif takes {FROM_ONE_TO_THE_NEXT}",
            "z = self.hidden(x)": "lif is missing: it makes spikes of what hidden returns.",
            "z = self.hidden(x).relu()": "ReLU is no neuron: lif makes the spikes.",
        },
        VOLTAGE: {
            READ_FRESH: f"The readout forgets {FORGETS}",
            "v = self.out(z)": "The readout is missing: it comes last.",
            "v = self.out(self.readout(z)[0])": (
                "First out, then readout: yours has them the other way round."
            ),
        },
        f"{SPIKES}\n        {VOLTAGE}": {
            f"{FRESH}\n        {READ_FRESH}": f"Both lif and readout forget {FORGETS}",
            f"{TURNED}\n        {READ_TURNED}": f"lif and readout take {FOR_TIME}",
            f"{CARRIED}\n        {READ_CARRIED}": f"lif and readout take {FROM_ONE_TO_THE_NEXT}",
        },
        "mean": {
            "sum": "Return the mean over time: yours is the sum.",
            "amax": "Return the mean over time: yours is the largest voltage.",
        },
        f"{VOLTAGE}\n        return {MEAN}": {
            "return self.readout(self.out(z).mean(dim=0))[0]": (
                "The mean comes last: yours is taken before the readout."
            ),
        },
        "self.readout(self": {
            "self.lif(self": "The readout is missing: yours has lif in its place.",
        },
        "(z)": {"(self.lif(z)[0])": "The spikes go to out: yours go through lif once more."},
    },
    LIF=LIF,
    LI=LI,
)


@exercise("Build the network", ours=solution)
def xor_net(answer: type) -> str:
    expect_type(answer, type, "Hand over the class by its name, without brackets: this is")
    expect(issubclass(answer, Module), "The class should be a torch.nn.Module.")
    net = call(answer)
    pair = "lif and readout return a pair, output and state: take the first."
    hints = {
        "of the state has the shape": (
            "Each layer has a state of its own: the readout begins without one."
        ),
        "must be Tensor, not tuple": pair,
        "'tuple' object has no attribute": pair,
        "must be Tensor, not LI": "Of the pair take the first, the output, not the state.",
        "mat1 and mat2": (
            "Each layer takes what the one before returns: hidden takes x, lif what hidden returns."
        ),
        "too many values to unpack (expected 2": (
            "Only lif and readout return a pair: hidden and out return a tensor."
        ),
        'missing the required "forward"': (
            "The class needs a method forward, indented as far as __init__."
        ),
    }
    x = xor_spikes(torch.randint(2, (16, 2)), torch.randint(5, (16, 2)))
    logits = call(net, hints, x=x)
    is_output_and_state = isinstance(logits, tuple) and isinstance(logits[-1], tuple)
    expect(not is_output_and_state, pair)
    layers = {}  # copies, with weights that tell mistakes apart
    for name, given in solution().named_children():
        layer = getattr(net, name, None)
        expect(isinstance(layer, type(given)), "Keep the four layers as they are given.")
        layers[name] = deepcopy(layer)
    out = layers["out"]
    with torch.no_grad():
        # Spikes should move voltages upwards: else the first voltage might be the largest.
        out.weight.abs_()
        # Of the two results one should be negative: else a ReLU would make no difference.
        if out.bias is not None:
            out.bias.copy_(torch.tensor([0.1, -5.0]))

    def decide(function):
        """Return the logits of the learner's network, or of another with its layers."""
        other = deepcopy(net) if function is answer else function()
        for name, layer in layers.items():
            setattr(other, name, layer)
        with torch.no_grad():
            return call(other, hints, x=x[:, 1:])

    solution.compare("The result ", answer, decide)
    expect_slopes(logits.square(), "the weights", *net.hidden.parameters())
    expect(
        net.lif.alpha == 5,
        "The values are right, but lif was given with alpha=5: leave the layers as they are.",
    )
    return f"{count_weights(net)} weights, and every one gets a gradient."
