"""The checks of chapter 1. What an answer takes and gives stands in the starter of its exercise.

Where an answer is not right, each gives back the course's own, so that the rest of the chapter goes on with that.
"""

import math
from collections.abc import Callable
from functools import partial

import norse.torch as norse
import torch
import torch.nn.functional as F
from norse.torch.functional.lif import LIFFeedForwardState, LIFParameters, lif_feed_forward_step
from torch.nn import Conv2d, Flatten, Linear, MaxPool2d

from helpers.check.chapter_0 import BARE, same_layers
from helpers.check.judge import call, exercise, expect, kind
from helpers.check.values import close, compare, expect_slopes, form, number, parts, slopes
from helpers.model import SpikingConvNet


def _lif_step(x, v, i, spike=lambda u: (u > 0).to(u.dtype)):
    i = i + x
    v = v + 0.1 * (i - v)
    z = spike(v - 1)
    return z, torch.where(z > 0, 0, v), i - 0.2 * i


@exercise("One step of a LIF neuron", ours=_lif_step)
def lif_step(answer: Callable) -> str:
    x = torch.tensor([[0.0, 0.0, 0.2, 1.0, 0.0, 0.0], [3.0, 0.0, 0.1, 0.0, 0.3, 0.0]])
    v = torch.tensor([[0.5, 0.6, 0.4, 0.95, 1.0, 0.0], [0.8, 1.05, 0.3, 0.65, 0.2, -1.5]])  # one stays at 1, one at 0
    i = torch.tensor([[0.0, 0.2, 0.1, 2.0, 1.0, 0.0], [1.0, 0.0, -0.3, 0.4, 0.3, 0.0]])
    z, state = lif_feed_forward_step(x, LIFFeedForwardState(v, i), LIFParameters())
    got_z, got_v, got_i = parts(call(answer, x=x, v=v, i=i), "z, v, i", [z, state.v, state.i])
    current = i + x
    mistakes = {
        "i should decay in each step: yours keeps the current, or nearly all of it.": current,
        "i should decay: yours grows. Look at the sign.": 1.2 * current,
        "i changes far too much: tau_syn_inv is per second, and how long is a step?": -199 * current,
        "i decays with tau_syn_inv: yours takes the time constant of the membrane.": 0.9 * current,
        "Norse takes a step in a straight line, as in the text: yours is exponential.": math.exp(-0.2) * current,
        "x never arrives in i.": 0.8 * i,
        "x should arrive before i decays: look at the order of the lines.": 0.8 * i + x,
        "That is the change of i alone: add it to what was there.": -0.2 * current,
        "That is what i loses in a step: take it from what was there.": 0.2 * current,
    }
    compare("i", got_i, state.i, mistakes, x=x, v=v, i=i)
    form("v", got_v, v)
    changed = (got_v != v) & (got_v != 0)  # 0: it was reset
    expect(changed.any() or not got_v.any(), "v stays as it was, to the last bit: is the result of its line used?")
    expect(got_v[0, 0] <= v[0, 0], "v should decay towards v_leak: yours grows.")  # no current flows there

    def moved(a=0.1, to=current, start=v):
        u = start + a * (to - v)
        return torch.where(u > 1, 0, u)

    move = v + 0.1 * (current - v)
    mistakes = {
        "v changes far too much: tau_mem_inv is per second, and how long is a step?": moved(100),
        "v hardly moves: tau_mem_inv is an inverse already, so multiply by it.": moved(0),
        "v moves with tau_mem_inv: yours takes the time constant of the synapse.": moved(0.2),
        "The reset is for neurons that spiked: yours resets all others.": move * z,
        "A neuron spikes above v_th: yours spikes below. Look at the order in spike(v - v_th).": move * (move >= 1),
        "spike(u) is 1 where u is above 0: hand it the distance to the threshold, v - v_th.": move * (move <= 0),
        "A spike comes above v_th: yours comes at v_th too.": move * (move < 1),
        "v should feel the input of this step: yours moves before x has arrived in i.": moved(to=i),
        "v should feel the current before it decays: look at the order of the lines.": moved(to=0.8 * current),
        "That is the change of v alone: add it to what was there.": moved(start=0),
        "i drives v ten times too strongly: it stands inside the large brackets.": moved(to=10 * current),
        "Norse moves v in a straight line, as in the text: yours is exponential.": moved(1 - math.exp(-0.1)),
        "x is in i already: yours counts it twice.": moved(to=current + x),
        "v should be reset after a spike: yours goes on as if nothing had happened.": move,
        "After a spike v should start from v_reset, wherever it was: yours loses v_th.": move - z,
        "Spikes come from the new voltage: yours come from the one before the step.": move * (v <= 1),
    }
    compare("v", got_v, state.v, mistakes, x=x, v=v, i=i)
    mistakes = {"z is 0 everywhere, though some v pass v_th: is it taken before the reset, or after it?": 0 * z}
    compare("z", got_z, z, mistakes, x=x, v=v, i=i)
    x = x.requires_grad_()
    hints = {"positional argument": "Keep the first line as it is: lif_step(x, v, i, spike=hard_step)."}
    soft = call(answer, hints, x=x, v=v, i=i, spike=lambda u: _SurrogateSpike.apply(u, 1.0))
    felt = all(slope is not None and slope.any() for part in soft[:2] for slope in slopes(part, x))
    expect(felt, "The numbers are right, but z should be spike(v - v_th): later, another spike will have a slope.")
    return "z, v and i are those of Norse. A whole network is this step, for many neurons, many times."


class _SurrogateSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, alpha):
        ctx.save_for_backward(u)
        ctx.alpha = alpha
        return (u > 0).to(u.dtype)

    @staticmethod
    def backward(ctx, gradient_of_z):
        (u,) = ctx.saved_tensors
        return gradient_of_z / (ctx.alpha * u.abs() + 1) ** 2, None


@exercise("A step with a slope", ours=_SurrogateSpike.apply)
def surrogate(answer: Callable) -> str:
    expect(not isinstance(answer, type), "Hand over what can be called, SurrogateSpike.apply: this is the class.")
    u = torch.tensor([[-2.0, -0.3, 0.1], [0.4, 0.7, 3.0]], requires_grad=True)
    g = torch.tensor([[1.0, -2.0, 0.5], [3.0, -1.0, 2.0]])  # the gradient that arrives
    arrived = g.clone()
    spikes = [call(answer, u=u, alpha=alpha) for alpha in (1.0, 5.0)]
    for z in spikes:
        form("z", z, u)
        expect(close(z, z.clamp(0, 1).round()), "Forward should stay a step from 0 to 1: only the gradient is smooth.")
        compare("z", z, (u > 0).float(), {})
        expect(z.requires_grad, "z is cut off from u: a step gets its gradient from a torch.autograd.Function.")
    gradient = partial(torch.autograd.grad, inputs=u, grad_outputs=g, allow_unused=True)
    hints = {"name 'alpha' is not": "Forward has kept alpha: here it is ctx.alpha."}
    hints["incorrect number of gradients"] = "backward gives a gradient for each input of forward: None for alpha."
    got = [call(gradient, hints, outputs=z)[0] for z in spikes]
    expect(torch.equal(g, arrived), "Yours changes gradient_of_z in place: who sent it may still need the old one.")
    got = torch.stack([torch.zeros_like(u) if slope is None else slope for slope in got])
    u, alpha = u.detach().expand(2, 2, 3), torch.tensor([1.0, 5.0]).view(2, 1, 1)
    mistakes = {
        "The gradient is 0: that is the true slope of a step, and nothing can learn from it.": 0 * u,
        "The chain rule needs the gradient that arrives: yours is the slope alone.": 1 / (alpha * u.abs() + 1) ** 2,
        "Yours passes the gradient on as it is: where is the slope?": g + 0 * u,
        "The slope falls with the size of u, |u|: yours with its square.": g / (alpha * u**2 + 1) ** 2,
        "Away from the threshold the slope falls too slowly: look at the power.": g / (alpha * u.abs() + 1),
        "A larger alpha should make the peak narrower: yours ignores alpha.": g / (u.abs() + 1) ** 2,
        "The slope should be the same on both sides of the threshold.": g / (alpha * u + 1) ** 2,
        "alpha multiplies |u| alone: look at the brackets.": g / (alpha * (u.abs() + 1)) ** 2,
        "The chain rule multiplies: yours adds.": g + 1 / (alpha * u.abs() + 1) ** 2,
        "Only u above 0 gets a gradient from yours: the surrogate has a slope on both sides.": g * (u > 0),
        "The slope should be largest at the threshold: yours grows away from it.": g * (alpha * u.abs() + 1) ** 2,
    }
    given = {"u": u, "alpha": alpha.expand_as(u), "gradient_of_z": g.expand_as(u)}
    compare("The gradient", got, g / (alpha * u.abs() + 1) ** 2, mistakes, **given)
    return "a step forward, a smooth slope backward. So a network of spikes can learn by gradients."


def _poisson(p, seq_length):
    return (torch.rand(seq_length, *p.shape) < p).to(p.dtype)


@exercise("Poisson spikes", ours=_poisson)
def poisson(answer: Callable) -> str:
    p = torch.linspace(0, 1, 8).repeat(3, 1, 2).view(3, 1, 4, 4)  # each probability twice in an image
    z, again = [call(answer, p=p, seq_length=400) for _ in range(2)]
    shape = getattr(z, "shape", None)
    expect(shape != p.shape, "Time is missing: each pixel needs spikes for all seq_length steps.")
    expect(shape != (3, 1, 4, 4, 400), "Time should be the first axis: yours is the last.")
    expect(shape != (3, 400, 1, 4, 4), "Time should be the first axis: yours is the second.")
    form("The result", z, p.expand(400, 3, 1, 4, 4))
    expect(not close(z, p.expand_as(z)), "Those are the probabilities: spikes are drawn with them.")
    expect(((z == 0) | (z == 1)).all(), "Spikes are the numbers 0 and 1: yours take other values too.")
    same = "Chance should be drawn anew for each spike: yours is the same"
    expect((z != z[0]).any(), f"{same} at every step.")
    expect((z != z[:, :1]).any(), f"{same} for all images of the batch.")
    expect((z[..., :2, :] != z[..., 2:, :]).any(), f"{same} for all pixels of an image.")
    expect((z != again).any(), f"{same} in every call. Is there a fixed seed?")
    rate, p = z.view(2400, 8).mean(0), p.view(6, 8)[0]  # 0.06 is six standard deviations of such a rate
    expect((rate - (1 - p)).abs().max() > 0.06, "Bright pixels should spike most: yours spike least.")
    expect(rate[0] < 0.01, "A pixel with p = 0 should never spike: yours does.")
    worst = (rate - p).abs().argmax()
    share = f"Pixels with p = {p[worst]:.2f} should spike in that share of steps: yours in {rate[worst]:.2f}."
    expect((rate - p)[worst].abs() < 0.06, share)
    return "each pixel spikes at its own rate, and time comes first. Brightness has become a spike rate."


class _Network(torch.nn.Module):
    def __init__(self, seq_length=8):
        super().__init__()
        self.seq_length = seq_length
        first = Conv2d(1, 20, 5), norse.LIFCell(), MaxPool2d(2)
        second = Conv2d(20, 50, 5), norse.LIFCell(), MaxPool2d(2)
        third = Flatten(), Linear(800, 500), norse.LIFCell()
        self.layers = norse.SequentialState(*first, *second, *third, Linear(500, 10, bias=False), norse.LICell())
        with torch.no_grad():
            for weights in self.parameters():
                weights *= 3

    def forward(self, x, state=None, return_state=False):
        x = x.expand(self.seq_length, *x.shape) if x.dim() == 4 else x
        voltages, state = [], state and [*state]  # a copy, as SequentialState writes into it
        for x_t in x:
            v, state = self.layers(x_t, state)
            voltages.append(v)
        v = torch.stack(voltages)
        return (v, state) if return_state else v


@exercise("Assemble the network", ours=_Network)
def network(answer: Callable) -> str:
    expect(not isinstance(answer, torch.nn.Module), "Hand over the class, as in check.network(Network): this is a net.")
    net, right = call(answer, BARE, seq_length=12), _Network(12)
    expect(isinstance(net, torch.nn.Module), f"Network(12) should be a torch.nn.Module: this is {kind(net)}.")
    expect(hasattr(net, "layers"), "Network should keep its layers as self.layers.")
    same_layers(net.layers, right.layers, "self.layers")
    extra = "The last linear layer should have no bias, and the others have one: Linear(500, 10, bias=False)."
    expect(list(net.layers.state_dict()) == list(right.layers.state_dict()), extra)
    large = net.layers[0].weight.abs().max() > 0.25  # PyTorch's are below 0.2
    expect(large, "The weights are as PyTorch made them. Keep the lines below self.layers, which multiply them by 3.")
    right.layers.load_state_dict(net.layers.state_dict())
    images = 3 * torch.randn(3, 1, 28, 28)  # strong: all layers are to spike
    v, _ = parts(call(net, x=images, state=None, return_state=True), "v, state")
    compare("The voltage", v, right(images), {})
    expect_slopes(v, "some of the weights", *net.parameters())
    return f"{sum(weights.numel() for weights in net.parameters()):,} weights, and a state for each layer of neurons."


def _two_halves(net, x):
    half = len(x) // 2
    first, state = net(x[:half], return_state=True)
    return torch.cat([first, net(x[half:], state)])


@exercise("Stop and go on", ours=_two_halves)
def two_halves(answer: Callable) -> str:
    net = SpikingConvNet(n_hidden=20).double()  # rounding should make no neuron spike that otherwise would not
    spikes = (30.0 * (torch.rand(12, 8, 1, 28, 28) < 0.5)).double().requires_grad_()  # strong: the readout has to move
    whole = net(spikes)
    first, state = net(spikes[:6], return_state=True)
    second, forgetful = net(spikes[6:], state), torch.cat([first, net(spikes[6:])])
    late, state = net(spikes[6:], return_state=True)
    backwards = torch.cat([late, net(spikes[:6], state)])

    def look(net, x, named):
        known = isinstance(named.get("state", x[1] if len(x) > 1 else None), type(state) | None)
        expect(known, "The state is the second thing that net returns: hand over that.")
        if x and isinstance(x[0], torch.Tensor) and x[0].dim() == 5:
            expect(x[0].shape[1] == 8, "The halves should be halves of the time, the first axis: yours cut the batch.")
            expect(len(x[0]) < 12, "Yours gives all steps to net at once: stop half-way, and go on from there.")

    net.register_forward_pre_hook(look, with_kwargs=True)
    pair = "With return_state=True net returns a pair, the voltage and the state."
    hints = {part: pair for part in ("not tuple", "got tuple", "not enough values to unpack (expected 4")}
    alone = "net returns a pair with return_state=True, else the voltage alone."
    got = call(answer, {**hints, "too many values to unpack (expected 2": alone}, net=net, x=spikes)
    got = got.to(whole.dtype) if isinstance(got, torch.Tensor) and got.is_floating_point() else got
    mistakes = {
        "The second half should go on where the first one stopped: yours starts from rest.": forgetful,
        "The first half is missing from the result.": second,
        "The first half is there twice: the second comes after it.": torch.cat([first, first]),
        "The halves follow each other in time: yours are joined along the batch.": torch.cat([first, second], 1),
        "The halves are in the wrong order.": torch.cat([second, first]),
        "The halves are in the wrong order: the first one comes first.": backwards,
    }
    compare("The result", got, whole, mistakes)
    through = close(*slopes(got, spikes), *slopes(whole, spikes))
    expect(through, "The values are right, but no gradient gets back through both halves: what cuts it off?")
    odd = len(call(answer, hints, net=net, x=spikes[:11]))
    expect(odd == 11, f"Of an odd number of steps none may be lost: of 11, yours gives {odd}.")
    return "two calls give what one gives. All that a network remembers is in its state."


def _classifier(net):
    from pytorch_lightning import LightningModule  # takes seconds to import, and is needed nowhere else here

    class Classifier(LightningModule):
        def __init__(self, net):
            super().__init__()
            self.net = net

        def training_step(self, batch, batch_idx):
            images, labels = batch
            return F.cross_entropy(self.net(images).amax(0), labels)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=5e-3)

    return Classifier(net)


@exercise("The training step", ours=_classifier)
def training_step(answer: Callable) -> str:
    from pytorch_lightning import LightningModule

    expect(not isinstance(answer, LightningModule), "Hand over the class: check.training_step(Classifier).")
    module = call(answer, net=SpikingConvNet(4, n_hidden=20))
    expect(isinstance(module, LightningModule), "Hand over the class, as in check.training_step(Classifier).")
    expect(isinstance(getattr(module, "net", None), torch.nn.Module), "The module should hold its network as self.net.")
    weights, voltages = [w for w in module.net.parameters() if w.requires_grad], []
    images, labels = torch.randn(6, 1, 28, 28), torch.arange(6)

    def spread(net, x, result):
        """Move the voltages apart: then each mistake gives another loss, also where the network is silent."""
        v, *state = result if isinstance(result, tuple) else (result,)
        voltages.append(v + 3 * torch.randn(v.shape, generator=torch.Generator().manual_seed(3)))
        return (voltages[-1], *state) if state else voltages[-1]

    with module.net.register_forward_hook(spread):
        hints = {
            "second time": "Lightning calls backward itself: training_step only returns the loss.",
            'missing the required "forward"': "The module has no forward of its own: its network is self.net.",
            "Boolean value of Tensor": "CrossEntropyLoss()(logits, labels): mind the brackets. net takes images alone.",
            "[-1, 0], but got 1": "The logits should be shaped (batch, n_classes): which axis of v is time?",
        }
        loss = call(module.training_step, hints, batch=(images, labels), batch_idx=0)
    expect(not isinstance(loss, dict) or "loss" in loss, "In a dict the loss is called loss: yours has another name.")
    loss = loss["loss"] if isinstance(loss, dict) else loss
    expect(voltages, "The loss should come from the voltage of self.net: yours never calls it.")
    expect(voltages[-1].dim() == 3, "self.net should give voltages, (seq_length, batch, n_classes), as Network does.")
    expect(voltages[-1].shape[1] == 6, "self.net takes all images of the batch at once: yours gives it a part.")
    v, entropy = voltages[-1], partial(F.cross_entropy, target=labels)
    logits = v.amax(0)
    hits, each = logits.argmax(1) == labels, entropy(logits, reduction="none")
    expect(not close(loss, logits), "Those are the logits: the loss compares them with the labels.")
    expect(not close(loss, each), "Those are the losses of single images: the batch needs one number.")
    mistakes = {
        "The logits should be the highest voltage over time: yours are the mean.": entropy(v.mean(0)),
        "The logits should be the highest voltage over time: yours are the sum.": entropy(v.sum(0)),
        "The logits should be the highest voltage over time: yours are the last.": entropy(v[-1]),
        "Cross-entropy takes the logits as they are: yours went through a softmax.": entropy(logits.softmax(1)),
        "The loss should be a mean over the images: yours is a sum, and grows with the batch.": each.sum(),
        "That is the accuracy: a share of right answers has no slope to follow.": hits.float().mean(),
        "That is the share of wrong answers: it has no slope to follow.": (~hits).float().mean(),
        "nll_loss wants logarithms of probabilities: for logits there is cross_entropy.": F.nll_loss(logits, labels),
    }
    compare("The loss", torch.as_tensor(number(loss)).to(v), each.mean(), mistakes)
    expect(getattr(loss, "requires_grad", False), "The value is right, but no gradient gets from it to the network.")
    got = call(lambda loss: slopes(loss, *weights), hints, loss=loss)
    expect(all(slope is not None for slope in got), "The value is right, but some weights of self.net get no gradient.")
    return "one number, and a gradient for every weight. Lightning needs no more to train it on any device."
