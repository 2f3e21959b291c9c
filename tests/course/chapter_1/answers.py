"""Answers to the exercises of chapter 1."""

import norse.torch as norse
import torch

from helpers.course.chapter_1 import check
from tests.course.judge.answers import NOT_DONE as USUAL
from tests.course.judge.answers import edited

lif = edited("""\
i = i + x
v = v + dt * tau_mem_inv * ((v_leak - v) + i)
z = spike(v - v_th)
v = (1 - z) * v + z * v_reset
i = i - dt * tau_syn_inv * i""")
ARRIVE, MOVE, SPIKE, RESET, DECAY = lif().splitlines()


def in_order(*lines):
    return "\n".join(lines)


slope = edited("gradient_of_u = gradient_of_z / (ctx.alpha * u.abs() + 1) ** 2")

poisson = edited("return (torch.rand(seq_length, *p.shape) < p).float()")

over_time = edited("""\
state = state and list(state)
for x_t in x:
    v, state = self.layers(x_t, state)
    voltages.append(v)""")

halves = edited("""\
first, state = net(x[:half], return_state=True)
second = net(x[half:], state)
return torch.cat([first, second])""")
CHUNKS = """\
state, voltages = None, []
for part in x.chunk(2):
    v, state = net(part, state=state, return_state=True)
    voltages += list(v)
return torch.stack(voltages)"""
INTO_ZEROS = """\
out = torch.zeros(len(x), x.shape[1], 10)
out[:half], state = net(x[:half], return_state=True)
out[half:] = net(x[half:], state)
return out"""
BACKWARDS = """\
second, state = net(x[half:], return_state=True)
return torch.cat([second, net(x[:half], state)])"""
DETACHED = """\
state = type(state)(*(type(layer)(*(part.detach() for part in layer)) for layer in state))
second ="""

loop = edited("""\
optimizer = module.configure_optimizers()
losses = []
for batch_idx, batch in enumerate(batches):
    loss = module.training_step(batch, batch_idx)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
return losses""")
ZERO, BACKWARD, STEP = loop().splitlines(keepends=True)[4:7]


def lif_by_norse(x, v, i, spike=None):
    z, state = norse.LIFCell()(x, norse.LIFFeedForwardState(v, i))
    return [z, state.v, state.i]


def spike_of_norse(u, alpha):
    """Norse has the slope for alpha = 1, whatever it is asked for."""
    z = norse.functional.threshold.threshold(alpha * u, "super", 1.0)
    return z.detach() + (z - z.detach()) / alpha


class Forgetful(torch.autograd.Function):
    """Keeps u in a name of its own, where the next call overwrites it."""

    @staticmethod
    def forward(ctx, u, alpha):
        Forgetful.u, ctx.alpha = u, alpha
        return (u > 0).to(u.dtype)

    @staticmethod
    def backward(ctx, gradient_of_z):
        return gradient_of_z / (ctx.alpha * Forgetful.u.abs() + 1) ** 2, None


def spike_without_class(u, alpha):
    """The same gradient by arithmetic that cancels: u / (alpha |u| + 1) has the slope of SuperSpike."""
    smooth = u / (alpha * u.abs() + 1)
    return (u > 0).float() + smooth - smooth.detach()


def without_copy(seq_length):
    """A network that writes into the state that it is given."""
    net = check.network.ours(seq_length)
    forward = net.forward

    def overwrite(x, state=None, return_state=False):
        v, after = forward(x, state, True)
        if state:
            state[:] = after
        return (v, after) if return_state else v

    net.forward = overwrite
    return net


def detached(seq_length):
    """A network whose voltage is cut off from its weights."""
    net = check.network.ours(seq_length)
    net.register_forward_hook(lambda net, x, got: (got[0].detach(), got[1]))
    return net


RIGHT = {
    check.lif_step: [
        lif(),
        lif_by_norse,
        lif(RESET, "v = torch.where(z > 0, v_reset, v)"),
        lif(RESET, "v[z > 0] = v_reset"),
        lif("z = spike(v - v_th)", "u = v - v_th\nz = spike(u)"),
    ],
    check.surrogate: [
        slope(),
        slope("/ (", "* 1 / ("),
        spike_without_class,
        spike_of_norse,
        "gradient_of_u = gradient_of_z * (1 + ctx.alpha * torch.where(u > 0, u, -u)).pow(-2)",
    ],
    check.poisson: [
        poisson(),
        "return torch.bernoulli(p.expand(seq_length, *p.shape))",
        "return torch.stack([(p > torch.rand_like(p)).to(p) for _ in range(seq_length)])",
        "return torch.stack([torch.bernoulli(p) for _ in range(seq_length)])",
    ],
    check.network: [
        over_time(),
        over_time("state and list(state)", "list(state) if state else None"),
        over_time("state and list(state)", "None if state is None else [*state]"),
        over_time("voltages.append(v)", "voltages += [v]"),
        over_time("state = state and list(state)", "import copy\nstate = copy.copy(state)"),
    ],
    check.two_halves: [
        halves(),
        CHUNKS,
        INTO_ZEROS,
        halves("[first, second]", "(first, second)"),
        halves("second =", "second, _ =").replace("state)\n", "state, return_state=True)\n"),
    ],
    check.fit: [
        loop(),
        loop("loss.item()", "float(loss)"),
        loop("loss.item()", "loss.detach()"),
        loop(ZERO).replace(STEP, STEP + ZERO),  # at the end of each step
        loop("optimizer.zero_grad()", "module.zero_grad()"),
    ],
}

WRONG = {
    check.lif_step: {
        "i should decay in each step: yours stays, or nearly": lif(
            "dt * tau_syn_inv", "dt / tau_syn_inv"
        ),
        "Norse takes a step in a straight line": (
            lif(DECAY, "i = i - x\ni = i * math.exp(-0.2) + x")
        ),
        "is the result of its line used?": lif("v = v + dt", "moved = v + dt"),
        "v[": lif(SPIKE, f"v = v.clamp(min=0)\n{SPIKE}"),
        "i[": lif(ARRIVE, f"x = x.clamp(min=0)\n{ARRIVE}"),
        "The condition of torch.where is a comparison": (
            lif(RESET, "v = torch.where(z, v_reset, v)")
        ),
        "yours loses v_th": lif(RESET, "v = v - z"),
        "v should feel the current before it decays": in_order(ARRIVE, DECAY, MOVE, SPIKE, RESET),
        "v should feel the input of this step": in_order(MOVE, ARRIVE, SPIKE, RESET, DECAY),
        "z is 0 everywhere": in_order(ARRIVE, MOVE, "v = v * (v <= v_th)", SPIKE, DECAY),
        "v[0, 0] should be 0.45 for x = 0, v = 0.5, i = 0: yours is 0.5.": (
            lif("(v_leak - v) + i", "i")
        ),
        "at once: an if": lif(SPIKE, "z = 1 if v > v_th else 0"),
        "later, another spike will have a slope": lif("spike(v - v_th)", "hard_step(v - v_th)"),
        "yours is 0.": lif("spike(v - v_th)", "spike(i - v_th)"),
        "Keep the first line as it is": lambda x, v, i: lif_by_norse(x, v, i),
        "z should hold numbers of type torch.float32: yours are torch.bool": (
            in_order(ARRIVE, MOVE, "z = v > v_th", "v[z] = v_reset", DECAY)
        ),
        "hand spike the distance v - v_th itself": (
            lif("spike(v - v_th)", "spike(2 * (v - v_th))"),
            lif("spike(v - v_th)", "spike((v - v_th) ** 3)"),
        ),
        "hand spike the distance, not": lif("spike(v - v_th)", "v > v_th"),
        "another order than z, v, i": lif() + "\nreturn v, i, z",
        "Return z, v, i, in this order": lif() + "\nreturn v",
        "i should be shaped (2, 6) here: yours is (6,)": lif() + "\nreturn z[0], v[0], i[0]",
        "i holds nan": lif() + "\ni = 0 * i / 0",
        "changes i in place": lif("i = i + x", "i += x"),
        "NameError: name 'undefined' is not defined\nLook at line": lif("i + x", "i + undefined"),
    },
    check.surrogate: {
        "The gradient[0, 0, 0] should be": lambda u, alpha: Forgetful.apply(u, alpha),
        "yours grows or falls with alpha": slope() + " / ctx.alpha",
        "nothing can learn from it": "gradient_of_u = None",
        "for u = -2, alpha = 1, gradient_of_z = 1: yours is 2.": "gradient_of_u = 2 * gradient_of_z",
        "one gradient for each u": "gradient_of_u = gradient_of_z.sum()",
        "Forward should stay a step": lambda u, alpha: (alpha * u).sigmoid(),
        "z[0, 0] should be 0: yours is 1.": lambda u, alpha: (u < 0).float(),
        "z[1, 1] should be 0: yours is 1.": lambda u, alpha: (u >= 0).float(),
        "z should hold numbers of type": lambda u, alpha: u > 0,
        "z is cut off from u": lambda u, alpha: (u > 0).float(),
        "Hand over what can be called": torch.autograd.Function,
        "changes gradient_of_z in place": "gradient_of_z *= 2\ngradient_of_u = gradient_of_z",
        "here it is ctx.alpha": slope("ctx.alpha", "alpha"),
        "math take one number": slope("u.abs()", "math.fabs(u)"),
    },
    check.poisson: {
        "Yours rounds": "return p.round().expand(seq_length, *p.shape)",
        "(800, 3, 2, 2, 4) here: yours is (3, 2, 2, 4)": poisson("seq_length, "),
        "here: yours is (3, 2, 2, 4, 800)": poisson(".float()", ".float().movedim(0, -1)"),
        "here: yours is (3, 800, 2, 2, 4)": poisson(".float()", ".float().movedim(0, 1)"),
        "same at every step": "return (torch.rand(p.shape) < p).float().repeat(seq_length, 1, 1, 1, 1)",
        "Each step has a chance of its own": (
            "u = torch.rand(p.shape)\n"
            "steps = torch.arange(seq_length).view(-1, 1, 1, 1, 1)\n"
            "return ((u + steps / seq_length) % 1 < p).float()"
        ),
        "the steps depend on each other": (
            "z = (torch.rand(seq_length // 2, *p.shape) < p).float()\nreturn torch.cat([z, z])",
            poisson(".float()", ".float().sort(0).values"),
        ),
        "For p shaped (2, 4), it should be shaped": poisson("*p.shape", "1, *p.shape").replace(
            "seq_length, 1", "seq_length"
        )
        + ".view(seq_length, *[1] * (4 - p.dim()), *p.shape)",
        "same for all channels": poisson("*p.shape", "len(p), 1, *p.shape[-2:]"),
        "same for all images": poisson("*p.shape", "1, *p.shape[1:]"),
        "same for all pixels": poisson("*p.shape", "len(p), 1, 1, 1"),
        "same for all pixels of a row": poisson("*p.shape", "*p.shape[:-1], 1"),
        "same for all pixels of a column": poisson("*p.shape", "*p.shape[:2], 1, p.shape[-1]"),
        "yours is the same at every step": "return (torch.rand(1) < p).float().expand(seq_length, *p.shape)",
        "Is there a fixed seed?": "torch.manual_seed(3)\n" + poisson(),
        "Spikes are the numbers 0 and 1": "return p.expand(seq_length, *p.shape)",
        "yours take other values": "return torch.poisson(p.expand(seq_length, *p.shape))",
        "numbers of type torch.float32: yours are torch.bool": poisson(".float()"),
        "Bright pixels should spike most": poisson("< p", ">= p"),
        "Pixels with p = 1.00 should spike in that share of steps: yours in 0.9": poisson(
            "< p", "< 0.97 * p"
        ),
        "Pixels with p = 0.00 should spike in that share of steps": poisson(
            "< p", "< 0.1 + 0.9 * p"
        ),
        "Pixels with p = 1.00 should spike in that share of steps: yours in 0.10": poisson(
            "< p", "< 0.1 * p"
        ),
        "Pixels with p = 0.86 should spike in that share of steps": poisson("< p", "< 1.05 * p"),
        "needs a star": poisson("*"),
    },
    check.network: {
        "as in check.network(Network)": torch.nn.Linear(1, 1),
        "Network(8) should be a torch.nn.Module": lambda seq_length: 3,
        "The voltage should be shaped (9, 3, 10)": over_time("in x:", "in x[: self.seq_length]:"),
        "hand it on": over_time("(x_t, state)", "(x_t)"),
        "Begin with a copy": (over_time("state = state and list(state)\n"), without_copy),
        "The list is still empty": over_time("voltages.append(v)", "v"),
        "list(None) is an error": over_time("state and list(state)", "list(state)"),
        "copy it only where there is one": over_time("state and list(state)", "state[:]"),
        "returns a pair: the voltage and the state": over_time("v, state = self", "v = self"),
        "yours is another": over_time(
            "    v, state = self", "    before = state and list(state)\n    v, state = self"
        )
        + "\nstate = before",
        "what cuts it off?": detached,
    },
    check.two_halves: {
        "the first one comes first": BACKWARDS,
        "of 12 steps, yours gives 4 to net at once": (
            halves("first, state", "half = len(x) // 3\nfirst, state")
        ),
        "With return_state=True net returns a pair": (
            halves("state)\n", "state, return_state=True)\n")
        ),
        "NumPy ends the gradient": (
            halves("return torch.cat(", "import numpy as np\nreturn np.concatenate(")
        ),
        "shaped (12, 3, 10) here: yours is (6, 3, 10)": halves("[first, second]", "[first]"),
        "of 9, yours gives 8": halves("x[half:]", "x[half : 2 * half]"),
        "no gradient gets back through both halves": halves("second =", DETACHED),
        "what cuts it off?": halves("[first, second])", "[first, second]).detach()"),
        "yours cut the batch": "return torch.cat([net(x[:, :2]), net(x[:, 2:])], 1)",
        "Stop half-way, and go on from there": (
            "return net(x)",
            halves("first, state", "half = 8\nfirst, state"),
        ),
        "of 9 steps, yours gives 6 to net at once": halves(
            "first, state", "half = 6\nfirst, state"
        ),
        "should be one tensor: yours is a tuple of 2": "return net(x[:half], return_state=True)",
        "a pair with return_state=True": halves(", return_state=True"),
        "takes one list": halves("[first, second]", "first, second"),
        "the second thing that net returns": halves("state)\n", "state=first)\n"),
    },
    check.fit: {
        "a new one has forgotten": """\
losses = []
for n, batch in enumerate(batches):
    optimizer = module.configure_optimizers()
    loss = module.training_step(batch, n)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
return losses""",
        "keep loss.item()": loop("loss.item()", "loss"),
        "There is one loss for each batch": loop("    losses.append", "losses.append"),
        "Return the losses as a list": loop("return losses", "return loss.item()"),
        "takes two": loop("(batch, batch_idx)", "(batch)"),
        "batch_idx counts the batches": loop("(batch, batch_idx)", "(batch, 0)"),
        "of 3 batches, yours makes 0": "return []",
        "is that of module.configure_optimizers()": (
            loop("module.configure_optimizers()", "torch.optim.Adam(module.parameters(), lr=0.1)")
        ),
        "of 3 batches, yours makes 1": loop("enumerate(batches)", "enumerate(batches[:1])"),
        "list index out of range": loop(
            "enumerate(batches):", "enumerate(batches[n] for n in range(3)):"
        ),
        "should be": loop("losses.append(loss.item())", "losses.append(2 * loss.item())"),
    },
}

NOT_DONE = {check.surrogate: [*USUAL, "gradient_of_u = gradient_of_z * ..."]}
