"""Checks of exercises: right answers are accepted, each usual mistake gets its own sentence, nothing raises."""

import copy
import math

import norse.torch as norse
import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F

from helpers import check
from helpers.classifier import SpikingClassifier
from helpers.data import MEAN, STD
from helpers.model import SpikingConvNet
from helpers.train import main

CHECKS = {
    "lif_step": 1,
    "steps_to_spike": 2,
    "surrogate": 3,
    "poisson": 4,
    "two_halves": 5,
    "training_step": 6,
    "normalise": 1,
    "decode": 2,
    "spike_rate": 3,
    "resume_command": 4,
    "speed_up_limit": 5,
    "faults": 1,
    "conv_flops": 2,
    "over_time": 3,
    "lif_backward": 4,
    "saved_bytes": 5,
    "largest_batch": 6,
    "average": 1,
    "plan": 2,
    "efficiency": 3,
    "serial_fraction": 4,
    "job_script": 5,
    "diagnosis": 6,
}


# Answers, right and wrong: the wrong ones change one thing


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


def lif_changed(**changes):
    return lambda x, v, i: lif(x, v, i, **changes)


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


def spike_without_class(u, alpha):
    """The same gradient by arithmetic that cancels: u / (alpha |u| + 1) has the slope of SuperSpike."""
    smooth = u / (alpha * u.abs() + 1)
    return (u > 0).float() + smooth - smooth.detach()


def stub(*arguments):
    raise NotImplementedError("replace this line")


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


def halves_changed(**changes):
    return lambda net, spikes: halves(net, spikes, **changes)


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


def decoded(v, how, axis=0, **changed):
    usual = {"max": lambda v: v.max(axis).values, "mean": lambda v: v.mean(axis), "last": lambda v: v.select(axis, -1)}
    return (usual | changed)[how](v)


def decode_changed(**changes):
    return lambda v, how: decoded(v, how, **changes)


def decode_in_place(v, how):
    v -= v.mean()
    return decoded(v, how)


FAULTS = {"A": "does not wait for the GPU", "B": "no warm-up", "C": "times other work too"}


def flops(factor=2):
    return lambda in_channels, out_channels, kernel, size: factor * in_channels * out_channels * kernel**2 * size**2


def folded(layer, x):
    return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def folded_by_reshape(layer, x):
    y = layer(x.reshape(-1, *x.shape[2:]))
    return y.view(len(x), -1, *y.shape[1:])


def back(v, dz, dv, di, a, b, mask=lambda v: v > 1, decay=None, reset=-1, slope=lambda u: 1 / (u.abs() + 1) ** 2):
    s = (dz + reset * dv * v) * slope(v - 1)
    dv = torch.where(mask(v), 0.0, dv) + s
    di = (1 - b if decay is None else decay(b)) * di + a * dv
    return di, (1 - a) * dv, di


def back_changed(**changes):
    return lambda *arguments: back(*arguments, **changes)


def back_in_place(v, dz, dv, di, a, b):
    dv[v > 1] = 0
    return back(v, dz, dv, di, a, b)


def back_zeroed(v, dz, dv, di, a, b):
    s = (dz - dv * v) / ((v - 1).abs() + 1) ** 2
    dv = torch.where(v > 1, 0.0, dv + s)
    di = (1 - b) * di + a * dv
    return di, (1 - a) * dv, di


def batch(b1, m1, b2, m2, budget):
    for_one = (m2 - m1) / (b2 - b1)
    return math.floor((budget - (m1 - b1 * for_one)) / for_one)


def mean_of(gradients, reduce=lambda own: sum(own) / len(own)):
    return {name: reduce([of[name] for of in gradients]) for name in gradients[0]}


def mean_changed(reduce):
    return lambda gradients: mean_of(gradients, reduce)


def mean_in_place(gradients):
    for of in gradients[1:]:
        for name, gradient in of.items():
            gradients[0][name] += gradient
    return {name: gradient / len(gradients) for name, gradient in gradients[0].items()}


def planned(devices, images, batch_size, learning_rate):
    return devices * batch_size, images // (devices * batch_size), devices * learning_rate


def efficient(value):
    return lambda rates: {n: value(n, rate, rates[1]) for n, rate in rates.items()}


JOB = """#!/bin/bash
#SBATCH --job-name=snn
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=4
#SBATCH --time=01:00:00
#SBATCH --signal=SIGUSR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log

export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK
srun python -m helpers.train fit --run=/scratch/runs/$SLURM_JOB_ID
"""


def job(old, new=""):
    assert old in JOB
    return JOB.replace(old, new)


DIAGNOSIS = {"A": "3b", "B": "5d", "C": "1e", "D": "6a", "E": "2f"}


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
    (check.training_step, Classifier(entropy(highest))),
    (check.training_step, Classifier(entropy(highest), seq_length=6)),
    (check.training_step, Logging(None)),
    (check.training_step, SpikingClassifier(seq_length=3, encoding="poisson")),
    (check.normalise, lambda images: (images / 255 - MEAN) / STD),
    (check.normalise, lambda images: images.float().div(255 * STD) - MEAN / STD),
    (check.decode, decoded),
    (check.decode, decode_changed(mean=lambda v: v.sum(0) / len(v), last=lambda v: v[len(v) - 1])),
    (check.spike_rate, lambda z, dt: z.mean() / dt),
    (check.spike_rate, lambda z, dt: z.sum().item() / (z.numel() * dt)),
    (check.resume_command, "python -m helpers.train fit --run runs/killed --resume"),
    (check.resume_command, "!python -m helpers.train fit --resume --run=runs/killed/"),
    (check.resume_command, ["fit", "--resume", "--run", "runs/killed"]),
    (check.speed_up_limit, lambda share: 1 / (1 - share)),
    (check.speed_up_limit, lambda share: torch.tensor(1 - share) ** -1),
    (check.faults, FAULTS),
    (check.conv_flops, flops()),
    (check.conv_flops, lambda i, o, k, s: sum(2 * i * k * k for _ in range(o) for _ in range(s * s))),
    (check.over_time, folded),
    (check.over_time, folded_by_reshape),
    (check.lif_backward, back),
    (check.lif_backward, lambda *arguments: list(back(*arguments))),
    (check.saved_bytes, lambda t, batch, neurons: 4 * t * batch * neurons),
    (check.saved_bytes, lambda t, batch, neurons: torch.empty(t, batch, neurons).nbytes),
    (check.largest_batch, batch),
    (check.largest_batch, lambda b1, m1, b2, m2, budget: b2 + (budget - m2) * (b2 - b1) // (m2 - m1)),
    (check.average, mean_of),
    (check.average, mean_changed(lambda own: torch.stack(own).mean(0))),
    (check.plan, planned),
    (check.plan, lambda d, images, batch, rate: [d * batch, images // d // batch, torch.tensor(d * rate)]),
    (check.efficiency, efficient(lambda n, rate, one: rate / one / n)),
    (check.efficiency, efficient(lambda n, rate, one: torch.tensor(rate / (n * one)))),
    (check.serial_fraction, lambda n, speed_up: (n / speed_up - 1) / (n - 1)),
    (check.serial_fraction, lambda n, speed_up: (1 / speed_up - 1 / n) / (1 - 1 / n)),
    (check.job_script, JOB),
    (check.job_script, job("--nodes=2", "-N 2  # computers")),
    (check.job_script, job("--gpus-per-node=4", "--gres=gpu:a100:4")),
    (check.job_script, job("SIGUSR1@120", "USR1@120")),
    (check.job_script, job("srun python", "srun --label --cpu-bind=cores /opt/env/bin/python")),
    (check.diagnosis, DIAGNOSIS),
    (check.diagnosis, {letter: said.upper() for letter, said in DIAGNOSIS.items()}),
]

WRONG = [
    (check.lif_step, lif_changed(dt_v=1.0), "v changes far too much"),
    (check.lif_step, lif_changed(dt_i=1.0), "i changes far too much"),
    (check.lif_step, lif_changed(leak=-1), "v should decay towards v_leak: yours grows"),
    (check.lif_step, lif_changed(dt_v=-1e-3), "v should decay towards v_leak: yours grows"),
    (check.lif_step, lif_changed(dt_i=0.0), "i should decay in each step"),
    (check.lif_step, lif_changed(dt_i=-1e-3), "i should decay: yours grows"),
    (check.lif_step, lif_changed(reset="no"), "v should be reset after a spike"),
    (check.lif_step, lif_changed(reset="subtract"), "yours loses v_th"),
    (check.lif_step, lif_changed(early=True), "v should feel the current before it decays"),
    (check.lif_step, lif_changed(late=True), "v should feel the input of this step"),
    (check.lif_step, lif_changed(spikes="old"), "Spikes come from the new voltage"),
    (check.lif_step, lif_changed(spikes="after"), "z is 0 everywhere"),
    (check.lif_step, lif_changed(leak=0), "v[0, 0] should be 0.45 for x = 0, v = 0.5, i = 0: yours is 0.5."),
    (check.lif_step, lif_changed(dt_v=1e-3 / 100**2), "v hardly moves: tau_mem_inv is an inverse already"),
    (check.lif_step, lif_changed(dt_i=1e-3 / 200**2), "or nearly all of it"),
    (check.lif_step, lif_changed(dt_v=2e-3), "v moves with tau_mem_inv"),
    (check.lif_step, lif_changed(dt_i=5e-4), "i decays with tau_syn_inv"),
    (check.lif_step, lambda x, v, i: lif(0 * x, v, i), "x never arrives in i"),
    (check.lif_step, lif_changed(reset="others"), "yours resets all others"),
    (check.lif_step, lif_changed(spikes="at"), "yours comes at v_th too"),
    (check.lif_step, lambda x, v, i: (1 if v > 1 else 0, v, i), "compare them all at once"),
    (check.lif_step, lif_x_after_decay, "x should arrive before i decays"),
    (check.lif_step, lif_bool, "z should hold numbers of type torch.float32: yours are torch.bool"),
    (check.lif_step, lif_order, "another order than z, v, i"),
    (check.lif_step, lambda x, v, i: v, "three tensors"),
    (check.lif_step, lambda x, v, i: (x[0], v[0], i[0]), "i should be shaped (2, 5) here: yours is (5,)"),
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
    (check.two_halves, halves_changed(carry=False), "yours starts from rest"),
    (check.two_halves, halves_changed(only=slice(1, 2)), "The first half is missing"),
    (check.two_halves, halves_changed(only=slice(0, 1)), "shaped (12, 4, 10) here: yours is (6, 4, 10)"),
    (check.two_halves, halves_changed(axis=1), "yours are joined along the batch"),
    (check.two_halves, halves_changed(swap=True), "The halves are in the wrong order"),
    (check.two_halves, halves_changed(cut=detached), "no gradient gets back through both halves"),
    (check.two_halves, torch.no_grad()(halves), "no gradient gets back through both halves"),
    (check.two_halves, of_the_batch, "yours cut the batch"),
    (check.two_halves, lambda net, spikes: net(spikes), "Yours gives all steps to net at once"),
    (
        check.two_halves,
        lambda net, spikes: net(spikes[:6], return_state=True),
        "should be one tensor: yours is of type tuple",
    ),
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
    (check.normalise, lambda images: (images.float() - MEAN) / STD, "yours are 0 to 255"),
    (check.normalise, lambda images: images / 255 - MEAN, "yours stays as it was"),
    (check.normalise, lambda images: (images / 255 - MEAN) * STD, "yours gets smaller still"),
    (check.normalise, lambda images: images / 255 / STD, "The mean should become 0"),
    (check.normalise, lambda images: (images - MEAN) / 255 / STD, "look at the order"),
    (check.normalise, lambda images: images / 255 - MEAN / STD, "look at the brackets"),
    (check.normalise, lambda images: torch.nn.functional.normalize(images / 255), "The result[0, 0, 0, 0] should be"),
    (
        check.normalise,
        lambda images: (images / 255 - (images / 255).mean()) / (images / 255).std(),
        "changes with the batch",
    ),
    (
        check.normalise,
        lambda images: ((images / 255 - MEAN) / STD).flatten(1),
        "shaped (3, 1, 28, 28) here: yours is (3, 784)",
    ),
    (
        check.normalise,
        lambda images: (images.double() / 255 - MEAN) / STD,
        "type torch.float32: yours are torch.float64",
    ),
    (check.decode, decode_changed(axis=1), "For max, yours goes over the batch"),
    (check.decode, decode_changed(axis=2), "For max, yours goes over the classes"),
    (check.decode, decode_changed(max=lambda v: v.max(0)), "Yours is a pair"),
    (check.decode, decode_changed(max=lambda v: v.abs().amax(0)), "whatever its sign"),
    (check.decode, decode_changed(mean=lambda v: v.sum(0)), "For mean, yours is a sum"),
    (check.decode, decode_changed(mean=lambda v: v.amax(0)), "For mean, yours gives the max"),
    (check.decode, decode_changed(last=lambda v: v[0]), "the voltage of the first step"),
    (check.decode, decode_changed(last=lambda v: v[:, -1]), "For last, yours goes over the batch"),
    (check.decode, decode_changed(last=lambda v: v[-1].detach()), "no gradient gets through"),
    (check.decode, decode_in_place, "changes v in place"),
    (check.spike_rate, lambda z, dt: z.mean(), "That is spikes per step"),
    (check.spike_rate, lambda z, dt: z.sum(), "That is the number of all spikes"),
    (check.spike_rate, lambda z, dt: z.mean() * dt, "yours is higher"),
    (check.spike_rate, lambda z, dt: z.mean() * 1000, "it should depend on dt"),
    (check.spike_rate, lambda z, dt: z.mean(0) / dt, "should be one number: yours is a tensor shaped (3, 2, 5)"),
    (check.spike_rate, lambda z, dt: z.sum() / (len(z) * dt), "the rate of all neurons together"),
    (check.spike_rate, lambda z, dt: z.mean() / (len(z) * dt), "is it divided by that twice?"),
    (check.spike_rate, lambda z, dt: z.sum() / dt, "of how many neurons, and in how many steps?"),
    (check.resume_command, "python -m helpers.train fit --run runs/killed", "would start anew"),
    (check.resume_command, "python -m helpers.train fit --resume", "goes on with the newest run"),
    (check.resume_command, "python -m helpers.train fit --run runs/killed --ckpt_path best.ckpt", "one moment"),
    (check.resume_command, "python -m helpers.train fit -run runs/killed -resume", "begin with two dashes"),
    (check.resume_command, "python helpers/train.py fit --run runs/killed --resume", "python -m helpers.train."),
    (check.resume_command, "python -m helpers.train test --run runs/killed --resume", "Which subcommand trains?"),
    (check.resume_command, "python -m helpers.train fit --run runs/killed --resume True", "takes no value"),
    (check.resume_command, ["fit", "--resume=runs/killed", "--run=runs/killed"], "takes no value"),
    (
        check.resume_command,
        "python -m helpers.train fit --resume --run runs/killed/last.ckpt",
        "yours says runs/killed/last.ckpt",
    ),
    (check.resume_command, "python -m helpers.train --resume --run runs/killed fit", "The subcommand comes first"),
    (check.resume_command, "fit --run runs/killed --resume", "started by python -m helpers.train"),
    (check.resume_command, "fit 'runs/killed", "This cannot be checked (ValueError)"),
    (check.speed_up_limit, lambda share: 1 / share, "yours promises less"),
    (check.speed_up_limit, lambda share: share, "That is the share itself"),
    (check.speed_up_limit, lambda share: 1 - share, "That is the time that is left"),
    (check.speed_up_limit, lambda share: 1 + share, "more than twice as fast"),
    (check.speed_up_limit, lambda share: 1 / (1 - share / 100), "yours takes it for percent"),
    (check.speed_up_limit, lambda share: share / (1 - share), "yours counts from 0"),
    (check.speed_up_limit, lambda share: 100 / (1 - share), "speed_up_limit(0.75) should be 4: yours is 400."),
    (check.faults, ["no warm-up"], "The answer is a dict with the keys A, B, C"),
    (check.faults, {"A": FAULTS["A"], "B": FAULTS["B"]}, "Timing C has no answer yet"),
    (check.faults, {**FAULTS, "A": "too slow"}, "For A choose one of"),
    (check.faults, {**FAULTS, "A": FAULTS["B"]}, "Is all work done at the second?"),
    (check.faults, {**FAULTS, "B": FAULTS["A"]}, "what would remove that?"),
    (check.faults, {**FAULTS, "C": FAULTS["A"]}, "What does the for loop do besides"),
    (check.conv_flops, flops(1), "yours counts one operation"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * s * s, "The kernel has kernel * kernel weights"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * k * s, "The output has size * size pixels"),
    (check.conv_flops, lambda i, o, k, s: 2 * o * k * k * s * s, "The sum goes over all input channels"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * k * k * s * s, "There are out_channels maps"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * s, "Kernel and size count along both sides"),
    (check.conv_flops, lambda i, o, k, s: o * s * s, "That is the number of outputs"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * k, "That is the number of weights, twice"),
    (check.conv_flops, lambda i, o, k, s: i * o * k * k, "That is the number of weights. Each"),
    (check.conv_flops, flops(6), "the backward pass is not asked for"),
    (check.conv_flops, flops(3), "conv_flops(1, 20, 5, 24) should be 5.76e+05: yours is 8.64e+05"),
    (check.over_time, lambda layer, x: layer(x.flatten(0, 1)), "Time and batch are still one axis"),
    (check.over_time, lambda layer, x: folded(layer, x).transpose(0, 1), "yours has them the other way round"),
    (
        check.over_time,
        lambda layer, x: layer(x.flatten(0, 1)).unflatten(0, (3, 5)).transpose(0, 1),
        "steps and images are mixed up",
    ),
    (check.over_time, lambda layer, x: layer(x[0]), "That is the first time step alone"),
    (check.over_time, lambda layer, x: torch.stack([layer(x_t) for x_t in x]), "by 5 calls of the layer"),
    (check.over_time, lambda layer, x: folded(layer, x).detach(), "no gradient gets back to x"),
    (check.over_time, lambda layer, x: layer(x), "here with 4 axes: yours gives it (5, 3, 2, 4, 4)"),
    (check.over_time, lambda layer, x: layer(x.flatten(0, 2)), "here with 4 axes: yours gives it (30, 4, 4)"),
    (check.over_time, lambda layer, x: folded(layer, x.detach()), "no gradient gets back to x"),
    (check.lif_backward, back_changed(reset=0), "The reset is missing in s"),
    (check.lif_backward, back_changed(reset=1), "yours adds"),
    (check.lif_backward, back_changed(slope=lambda u: 1), "yours has none"),
    (check.lif_backward, back_changed(slope=lambda u: 1 / (u.abs() + 1)), "yours is not"),
    (check.lif_backward, back_changed(slope=lambda u: 1 / (u + 1) ** 2), "yours keeps the sign"),
    (check.lif_backward, back_changed(slope=lambda u: 1 / ((u + 1).abs() + 1) ** 2), "yours is at v"),
    (check.lif_backward, back_changed(mask=lambda v: v > 1e9), "yours is kept"),
    (check.lif_backward, back_changed(mask=lambda v: v <= 1), "yours is 0 where it did not"),
    (check.lif_backward, back_changed(decay=lambda b: 1), "without the factor 1 - b"),
    (check.lif_backward, back_changed(decay=lambda b: b), "yours takes b"),
    (check.lif_backward, back_in_place, "changes dv in place"),
    (check.lif_backward, lambda *arguments: back(*arguments)[:2], "Return three tensors, dx, dv, di: yours has 2."),
    (check.over_time, lambda layer, x: torch.vmap(layer)(x), "should see all 15 images at once"),
    (check.lif_backward, lambda *arguments: [back(*arguments)[n] for n in (1, 0, 2)], "in another"),
    (check.lif_backward, back_zeroed, "yours is 0 there altogether"),
    (check.conv_flops, lambda i, o, k, s: i * k * k * s * s, "yours counts neither"),
    (check.conv_flops, lambda i, o, k, s: (2 * i * k * k + 1) * o * s * s, "The bias is left out"),
    (check.conv_flops, lambda i, o, k, s: 2 * i * o * k * k * (s + k - 1) ** 2, "not of the input"),
    (check.conv_flops, lambda i, o, k, s: 2 * (i + o) * k * k * s * s, "yours adds them up"),
    (check.saved_bytes, lambda t, batch, neurons: 8 * t * batch * neurons, "yours counts both"),
    (check.saved_bytes, lambda t, batch, neurons: 4 * t * batch * neurons / 2**20, "That is in mebibytes"),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: (budget + m1 - b1 * (m2 - m1) / (b2 - b1)) * (b2 - b1) // (m2 - m1),
        "yours leaves more",
    ),
    (check.saved_bytes, lambda t, batch, neurons: t * batch * neurons, "each takes 4 bytes"),
    (check.saved_bytes, lambda t, batch, neurons: 32 * t * batch * neurons, "yours counts bits"),
    (check.saved_bytes, lambda t, batch, neurons: 4 * batch * neurons, "That is one time step"),
    (check.saved_bytes, lambda t, batch, neurons: 4 * t * neurons, "That is one image"),
    (check.saved_bytes, lambda t, batch, neurons: 4 * t * batch, "That is one neuron"),
    (check.saved_bytes, lambda t, batch, neurons: 4e-6 * t * batch * neurons, "That is in megabytes"),
    (check.largest_batch, lambda *arguments: 0.25 + batch(*arguments), "should be"),
    (check.largest_batch, lambda *arguments: 1 + batch(*arguments), "should be"),
    (check.largest_batch, lambda b1, m1, b2, m2, budget: budget * b1 // m1, "m1 / b1 is not the memory for one image"),
    (check.largest_batch, lambda b1, m1, b2, m2, budget: budget * b2 // m2, "m2 / b2 is not the memory for one image"),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: b2 + (budget - m2) * (b2 - b1) / (m2 - m1),
        "A batch is a whole number of images",
    ),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: math.ceil(b2 + (budget - m2) * (b2 - b1) / (m2 - m1)),
        "round down, or it does not fit",
    ),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: budget * (b2 - b1) // (m2 - m1),
        "The part that does not grow with the batch",
    ),
    (
        check.largest_batch,
        lambda b1, m1, b2, m2, budget: (budget - m1) * (b2 - b1) // (m2 - m1),
        "how much is there without any?",
    ),
    (check.average, mean_changed(sum), "Yours is the sum"),
    (check.average, mean_changed(lambda own: sum(own) / 2), "there are three processes here"),
    (check.average, mean_changed(lambda own: own[0]), "of the first process alone"),
    (check.average, mean_changed(lambda own: own[-1]), "of the last process alone"),
    (check.average, mean_changed(lambda own: torch.stack(own).mean()), "yours is over the weights too"),
    (check.average, mean_changed(lambda own: torch.stack(own).flatten(1).mean(1)), "yours is over the weights."),
    (check.average, mean_changed(torch.stack), "side by side"),
    (check.average, mean_in_place, "changes the gradients in place"),
    (check.average, lambda gradients: list(mean_of(gradients).values()), "from names to gradients: yours is of type"),
    (check.average, lambda gradients: {"out.weight": gradients[0]["out.weight"]}, "The names should be conv.weight"),
    (check.plan, lambda d, images, batch, rate: planned(d, images, batch, rate)[:2], "Return three numbers"),
    (check.plan, lambda d, images, batch, rate: (batch, images // (d * batch), d * rate), "the batch of one device"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // batch, d * rate), "yours are as with one"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images / (d * batch), d * rate), "Steps are whole"),
    (check.plan, lambda d, images, batch, rate: (d * batch, -(-images // (d * batch)), d * rate), "yours counts it"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // batch * d, d * rate), "yours need more"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // (d * batch), rate), "yours stays"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // (d * batch), rate / d), "yours shrinks"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // (d * batch), rate * d**0.5), "square root"),
    (
        check.plan,
        lambda d, images, batch, rate: (d * batch, images // (d * batch), rate * d * batch),
        "not by the images",
    ),
    (check.efficiency, efficient(lambda n, rate, one: rate / one), "That is the speed-up"),
    (check.efficiency, efficient(lambda n, rate, one: rate / n), "images per second of one process"),
    (check.efficiency, efficient(lambda n, rate, one: 100 * rate / one / n), "That is percent"),
    (check.efficiency, efficient(lambda n, rate, one: one / rate), "yours falls"),
    (check.efficiency, efficient(lambda n, rate, one: n * one / rate), "Yours is upside down"),
    (check.efficiency, efficient(lambda n, rate, one: n * rate / one), "Yours multiplies"),
    (check.efficiency, lambda rates: 0.9, "The result is a dict"),
    (check.efficiency, lambda rates: {2: 0.95}, "the same numbers of processes"),
    (check.serial_fraction, lambda n, speed_up: speed_up / n, "That is the efficiency"),
    (check.serial_fraction, lambda n, s: 1 / (s + (1 - s) / n), "Amdahl's law itself"),
    (check.serial_fraction, lambda n, speed_up: 1 - speed_up / n, "what is lost of the speed-up"),
    (check.serial_fraction, lambda n, speed_up: 1 - (n / speed_up - 1) / (n - 1), "That is the parallel part"),
    (check.serial_fraction, lambda n, speed_up: 1 / speed_up - 1 / n, "that is s - s / n"),
    (check.serial_fraction, lambda n, speed_up: (speed_up / n - 1) / (n - 1), "Upside down"),
    (check.job_script, job("#!/bin/bash\n"), "The first line names the shell"),
    (check.job_script, job("#SBATCH --nodes", "# SBATCH --nodes"), "only lines that begin with #SBATCH"),
    (check.job_script, job("#SBATCH --nodes", "cd work\n#SBATCH --nodes"), "this line comes too late"),
    (check.job_script, job("--nodes=2", "nodes=2"), "begins with two dashes"),
    (check.job_script, job("#SBATCH --nodes=2\n"), "There is no line #SBATCH --nodes"),
    (check.job_script, job("--nodes=2", "--nodes=8"), "the job is to have 2 nodes.\n#SBATCH --nodes=8"),
    (check.job_script, job("--ntasks-per-node=4", "--ntasks-per-node=1"), "one task for each device"),
    (check.job_script, job("--ntasks-per-node=4", "--ntasks=8"), "--ntasks leaves it to SLURM"),
    (check.job_script, job("--gpus-per-node=4", "--gpus-per-node=8"), "a node has 4 GPUs"),
    (check.job_script, job("--gpus-per-node=4", "--gpus-per-task=1"), "in place of --gpus-per-task"),
    (check.job_script, job("#SBATCH --signal=SIGUSR1@120\n"), "stopped without a warning"),
    (check.job_script, job("SIGUSR1", "B:SIGUSR1"), "only the shell is warned"),
    (check.job_script, job("SIGUSR1", "SIGKILL"), "the tasks wait for the signal SIGUSR1"),
    (check.job_script, job("@120"), "it does not say how early"),
    (check.job_script, job("@120", "@12"), "120 seconds early"),
    (check.job_script, job("#SBATCH --requeue\n"), "the job may not come back"),
    (check.job_script, job("--requeue", "--no-requeue"), "may the job come back"),
    (check.job_script, job("--requeue", "--requeue=yes"), "--requeue is a switch"),
    (check.job_script, job("#SBATCH --open-mode=append\n"), "on many clusters a log starts empty"),
    (check.job_script, job("append", "truncate"), "would empty its log"),
    (check.job_script, job("srun "), "what starts them?\npython -m helpers.train"),
    (check.job_script, job("srun", "torchrun"), "by srun, not by torchrun"),
    (check.job_script, job("srun python", "python srun"), "srun comes first"),
    (check.job_script, job("srun python", "srun"), "which program does srun start?"),
    (check.job_script, job("fit", "fit --trainer.devices=4"), "what is written twice"),
    (check.job_script, job("/scratch", "/local"), "that disk is in one node"),
    (check.job_script, job("/scratch/", ""), "which all nodes share"),
    (check.job_script, job(" --run=/scratch/runs/$SLURM_JOB_ID"), "does not say where the run lies"),
    (check.job_script, job("helpers.train"), "No line of the script trains"),
    (check.diagnosis, {**DIAGNOSIS, "A": "4c"}, "But how far had it come"),
    (check.diagnosis, {**DIAGNOSIS, "A": "2f"}, "how many came"),
    (check.diagnosis, {**DIAGNOSIS, "B": "3b"}, "who was told which"),
    (check.diagnosis, {**DIAGNOSIS, "C": "3b"}, "an address was already in use"),
    (check.diagnosis, {**DIAGNOSIS, "D": "2f"}, "look for the number of bytes"),
    (check.diagnosis, {**DIAGNOSIS, "E": "3b"}, "what does SLURM say about its node"),
    (check.diagnosis, {**DIAGNOSIS, "E": "6a"}, "no program made a mistake"),
    (check.diagnosis, {**DIAGNOSIS, "C": "1f"}, "Would that cure help?"),
    (check.diagnosis, {**DIAGNOSIS, "C": "port"}, "For C write a number and a letter"),
    (check.diagnosis, {"A": "3b"}, "Log B has no answer yet"),
    (check.diagnosis, ["3b"], "The answer is a dict"),
]


def raising(error):
    def answer(*arguments):
        raise error

    return answer


class Nasty:
    """Cannot be compared, printed or asked for its shape."""

    ndim = 0
    __eq__ = __repr__ = __str__ = __float__ = __len__ = raising(SystemExit(1))
    shape = property(raising(ZeroDivisionError()))


class NastyError(Exception):
    __str__ = raising(RuntimeError("no text"))


def overwrite(*arguments):
    for argument in arguments:
        if isinstance(argument, torch.Tensor):
            argument.zero_()
    return arguments[0]


def resize(x, *arguments):
    return x.resize_(1)


HOSTILE = {
    "None": None,
    "3": 3,
    "nan": math.nan,
    "string": "lif_step",
    "list": [1, 2],
    "Nasty": Nasty(),
    "class": Nasty,
    "returns None": lambda *arguments: None,
    "returns nan": lambda *arguments: math.nan,
    "returns a string": lambda *arguments: "spike",
    "returns True": lambda *arguments: True,
    "returns Nasty": lambda *arguments: Nasty(),
    "returns a huge integer": lambda *arguments: 10**400,
    "returns a tensor of nan": lambda *arguments: torch.full((2, 3), math.nan),
    "returns a sparse tensor": lambda *arguments: torch.eye(3).to_sparse(),
    "returns a complex number": lambda *arguments: torch.tensor(1j),
    "returns its argument": lambda *arguments: arguments[0],
    "wrong number of arguments": lambda: 1,
    "raises KeyError": raising(KeyError("v")),
    "raises SystemExit": raising(SystemExit(2)),
    "raises StopIteration": raising(StopIteration()),
    "raises without text": raising(NastyError()),
    "overwrites": overwrite,
    "resizes": resize,
}


def name(value):
    return value.__name__ if callable(value) and hasattr(value, "__name__") else None


@pytest.mark.parametrize("exercise, answer", RIGHT, ids=name)
def test_right_answers_are_accepted(verdict, exercise, answer):
    assert verdict(exercise, answer).startswith("Right: ")


@pytest.mark.parametrize("exercise, answer, sentence", WRONG, ids=name)
def test_wrong_answers_get_their_sentence(verdict, exercise, answer, sentence):
    printed = verdict(exercise, answer)
    assert sentence in printed and not printed.startswith("Right: ")


@pytest.mark.parametrize("exercise", CHECKS)
def test_what_is_not_done_yet_is_no_error(verdict, exercise):
    not_done = [..., lambda *arguments: ..., lambda *arguments: (..., 1), lambda *arguments: 2 * ..., stub]
    if exercise == "resume_command":
        not_done = [..., "...", ["python", ...]]
    elif exercise == "faults":
        not_done = [..., {"A": ..., "B": ..., "C": ...}]
    elif exercise == "job_script":
        not_done = [..., job("--nodes=2", "--nodes=Ellipsis"), job("--nodes=2", "--nodes=...")]
    elif exercise == "diagnosis":
        not_done = [..., {"A": ..., "B": "1a"}]
    elif exercise == "training_step":
        not_done = [..., *(Classifier(answer) for answer in not_done[1:])]
    elif exercise == "surrogate":
        not_done += [spike_with(stub), spike_with(lambda g, u, alpha: g * ...)]
    for answer in not_done:
        assert verdict(getattr(check, exercise), answer).startswith(f"Exercise {CHECKS[exercise]} is not done yet: ")


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("exercise", CHECKS)
def test_nothing_raises(verdict, exercise, answer):
    if exercise == "training_step" and callable(answer):
        verdict(check.training_step, Classifier(answer))
    assert not verdict(getattr(check, exercise), answer).startswith("Right: ")


def test_an_error_of_pytorch_is_not_taken_for_an_exercise_not_done(verdict):
    def answer(images):
        raise NotImplementedError("\"conv\" not implemented for 'Byte'")

    assert "stopped with NotImplementedError" in verdict(check.normalise, answer)


def test_the_stop_button_works():
    with pytest.raises(KeyboardInterrupt):
        check.spike_rate(raising(KeyboardInterrupt()))


def test_gradients_are_checked_where_they_are_switched_off(verdict):
    with torch.no_grad():
        assert verdict(check.surrogate, spike_with(superspike)).startswith("Right: ")


@pytest.mark.parametrize("attribute", [None, torch.ones(1, requires_grad=True) * 2])  # the second cannot be copied
def test_a_module_is_left_as_it_was(verdict, attribute):
    module = Classifier(entropy(highest)).eval()
    module.last_loss = attribute
    before = copy.deepcopy(module.state_dict())
    assert verdict(check.training_step, module).startswith("Right: ")
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert all(weight.grad is None for weight in module.parameters())
    assert not module.training and not module.net._forward_hooks


def test_the_surrogate_accepted_is_that_of_norse():
    u = torch.linspace(-2, 2, 8, requires_grad=True)
    theirs = torch.autograd.grad(norse.functional.threshold.threshold(u, "super", 1.0).sum(), u)[0]
    torch.testing.assert_close(superspike(torch.ones(8), u, 1.0), theirs)


def test_the_command_accepted_is_understood_by_the_training_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("helpers.train.keep_freed_memory", lambda: None)
    with pytest.raises(SystemExit):
        main(["fit", "--run", "runs/killed", "--resume"])
    assert "runs/killed has no last.ckpt to resume from" in capsys.readouterr().err
