"""Answers to the exercises of chapter 1."""

import math

import norse.torch as norse
import pytorch_lightning as pl
import torch
import torch.nn.functional as F

from helpers.check import chapter_1 as check
from helpers.classifier import SpikingClassifier
from helpers.model import SpikingConvNet
from tests.check.answers import NOT_DONE as USUAL
from tests.check.answers import changed, stub

EXERCISES = ["lif_step", "steps_to_spike", "surrogate", "poisson", "two_halves", "training_step"]


def lif(x, v, i, dt_v=1e-3, dt_i=1e-3, leak=1, late=False, early=False, reset="yes", spikes="new"):
    old = v
    i_new = i + x
    if early:  # the current decays before it drives v
        i_new = i_new - dt_i * 200 * i_new
    v = v + dt_v * 100 * (leak * (0.0 - v) + (i if late else i_new))
    if not early:
        i_new = i_new - dt_i * 200 * i_new
    z = (v >= 1 if spikes == "at" else (old if spikes == "old" else v) > 1).float()
    v = {"yes": v * (1 - z), "no": v, "subtract": v - z, "others": v * z}[reset]
    return (v > 1).float() if spikes == "after" else z, v, i_new


def lif_by_norse(x, v, i):
    z, state = norse.LIFCell()(x, norse.LIFFeedForwardState(v, i))
    return [z, state.v, state.i]


def lif_order(x, v, i):
    z, v, i = lif(x, v, i)
    return v, i, z


def lif_bool(x, v, i):
    z, v, i = lif(x, v, i)
    return z.bool(), v, i


def lif_x_after_decay(x, v, i):
    z, v, _ = lif(x, v, i)
    return z, v, i - 0.2 * i + x


def lif_in_place(x, v, i):
    i += x
    return lif(0 * x, v, i)


def lif_typo(x, v, i):
    return x + undefined, v, i  # noqa: F821


def steps(x, shift=0, base=0.9, unit=1, never=math.inf):
    return never if x <= 1 else (math.floor(math.log(1 - 1 / x) / math.log(base)) + 1 + shift) * unit


def steps_by_loop(x):
    v = torch.zeros(())
    for n in range(1, 1000):
        v = v + 0.1 * (x - v)
        if v > 1:
            return torch.tensor(n)
    return torch.tensor(math.inf)


def steps_for_ever(x):
    v, n = 0.0, 0
    while v <= 1:
        v, n = v + 0.1 * (x - v), n + 1
    return n


def steps_unguarded(x):
    return math.floor(math.log(1 - 1 / x) / math.log(0.9)) + 1


def spike_with(slope, forward=lambda u, alpha: (u > 0).float()):
    """A surrogate spike whose backward pass is slope(g, u, alpha)."""

    class Spike(torch.autograd.Function):
        @staticmethod
        def forward(ctx, u, alpha):
            ctx.save_for_backward(u)
            ctx.alpha = alpha
            return forward(u, alpha)

        @staticmethod
        def backward(ctx, g):
            return slope(g, *ctx.saved_tensors, ctx.alpha), None

    return Spike.apply


def superspike(g, u, alpha):
    return g / (alpha * u.abs() + 1) ** 2


def times_slope(g, u, alpha):
    g *= 1 / (alpha * u.abs() + 1) ** 2
    return g


def lif_without_v(x, v, i):
    z, _, i = lif(x, v, i)
    return z, torch.where(z > 0, 0.0, v), i


def into_zeros(net, spikes):
    out = torch.zeros(len(spikes), spikes.shape[1], 10)
    half = len(spikes) // 2
    out[:half], state = net(spikes[:half], return_state=True)
    out[half:] = net(spikes[half:], state)
    return out


def spike_without_class(u, alpha):
    """The same gradient by arithmetic that cancels: u / (alpha |u| + 1) has the slope of SuperSpike."""
    smooth = u / (alpha * u.abs() + 1)
    return (u > 0).float() + smooth - smooth.detach()


def random(shape, p):
    return (torch.rand(shape) < p).float()


def poisson(p, seq_length):
    return random((seq_length, *p.shape), p)


def seeded(p, seq_length):
    torch.manual_seed(3)
    return poisson(p, seq_length)


def halves(net, spikes, carry=True, axis=0, swap=False, only=slice(0, 2), cut=lambda state: state):
    half = len(spikes) // 2
    first, state = net(spikes[:half], return_state=True)
    second = net(spikes[half:], cut(state) if carry else None)
    both = [second, first] if swap else [first, second]
    return torch.cat(both[only], axis)


def backwards(net, spikes):
    second, state = net(spikes[len(spikes) // 2 :], return_state=True)
    return torch.cat([second, net(spikes[: len(spikes) // 2], state)])


def halves_with_pair(net, spikes):
    first, state = net(spikes[: len(spikes) // 2], return_state=True)
    return torch.cat([first, net(spikes[len(spikes) // 2 :], state, return_state=True)])


def by_chunks(net, spikes):
    state, voltages = None, []
    for part in spikes.chunk(2):
        v, state = net(part, state=state, return_state=True)
        voltages += list(v)
    return torch.stack(voltages)


def of_the_batch(net, spikes):
    return torch.cat([net(spikes[:, :2]), net(spikes[:, 2:])], 1)


def detached(state):
    return type(state)(*(type(layer)(*(part.detach() for part in layer)) for layer in state))


class Classifier(pl.LightningModule):
    """The module of chapter 1; loss(v, labels) is what its training_step returns."""

    def __init__(self, loss, seq_length=4):
        super().__init__()
        self.net, self.loss = SpikingConvNet(seq_length, n_hidden=20), loss

    def training_step(self, batch, batch_idx):
        images, labels = batch
        return self.loss(self.net(images), labels)


class Logging(Classifier):
    """Logs, and asks the network for its state."""

    def training_step(self, batch, batch_idx):
        v, state = self.net(batch[0], return_state=True)
        loss = F.nll_loss(v.max(0).values.log_softmax(-1), batch[1])
        self.log("train_loss", loss)
        return {"loss": loss}


class WithoutForward(Classifier):
    """Calls itself, as one calls a torch.nn.Module, where it should call its network."""

    def training_step(self, batch, batch_idx):
        return entropy(highest)(self(batch[0]), batch[1])


class Blind(Classifier):
    def training_step(self, batch, batch_idx):
        return torch.zeros(())


class Eager(Classifier):
    def training_step(self, batch, batch_idx):
        loss = super().training_step(batch, batch_idx)
        loss.backward()
        return loss


def entropy(decode, **options):
    return lambda v, labels: F.cross_entropy(decode(v), labels, **options)


def highest(v):
    return v.amax(0)


def accuracy(v, labels):
    return (highest(v).argmax(1) == labels).float().mean()


RIGHT = [
    (check.lif_step, lif),
    (check.lif_step, lif_by_norse),
    (check.steps_to_spike, steps),
    (check.steps_to_spike, steps_by_loop),
    (check.surrogate, spike_with(superspike)),
    (check.surrogate, spike_with(lambda g, u, alpha: g * (1 + alpha * torch.where(u > 0, u, -u)).pow(-2))),
    (check.surrogate, spike_without_class),
    (check.poisson, poisson),
    (check.poisson, lambda p, seq_length: torch.bernoulli(p.expand(seq_length, *p.shape))),
    (check.poisson, lambda p, seq_length: torch.stack([(p > torch.rand_like(p)).to(p) for _ in range(seq_length)])),
    (check.two_halves, halves),
    (check.two_halves, by_chunks),
    (check.two_halves, into_zeros),
    (check.training_step, Classifier(entropy(highest))),
    (check.training_step, Classifier(entropy(highest), seq_length=6)),
    (check.training_step, Logging(None)),
    (check.training_step, type("Mine", (SpikingClassifier,), {})(seq_length=3, encoding="poisson")),
]

WRONG = [
    (check.lif_step, changed(lif, dt_v=1.0), "v changes far too much"),
    (check.lif_step, lif_without_v, "is the result of its line used?"),
    (check.lif_step, changed(lif, dt_i=1.0), "i changes far too much"),
    (check.lif_step, changed(lif, leak=-1), "v should decay towards v_leak: yours grows"),
    (check.lif_step, changed(lif, dt_v=-1e-3), "v should decay towards v_leak: yours grows"),
    (check.lif_step, changed(lif, dt_i=0.0), "i should decay in each step"),
    (check.lif_step, changed(lif, dt_i=-1e-3), "i should decay: yours grows"),
    (check.lif_step, changed(lif, reset="no"), "v should be reset after a spike"),
    (check.lif_step, changed(lif, reset="subtract"), "yours loses v_th"),
    (check.lif_step, changed(lif, early=True), "v should feel the current before it decays"),
    (check.lif_step, changed(lif, late=True), "v should feel the input of this step"),
    (check.lif_step, changed(lif, spikes="old"), "Spikes come from the new voltage"),
    (check.lif_step, changed(lif, spikes="after"), "z is 0 everywhere"),
    (check.lif_step, changed(lif, leak=0), "v[0, 0] should be 0.45 for x = 0, v = 0.5, i = 0: yours is 0.5."),
    (check.lif_step, changed(lif, dt_v=1e-3 / 100**2), "v hardly moves: tau_mem_inv is an inverse already"),
    (check.lif_step, changed(lif, dt_i=1e-3 / 200**2), "or nearly all of it"),
    (check.lif_step, changed(lif, dt_v=2e-3), "v moves with tau_mem_inv"),
    (check.lif_step, changed(lif, dt_i=5e-4), "i decays with tau_syn_inv"),
    (check.lif_step, lambda x, v, i: lif(0 * x, v, i), "x never arrives in i"),
    (check.lif_step, changed(lif, reset="others"), "yours resets all others"),
    (check.lif_step, changed(lif, spikes="at"), "yours comes at v_th too"),
    (check.lif_step, lambda x, v, i: (1 if v > 1 else 0, v, i), "at once: an if"),
    (check.lif_step, lif_x_after_decay, "x should arrive before i decays"),
    (check.lif_step, lif_bool, "z should hold numbers of type torch.float32: yours are torch.bool"),
    (check.lif_step, lif_order, "another order than z, v, i"),
    (check.lif_step, lambda x, v, i: v, "three tensors"),
    (check.lif_step, lambda x, v, i: (x[0], v[0], i[0]), "i should be shaped (2, 6) here: yours is (6,)"),
    (check.lif_step, lambda x, v, i: (x, v, 0 * i / 0), "i holds nan"),
    (check.lif_step, lif_in_place, "changes i in place"),
    (check.lif_step, lif_typo, "NameError: name 'undefined' is not defined\nLook at line"),
    (check.steps_to_spike, lambda x: steps(x, shift=-1), "a step early"),
    (check.steps_to_spike, lambda x: steps(x, shift=1), "a step late"),
    (check.steps_to_spike, lambda x: 1 if x == 10 else steps(x), "For x = 10 the first step ends at v = 1"),
    (check.steps_to_spike, lambda x: steps(x, unit=1e-3), "yours is in seconds"),
    (check.steps_to_spike, lambda x: steps(x, base=0.8), "yours has the synapse's"),
    (check.steps_to_spike, lambda x: math.log(1 - 1 / x) / math.log(0.9) if x > 1 else math.inf, "Steps are whole"),
    (check.steps_to_spike, lambda x: steps(x, base=0.5), "steps_to_spike(1.05) should be 29: yours is 5."),
    (check.steps_to_spike, lambda x: math.inf, "steps_to_spike(1.05) should be 29: yours is inf."),
    (check.steps_to_spike, lambda x: steps(x, never=math.nan), "Yours says nan"),
    (check.steps_to_spike, lambda x: steps(x, never=-1), "Yours says -1"),
    (check.steps_to_spike, lambda x: steps(x, never=None), "there your function gives no number"),
    (
        check.steps_to_spike,
        steps_unguarded,
        "With x = 0.5 v never passes the threshold: there your function stops with Val",
    ),
    (check.steps_to_spike, steps_for_ever, "there your function loops for ever"),
    (check.surrogate, spike_with(lambda g, u, alpha: 0 * u), "the true slope of a step"),
    (check.surrogate, spike_with(lambda g, u, alpha: None), "the true slope of a step"),
    (check.surrogate, spike_with(lambda g, u, alpha: superspike(1, u, alpha)), "yours is the slope alone"),
    (check.surrogate, spike_with(lambda g, u, alpha: g / (alpha * u.abs() + 1)), "look at the power"),
    (check.surrogate, spike_with(lambda g, u, alpha: superspike(g, u, 1)), "yours ignores alpha"),
    (check.surrogate, spike_with(lambda g, u, alpha: g / (alpha * u + 1) ** 2), "both sides of the threshold"),
    (check.surrogate, spike_with(lambda g, u, alpha: g * (alpha * u.abs() + 1) ** 2), "grows away from it"),
    (check.surrogate, spike_with(lambda g, u, alpha: g), "Yours passes the gradient on as it is"),
    (check.surrogate, spike_with(lambda g, u, alpha: g / (alpha * u**2 + 1) ** 2), "yours with its square"),
    (check.surrogate, spike_with(lambda g, u, alpha: 2 * g), "for u = -2, alpha = 1, gradient_of_z = 1: yours is 2."),
    (check.surrogate, spike_with(lambda g, u, alpha: g.sum()), "one gradient for each u"),
    (check.surrogate, spike_with(superspike, lambda u, alpha: (alpha * u).sigmoid()), "Forward should stay a step"),
    (check.surrogate, spike_with(superspike, lambda u, alpha: (u < 0).float()), "z[0, 0] should be 0: yours is 1."),
    (check.surrogate, spike_with(superspike, lambda u, alpha: u > 0), "z should hold numbers of type"),
    (check.surrogate, lambda u, alpha: (u > 0).float(), "z is cut off from u"),
    (check.surrogate, torch.autograd.Function, "Hand over what can be called"),
    (check.surrogate, spike_with(lambda g, u, alpha: g * undefined), "NameError"),  # noqa: F821
    (check.surrogate, spike_with(times_slope), "changes gradient_of_z in place"),
    (check.poisson, lambda p, seq_length: random(p.shape, p), "Time is missing"),
    (check.poisson, lambda p, seq_length: poisson(p, seq_length).movedim(0, -1), "first axis: yours is the last"),
    (check.poisson, lambda p, seq_length: poisson(p, seq_length).movedim(0, 1), "first axis: yours is the second"),
    (check.poisson, lambda p, seq_length: random(p.shape, p).repeat(seq_length, 1, 1, 1, 1), "same at every step"),
    (check.poisson, lambda p, seq_length: random((seq_length, 1, *p.shape[1:]), p), "same for all images"),
    (check.poisson, lambda p, seq_length: random((seq_length, len(p), 1, 1, 1), p), "same for all pixels"),
    (check.poisson, seeded, "Is there a fixed seed?"),
    (check.poisson, lambda p, seq_length: p.expand(seq_length, *p.shape), "Those are the probabilities"),
    (check.poisson, lambda p, seq_length: torch.poisson(p.expand(seq_length, *p.shape)), "yours take other values"),
    (
        check.poisson,
        lambda p, seq_length: poisson(p, seq_length).bool(),
        "numbers of type torch.float32: yours are torch.bool",
    ),
    (check.poisson, lambda p, seq_length: 1 - poisson(p, seq_length), "Bright pixels should spike most"),
    (check.poisson, lambda p, seq_length: poisson(0.1 + 0.9 * p, seq_length), "A pixel with p = 0"),
    (
        check.poisson,
        lambda p, seq_length: poisson(0.1 * p, seq_length),
        "Pixels with p = 1.00 should spike in that share of steps: yours in 0.10",
    ),
    (check.two_halves, backwards, "the first one comes first"),
    (check.two_halves, halves_with_pair, "With return_state=True net returns a pair"),
    (check.two_halves, changed(halves, carry=False), "yours starts from rest"),
    (check.two_halves, changed(halves, only=slice(1, 2)), "The first half is missing"),
    (check.two_halves, changed(halves, only=slice(0, 1)), "shaped (12, 8, 10) here: yours is (6, 8, 10)"),
    (check.two_halves, changed(halves, axis=1), "yours are joined along the batch"),
    (check.two_halves, changed(halves, swap=True), "The halves are in the wrong order"),
    (check.two_halves, changed(halves, cut=detached), "no gradient gets back through both halves"),
    (check.two_halves, torch.no_grad()(halves), "no gradient gets back through both halves"),
    (check.two_halves, of_the_batch, "yours cut the batch"),
    (check.two_halves, lambda net, spikes: net(spikes), "Yours gives all steps to net at once"),
    (
        check.two_halves,
        lambda net, spikes: net(spikes[:6], return_state=True),
        "should be one tensor: yours is a tuple of 2",
    ),
    (check.training_step, Classifier(lambda v, labels: torch.nn.CrossEntropyLoss(v.amax(0), labels)), "brackets"),
    (check.training_step, Classifier(lambda v, labels: F.cross_entropy(v.max(0)[1], labels)), "are these indices"),
    (check.training_step, WithoutForward(None), "has no forward of its own"),
    (check.training_step, Classifier(entropy(lambda v: v.mean(0))), "yours are the mean"),
    (check.training_step, Classifier(entropy(lambda v: v.sum(0))), "yours are the sum"),
    (check.training_step, Classifier(entropy(lambda v: v[-1])), "yours are the last"),
    (check.training_step, Classifier(entropy(lambda v: v.amax(1))), "time is the first axis of v"),
    (check.training_step, Classifier(entropy(lambda v: v.amax(2))), "time is the first axis of v"),
    (check.training_step, Classifier(entropy(lambda v: v.max(0))), "max over an axis gives a pair"),
    (check.training_step, Classifier(entropy(lambda v: highest(v).softmax(1))), "yours went through a softmax"),
    (check.training_step, Classifier(entropy(highest, reduction="sum")), "yours is a sum"),
    (check.training_step, Classifier(entropy(highest, reduction="none")), "the losses of single images"),
    (check.training_step, Classifier(entropy(lambda v: highest(v).detach())), "no gradient gets from it"),
    (check.training_step, Classifier(lambda v, labels: entropy(highest)(v, labels).item()), "no gradient gets from it"),
    (check.training_step, Classifier(lambda v, labels: highest(v)), "Those are the logits"),
    (check.training_step, Classifier(lambda v, labels: v), "should be one number: yours is a tensor shaped (4, 6, 10)"),
    (check.training_step, Classifier(accuracy), "That is the accuracy"),
    (check.training_step, Classifier(lambda v, labels: None), "returns None"),
    (check.training_step, Classifier, "check.training_step(Classifier())"),
    (check.training_step, pl.LightningModule(), "hold its network as net"),
    (check.training_step, Blind(None), "yours never calls it"),
    (check.training_step, Eager(entropy(highest)), "Lightning calls backward itself"),
]

NOT_DONE = {"surrogate": [*USUAL, spike_with(stub), spike_with(lambda g, u, alpha: g * ...)]}
MODULES = {"training_step": Classifier}
