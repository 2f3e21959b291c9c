"""XorNet() is a torch.nn.Module that gives the mean voltage of its readout, (batch, 2)."""

import copy

import torch
from torch.nn import Linear, Module

from helpers.course.chapter_9.check.xor_spikes import solution as xor_spikes
from helpers.course.judge import call, compare, exercise, expect, expect_slopes, is_close, kind
from helpers.course.judge.layers import count_weights
from helpers.neuron import LI, LIF


class _XorNet(Module):
    """The same layers as in Net of the template."""

    def __init__(self):
        super().__init__()
        self.hidden = Linear(2, 30)
        self.lif = LIF(alpha=5.0)
        self.out = Linear(30, 2)
        self.readout = LI()

    def forward(self, x):
        z, _ = self.lif(self.hidden(x))
        v, _ = self.readout(self.out(z))
        return v.mean(0)


@exercise("Build the network", ours=_XorNet)
def xor_net(answer: type) -> str:
    expect(
        isinstance(answer, type),
        f"Hand over the class by its name, without brackets: this is {kind(answer)}.",
    )
    expect(issubclass(answer, Module), "The class should be a torch.nn.Module.")
    net = call(answer)
    pair = "lif and readout return a pair, output and state: take the first."
    hints = {
        "must match the size of tensor b": (
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
    expect(
        isinstance(logits, torch.Tensor) or not hasattr(logits, "indices"),
        "Return the mean over time.",
    )
    for name, layer in _XorNet().named_children():
        expect(
            isinstance(getattr(net, name, None), type(layer)),
            "Keep the four layers as they are given.",
        )
    _compare_xor(copy.deepcopy(net), x)
    expect_slopes(logits.square(), "the weights", *net.hidden.parameters())
    expect(
        net.lif.alpha == 5,
        "The values are right, but lif was given with alpha=5: leave the layers as they are.",
    )
    return f"{count_weights(net)} weights, and every one gets a gradient."


def _compare_xor(net: Module, x: torch.Tensor) -> None:
    """Expect that the logits of net for x come from its layers in the order of the exercise."""
    lif = net.lif
    out = net.out
    readout = net.readout

    def decide(spikes, run=_as_it_is):
        return run(readout, out(spikes)).mean(0)

    with torch.no_grad():
        # Spikes should move voltages upwards: else the first voltage might be the largest.
        out.weight.abs_()
        # Of the two results one should be negative: else a ReLU would make no difference.
        if out.bias is not None:
            out.bias.copy_(torch.tensor([0.1, -5.0]))
        current = net.hidden(x)
        z = lif(current)[0]
        v = readout(out(z))[0]
        mean = v.mean(0)
        z_fresh = _fresh(lif, current)
        forgets = "its state between the steps: hand over all time steps at once."
        all_of_x = "hand over all of x at once, (40, batch, 2)."
        turned = f"the first axis for time. In yours that is the batch: {all_of_x}"
        carried = (
            f"the first axis for time, so your state goes from one example to the next: {all_of_x}"
        )
        z_turned = _batch_first(lif, current)
        z_carried = _one_long(lif, current)
        mistakes = {
            "The result is 0 everywhere. Does lif come after hidden, and the readout last?": (
                0 * mean
            ),
            f"lif forgets {forgets}": decide(z_fresh),
            f"The readout forgets {forgets}": decide(z, _fresh),
            f"Both lif and readout forget {forgets}": decide(z_fresh, _fresh),
            f"lif takes {turned}": decide(z_turned),
            f"lif and readout take {turned}": decide(z_turned, _batch_first),
            f"lif takes {carried}": decide(z_carried),
            f"lif and readout take {carried}": decide(z_carried, _one_long),
            "Return the mean over time: yours is the last voltage.": v[-1],
            "Return the mean over time: yours is the sum.": v.sum(0),
            "Return the mean over time: yours is the largest voltage.": v.amax(0),
            "Return voltages: cross_entropy does the softmax itself.": mean.softmax(1),
            "Return voltages: cross_entropy does the softmax and its logarithm itself.": (
                mean.log_softmax(1)
            ),
            "Return voltages as they are: yours go through a sigmoid.": mean.sigmoid(),
            "Return the mean over time: yours is the median.": v.median(0).values,
            "Return voltages, negative ones too: yours go through ReLU.": mean.relu(),
            "Return voltages, negative ones too: yours go through ReLU before the mean.": (
                v.relu().mean(0)
            ),
            "The mean comes last: yours is taken before the readout.": readout(out(z).mean(0))[0],
            "The readout is missing: yours has lif in its place.": lif(out(z))[0].mean(0),
            "The spikes go to out: yours go through lif once more.": decide(lif(z)[0]),
            "The readout comes once: yours comes twice.": readout(v)[0].mean(0),
            "The readout is missing: it comes last.": out(z).mean(0),
            "First out, then readout: yours has them the other way round.": (
                out(readout(z)[0]).mean(0)
            ),
            "lif is missing: it makes spikes of what hidden returns.": decide(current),
            "ReLU is no neuron: lif makes the spikes.": decide(current.relu()),
        }
        got = net(x)
        shape = getattr(got, "shape", None)
        expect(
            shape != v.shape,
            "Time is still there: return one decision for each example, the mean over time.",
        )
        expect(
            shape != v[:, 0].shape,
            "Take the mean over time, the first axis: yours is over the batch.",
        )
        if not is_close(got, mean):
            for sentence, wrong in mistakes.items():
                expect(not is_close(got, wrong), sentence)
        compare("The result ", got, mean)


def _as_it_is(layer, x):
    """Return what a layer gives."""
    return layer(x)[0]


def _fresh(layer, x):
    """Return what a layer gives if it starts each step from rest: all belong to a single step."""
    return layer(x[None])[0][0]


def _batch_first(layer, x):
    """Return what a loop over x_t, (batch, n), gives: the layer takes the batch for time."""
    return layer(x.transpose(0, 1))[0].transpose(0, 1)


def _one_long(layer, x):
    """Return what such a loop gives if it hands on the state."""
    return layer(x.flatten(0, 1))[0].unflatten(0, x.shape[:2])
