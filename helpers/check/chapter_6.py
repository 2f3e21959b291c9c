"""The checks of chapter 6. What an answer takes and gives stands in the starter of its exercise.

Where an answer is not right, each check gives back the course's own, and the chapter goes on with that.
"""

from collections.abc import Callable

import nir
import numpy as np
import torch

from helpers.check.judge import call, exercise, expect, kind
from helpers.check.values import compare, expect_slopes, form, number, parts, variations
from helpers.deploy import energy, nir_export, nir_simulator
from helpers.deploy.energy import fan_out

ALONG = {  # along an axis of n pixels, how many places of a kernel of k cover pixel r: the usual mistakes
    "That is right in the middle only: near a border fewer places of the kernel cover a pixel.": lambda r, n, k: k,
    "That is the number of all outputs: how many of them see a given pixel?": lambda r, n, k: n - k + 1,
    "The kernel has only size - kernel + 1 places: that can be the limit.": lambda r, n, k: min(r + 1, n - r, k),
    "There are size - kernel + 1 places: yours has one fewer.": lambda r, n, k: min(r + 1, n - r, k, n - k),
    "Of size - kernel + 1 places yours leaves out the last.": lambda r, n, k: min(r, n - k - 1) - max(r - k, -1),
    "Pixel 0 is covered by one place: yours counts none.": lambda r, n, k: min(r, n - 1 - r, k, n - k + 1),
    "Near the other border, too, fewer places cover a pixel.": lambda r, n, k: min(r + 1, k),
    "No more than kernel places along each axis cover a pixel.": lambda r, n, k: min(r + 1, n - r),
}


def _fan_out_map(channels: int, kernel: int, size: int) -> torch.Tensor:
    return fan_out(torch.nn.Conv2d(1, channels, kernel), (1, size, size))[0]


@exercise("Fan out", ours=_fan_out_map)
def fan_out_map(answer: Callable) -> str:
    for channels, kernel, size in ((50, 5, 12), (3, 4, 5), (7, 1, 3)):
        got = call(answer, channels=channels, kernel=kernel, size=size)
        got = got.float() if isinstance(got, torch.Tensor) and not got.is_complex() else got
        counts = {why: [float(count(r, size, kernel)) for r in range(size)] for why, count in ALONG.items()}
        right, places, one = _fan_out_map(1, kernel, size), size - kernel + 1, torch.ones(size)
        along = right[0] / right[0, 0]  # the corner is seen by one place of the kernel
        smaller = torch.minimum(along[:, None], along)

        def covered(maps=channels, axis=along, rows=None, columns=None):
            return maps * torch.outer(axis if rows is None else rows, axis if columns is None else columns)

        padded = fan_out(torch.nn.Conv2d(1, channels, kernel, padding=kernel // 2), (1, size, size))[0]
        mistakes = {
            "The product of both counts is asked for, not their sum.": channels * (along[:, None] + along),
            "The product of both counts is asked for, not the smaller of them.": channels * smaller,
            "Rows and columns have a count each: yours takes the smaller twice.": channels * smaller**2,
            "That is with padding: here the kernel starts and ends within the map.": padded,
            "There are channels output maps: yours counts {}.": dict(maps={"one": 1, "them twice": channels**2}),
            "The counts have the kernel in them: do not multiply by it.": dict(maps=channels * kernel**2),
            "Yours depends on the row alone: the column counts as much.": dict(rows=[along, along**2], columns=one),
            "Yours depends on the column alone: the row counts as much.": dict(columns=[along, along**2], rows=one),
        } | {why: dict(axis=torch.tensor(count)) for why, count in counts.items()}
        wrong_size = isinstance(got, torch.Tensor) and got.shape == (places, places) != right.shape
        expect(not wrong_size, "The map is that of the input, (size, size): yours has the size of the output.")
        name = f"The map for channels {channels}, kernel {kernel}, size {size} "
        compare(name, got, covered(), variations(covered, mistakes))
    return "at the border a spike is cheaper. If all pixels counted like the middle, 80,000 synapses would be 180,000."


@exercise("Break even", ours=energy.break_even)
def break_even(answer: Callable) -> str:
    costs = [energy.ARITHMETIC, energy.WITH_MEMORY, energy.Cost(1.0, 2.0, 10.0)]
    given = [(2_005_000, 121_840, costs[0]), (400_000, 4_000, costs[1]), (1_000, 300, costs[2])]
    got = [[number(call(answer, macs=m, updates=u, cost=c)), m, u, *c] for m, u, c in given]
    got, macs, updates, mac, synop, update = torch.tensor(got, dtype=torch.float64).T
    used = updates * update

    def spikes(dense=macs * mac, used=used, synapses=macs, each=synop):
        return (dense - used) / (synapses * each)

    right, compared = spikes(), macs * mac / (macs * synop + used)
    wrong_updates = {"their number alone": updates, "one update": update, "one for each synapse": macs * update}
    wrong_updates |= {"8 times as many": 8 * used, "a synaptic operation on top": updates * (update + synop)}
    brackets = [mac / synop - used / macs, macs * mac - used / macs / synop, right * synop**2]
    mistakes = {
        "The other way round: how many synaptic operations does one MAC pay for?": synop / mac,
        "That is 1 / s: solve for the spikes.": 1 / right,
        "Look at the sign: yours is negative where spikes can be afforded.": -right,
        "A negative result says something here: keep it.": [right.clamp(min=0), right.abs()],
        "The number of spikes need not be whole: yours is rounded down.": right.floor(),
        "Spikes, not percent: yours is 100 times too much.": 100 * right,
        "All that is left is divided by macs * cost.synop: look at the brackets.": brackets,
        "Set the two costs equal, and solve for the spikes: yours compares them at one per synapse.": compared,
        "The neurons are updated, spikes or not: yours leaves that out.": dict(used=0),
        "The updates cost updates * cost.update: yours takes {}.": dict(used=wrong_updates),
        "Updates are a cost of the spiking layer and leave less for spikes: yours leaves more.": dict(used=-used),
        "A MAC costs cost.mac: yours takes their number.": dict(dense=macs),
        "The layer without spikes costs macs * cost.mac: yours takes one MAC.": dict(dense=mac),
        "That is for all synapses together: how many spikes is it for each of the macs?": dict(synapses=1),
        "The spikes are those of each synapse: divide by macs, not by updates.": dict(synapses=updates),
        "Spikes cross synapses, and there are macs of them: updates is not added.": dict(synapses=macs + updates),
        "That is energy: divide by what one synaptic operation costs.": dict(each=1),
        "Divide by what a synaptic operation costs: yours divides by what a MAC costs.": dict(each=mac),
    }
    labels = [f"({m}, {u}, {tuple(round(x, 1) for x in c)})" for m, u, c in given]
    compare("break_even", got, right, variations(spikes, mistakes), labels)
    return "the third example is negative: there the updates alone cost more than ReLU, and no spike can be afforded."


@exercise("Pay for spikes", ours=energy.spike_penalty)
def spike_penalty(answer: Callable) -> str:
    spikes = torch.rand(6, 5).requires_grad_()
    given = {"operations": 40 * spikes.sum(), "images": 6, "synapses": 200, "strength": 0.7}
    operations, images, synapses, strength = [float(value) for value in given.values()]

    def penalty(count=operations, strength=strength, synapses=synapses, images=images):
        return torch.tensor(strength * count / synapses / images)

    def wrong(divisor):
        return {"leaves that out": 1, "does the opposite": 1 / divisor, "does so twice": divisor**2}

    root = strength * penalty(strength=1).sqrt()
    mistakes = {
        "Those are the synaptic operations alone: weigh them.": torch.tensor(operations),
        "strength multiplies the spikes: yours is added to them.": strength + penalty(strength=1),
        "Nothing is subtracted: fewer spikes are always better.": penalty() - strength,
        "The penalty is in proportion to the spikes: yours is a square or a root.": [penalty() ** 2, root],
        "Upside down: more operations should cost more.": strength**2 / penalty(),
        "Divide by synapses and by images: yours divides by their sum.": penalty(synapses=synapses + images, images=1),
        "That rewards spikes: look at the sign.": dict(count=-operations),
        "operations counts all time steps already.": dict(count=[8 * operations, operations / 8]),
        "The spikes are multiplied by strength: yours {}.": dict(strength=wrong(strength)),
        "Spikes for each synapse: divide by synapses, yours {}.": dict(synapses=wrong(synapses)),
        "operations is a sum over the batch: divide by images, yours {}.": dict(images=wrong(images)),
    }
    got = call(answer, **given)
    compare("The penalty", torch.tensor(number(got, "The penalty")), penalty(), variations(penalty, mistakes))
    expect_slopes(got, "the spikes", spikes)
    return "a spike of a neuron with many synapses costs more than one with few, and the gradient knows."


def _to_int8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scale = weight.abs().amax(dim=1, keepdim=True) / 127
    return (weight / scale).round().to(torch.int8), scale


@exercise("Eight bits", ours=_to_int8)
def to_int8(answer: Callable) -> str:
    weight = torch.randn(5, 40) * torch.tensor([[0.1], [3.0], [1.0], [0.2], [10.0]])
    weight[2] = -weight[2].abs()  # its largest weight is negative
    weight[3, 7] = -weight[3].abs().max() - 0.1
    size, highest, lowest = weight.abs(), weight.amax(1, keepdim=True), weight.amin(1, keepdim=True)
    largest, mean, total = (find(size, 1, keepdim=True) for find in (torch.amax, torch.mean, torch.sum))
    hints = {"must match the size of tensor b (5)": "Each row has its scale: keepdim=True leaves it shaped (out, 1)."}
    q, scale = parts(call(answer, hints, weight=weight), "q, scale")
    swapped = isinstance(scale, torch.Tensor) and scale.shape == weight.shape and scale.dtype == torch.int8
    expect(not swapped, "First q, then scale: yours come the other way round.")
    expect(isinstance(scale, torch.Tensor), f"scale should be a tensor, (5, 1) here: yours is {kind(scale)}.")
    expect(scale.numel() > 1, "One scale for each row: yours has one in all.")
    expect(scale.shape not in ((1, 40), (40,)), "There is a scale for each row, each output: yours has one per column.")
    kept = "scale should be shaped (out, 1), so that q * scale works: keepdim=True keeps that axis."
    expect(scale.shape != (5,), kept)

    steps = {f"{n:g}": n for n in (63.5, 126, 128, 255)}

    def of(largest=largest, steps=127):
        return largest / steps

    mistakes = {
        "scale turns q into a weight: yours turns a weight into q.": 1 / of(),
        "0 is to stay 0, and the largest size 127: yours spreads each row over 255.": (highest - lowest) / 255,
        "The largest weight in size may be negative: yours takes the largest value.": dict(largest=highest),
        "Take the size of each weight first, then the largest: yours the other way round.": dict(largest=highest.abs()),
        "The largest weight becomes 127: yours takes the {}.": dict(largest={"mean": mean, "sum": total}),
        "Each row has a scale of its own: yours all have the same.": dict(largest=size.max().expand(5, 1)),
        "Whole numbers go from -127 to 127, so the largest weight is 127 steps: yours is {}.": dict(steps=steps),
        "The scale is for one step of q: yours is the largest weight.": dict(steps=1),
    }
    compare("scale", scale, of(), variations(of, mistakes))
    expect(isinstance(q, torch.Tensor), f"q should be a tensor of type torch.int8: yours is {kind(q)}.")
    expect(q.dtype == torch.int8, f"q should be of type torch.int8: yours is {q.dtype}.")
    steps = weight / scale
    mistakes = {
        "Conversion to int8 cuts off: round first, or the error is up to a whole step.": steps.trunc(),
        "Round to the nearest: yours is rounded down, or up.": [steps.floor(), steps.ceil().to(torch.int8)],
        "q is weight / scale: yours multiplies.": (weight * scale).round(),
        "q is weight / scale: yours rounds the weight itself.": weight.round(),
        "q is weight / scale, and 127 is in the scale already.": (127 * steps).round().to(torch.int8),
        "q is weight / scale: yours is 127 times the weight, whatever its row.": (127 * weight).round().to(torch.int8),
        "q keeps the sign of the weight.": steps.abs().round(),
    }
    compare("q", q, steps.round().to(torch.int8), mistakes)
    return "no weight is off by more than half a step. A row of small weights has small steps: so each has its scale."


@exercise("Translate a neuron", ours=nir_export.to_nir)
def to_nir(answer: Callable) -> str:
    given = [(100.0, 200.0, 1e-3), (50.0, 400.0, 0.5e-3), (125.0, 80.0, 2e-3)]
    a, b, dt = torch.tensor(given, dtype=torch.float64).T
    names = "tau_mem", "tau_syn", "w_in"
    got = [parts(call(answer, tau_mem_inv=a, tau_syn_inv=b, dt=dt), ", ".join(names)) for a, b, dt in given]
    columns = [[number(value, name) for value in values] for name, values in zip(names, zip(*got))]
    tau_mem, tau_syn, w_in = torch.tensor(columns, dtype=torch.float64)
    labels = [f" for ({x:g}, {y:g}, {z:g})" for x, y, z in given]
    for name, mine, inverse, other in (("tau_mem", tau_mem, a, b), ("tau_syn", tau_syn, b, a)):
        mistakes = {
            f"That is {name}_inv, in 1/s: {name} is in seconds.": inverse,
            "The two time constants are the other way round.": 1 / other,
            f"{name} is in seconds: yours is in milliseconds.": 1e3 / inverse,
            f"{name} is a time in seconds: yours is one in steps.": 1 / (inverse * dt),
            f"{name} is a time: yours is the share that decays in a step.": inverse * dt,
            f"{name} is 1 / {name}_inv, and dt has no part in it.": dt / inverse,
            f"{name} is 1 / {name}_inv: // rounds down to 0.": 0 * inverse,
            f"{name} is a time, and not negative.": -1 / inverse,
        }
        compare(name, mine, 1 / inverse, mistakes, labels)

    def weigh(tau=1 / b, step=dt):
        return tau / step

    mistakes = {
        "With w_in = 1, the current rises by dt / tau_syn times x: it is to rise by x.": 0 * b + 1,
        "Upside down: w_in makes up for the factor dt / tau_syn.": dt * b,
        "That is dt: the factor to make up for is dt / tau_syn.": dt,
        "That is tau_syn_inv: how much does i change in a step of dt?": b,
        "w_in need not be a whole number: yours is rounded.": weigh().round(),
        "One step changes i by dt / tau_syn, as Euler has it: yours takes an exponential.": 1 / (1 - (-dt * b).exp()),
        "That makes up for dt alone: there is tau_syn, too.": dict(tau=1),
        "w_in belongs to the current, so to tau_syn: yours takes tau_mem.": dict(tau=1 / a),
        "Divide tau_syn by dt: yours divides tau_syn_inv.": dict(tau=b),
        "That makes up for tau_syn alone: there is dt, too.": dict(step=1),
        "Look at the brackets: yours multiplies by dt.": dict(step=1 / dt),
        "dt is given: yours takes 1 ms, whatever it is.": dict(step=[1e-3, 1e3, 1e3 * dt]),
    }
    mistakes = variations(weigh, mistakes)
    mistakes["w_in depends on tau_syn and dt: yours is the same for all."] = w_in[:1].expand(3)
    compare("w_in", w_in, weigh(), mistakes, labels)
    return "a spike of weight w raises the current by w, in a file as in our network."


@exercise("Read the specification", ours=nir_simulator.cuba_lif_step)
def cuba_lif_step(answer: Callable) -> str:
    # Neurons of two rows: one comes from above the threshold, the last one is exactly on it and stays there.
    values = {
        "tau_syn": [[4e-3, 5e-3, 4e-3, 8e-3], [4e-3, 6e-3, 5e-3, 4e-3]],
        "tau_mem": [[10e-3, 20e-3, 10e-3, 16e-3], [8e-3, 10e-3, 5e-3, 4e-3]],
        "r": [[1.5, 1.5, 0.8, 2.0], [1.5, 1.2, 1.5, 1.5]],
        "v_leak": [[0.2, 0.2, 0.1, 0.3], [0.2, 0.4, 0.2, 1.25]],
        "v_threshold": [[1.5, 1.2, 1.5, 0.9], [1.2, 1.5, 0.8, 1.25]],
        "v_reset": [[-0.3, -0.2, -0.3, -0.5], [-0.3, -0.4, -0.3, -0.1]],
        "w_in": [[3.0, 2.0, 3.0, 2.5], [4.0, 3.0, 2.0, 3.0]],
    }
    values = {name: np.array(value) for name, value in values.items()}
    x = np.array([[0.0, 0.0, 1.0, 2.0], [0.5, 9.0, 0.3, 0.0]])
    i = np.array([[0.0, 0.8, -0.5, 0.3], [4.0, 5.0, 0.1, 0.0]])
    v = np.array([[0.9, 0.2, 0.4, 0.95], [1.1, 1.49, 0.9, 1.25]])
    dt = 0.25e-3
    got = call(answer, node=nir.CubaLIF(**values), x=x.copy(), i=i.copy(), v=v.copy(), dt=dt)
    got = [np.asarray(part) for part in parts(got, "z, i, v")]
    expect(all(array.dtype.kind in "bfiu" for array in got), "z, i and v should be arrays of numbers.")
    z, new_i, new_v = got = [torch.from_numpy(array.astype(np.float64)) for array in got]
    x, i, v, tau, tau_mem, r, leak, threshold, reset, w_in = map(torch.from_numpy, (x, i, v, *values.values()))

    def current(start=i, rate=dt / tau, drive=w_in * x, decay=-i):
        return start + rate * (drive + decay)

    after = current()

    def voltage(start=v, rate=dt / tau_mem, pull=leak - v, push=r * after, threshold=threshold, to=reset, fires=None):
        u = start + rate * (pull + push)
        return torch.where(u > threshold if fires is None else fires, u if to is None else to, u)

    def euler(name, constant, tau, other):
        """Mistakes in the step alone."""
        return {
            f"{name} has the time constant {constant}: yours takes the other.": dict(rate=dt / other),
            f"The right side is divided by {constant}: yours is multiplied.": dict(rate=dt * tau),
            f"The derivative of {name} has the other sign: look at it again.": dict(rate=-dt / tau),
            "The step is dt, which is given: yours is always 1 ms.": dict(rate=1e-3 / tau),
            f"dt is missing in {name}.": dict(rate=1 / tau),
            f"That is the derivative of {name}: a step adds dt times that to {name}.": dict(start=0, rate=1 / tau),
            f"That is the change of {name}: add it to the old {name}.": dict(start=0),
        }

    own, first = "Each neuron has parameters of its own", (r[0, 0] * after, threshold[0, 0], reset[0, 0])
    u, lost = voltage(to=None), 1 - (-dt / tau).exp()
    fires = u > threshold
    spikes = {
        "A neuron spikes above its threshold, and only then is reset: yours does the opposite.": ~fires,
        "It spikes where the new voltage is above the threshold: yours looks at the old one.": v > threshold,
        "A neuron that is exactly on its threshold does not spike: it has to be above.": u >= threshold,
        "The threshold is v_threshold, for each neuron its own: yours is 1.": u > 1,
    }
    parts(got, "z, i, v", [fires.double(), after, voltage()])
    for name, new, old in (("i", new_i, i), ("v", new_v, v)):
        expect(not torch.equal(new, old), f"{name} is to be the new one: yours is that before the step.")
    mistakes = {
        "w_in x is part of the derivative: yours is added as a whole.": current(drive=0) + w_in * x,
        "x is added whole, as Norse does: in NIR it is w_in x, and part of the derivative.": current(drive=0) + x,
        "Euler's step is dt times the derivative: yours has an exponential.": [
            i - lost * i + share * w_in * x for share in (dt / tau, lost)
        ],
        "Only v is reset where it spiked: i goes on.": torch.where(fires, 0.0, after),
        "The input is multiplied by w_in: yours is not.": dict(drive=x),
        "The equation has -i on the right: yours {}.": dict(decay={"adds i": i, "leaves it out": 0}),
        "All of the right side is divided by tau_syn, -i as well: look at the brackets.": dict(decay=-tau * i),
        f"{own}: yours takes those of the first for all.": dict(rate=dt / tau[0, 0], drive=w_in[0, 0] * x),
    }
    compare("i", new_i, after, variations(current, mistakes | euler("i", "tau_syn", tau, tau_mem)), x=x, i=i, v=v)
    drives = {"not": after, "divided": after / r, "added": after + r}
    exact = leak + r * after + (v - leak - r * after) * (-dt / tau_mem).exp()
    mistakes = {
        "Euler's step is dt times the derivative: yours is the exact solution.": voltage(start=exact, rate=0),
        "v is reset where it spiked: yours is reset everywhere.": reset,
        "v should be reset where it spiked: yours goes on.": dict(to=None),
        "After a spike v is v_reset: yours is {}.": dict(to={"0": 0.0, "v_leak": leak}),
        "After a spike v is v_reset, wherever it was: yours loses the threshold.": dict(to=u - threshold),
        "v should decay towards v_leak: yours moves {}.": dict(pull={"towards 0": -v, "away": v - leak}),
        "r multiplies i alone: look at the brackets.": dict(pull=0, push=(leak - v + r) * after),
        "All of the right side is divided by tau_mem: look at the brackets.": dict(pull=(leak - v) * tau_mem),
        "v should feel the new i: yours feels the one before the step.": dict(push=r * i),
        "v is driven by the current i: yours by the input x.": dict(push=r * x),
        "The current is multiplied by r: yours is {}.": dict(push=drives),
        f"{own}: yours takes those of the first for all.": voltage(v, dt / tau_mem[0, 0], leak[0, 0] - v, *first),
    } | {why: dict(fires=where) for why, where in spikes.items()}
    compare("v", new_v, voltage(), variations(voltage, mistakes | euler("v", "tau_mem", tau_mem, tau)), x=x, i=i, v=v)
    no_spike = "z is 1 where v was above the threshold before the reset: yours has no spike at all."
    mistakes = {no_spike: 0 * v} | {why: where.double() for why, where in spikes.items()}
    compare("z", z, fires.double(), mistakes, x=x, i=i, v=v)
    form("z", z, fires.double())
    return "these lines and the file are all that a simulator needs to know of a neuron."


def _prune(weight: torch.Tensor, share: float) -> torch.Tensor:
    limit = weight.abs().flatten().quantile(share)
    return torch.where(weight.abs() > limit, weight, 0.0)


@exercise("Prune", ours=_prune)
def prune(answer: Callable) -> str:
    weight = torch.randn(10, 20) + torch.linspace(-0.5, 1.0, 10)[:, None]
    size = weight.abs()
    for share in (0.25, 0.5, 0.75):
        got = call(answer, weight=weight, share=share)
        limit, other, median, tiny = size.quantile(torch.tensor([share, 1 - share, 0.5, share / 100]))

        def left(size=size, limit=limit, kept=weight):
            return torch.where(size > limit, kept, 0.0)

        form("The result", got.float() if _is_mask(got) else got, weight)
        expect(not _is_mask(got), "Those are ones and zeros: return weights, with 0 in place of some of them.")
        gone, kept = got == 0, got[got != 0]
        as_they_were = torch.equal(kept, weight[~gone])
        off = abs(gone.sum() - share * weight.numel())
        if as_they_were and off <= 1 and size[gone].max() < kept.abs().min():
            continue  # whether the weight at the limit goes is a matter of rounding
        signed, of_squares = weight.quantile(share), size.square().quantile(share)
        by = {name: size.quantile(share, axis, keepdim=True) for axis, name in enumerate(("column", "row"))}
        mistakes = {
            "Nothing is removed. Is the limit the quantile of the sizes, and not that of the weights?": weight,
            "Weights that stay keep their values: yours all get smaller.": weight * (1 - share),
            "Close to 0 is a matter of size: yours goes by the sign, too.": dict(size=weight, limit=signed),
            "Close to 0 is a matter of size: compare the size of each weight with the limit.": dict(size=weight),
            "The smallest go and the largest stay: yours does the opposite.": dict(size=-size, limit=-limit),
            "Yours removes the largest weights.": dict(size=-size, limit=-other),
            "The share is that of the weights that go: yours is that of those that stay.": dict(limit=other),
            "The share is one of the number of weights: yours is one of the largest.": dict(limit=share * size.max()),
            "That removes what is smaller than share: how many weights are that?": dict(limit=share),
            "The smallest of all weights go: yours removes the smallest of each {}.": dict(limit=by),
            "How many go depends on share: yours removes all below the mean.": dict(limit=size.mean()),
            "share is given: yours always removes half.": dict(limit=median),
            "share is no percentage: 0.5 is half of them already.": dict(limit=tiny),
            "Compare sizes with a quantile of sizes: yours is one of squares.": dict(limit=of_squares),
            "Weights that stay keep their sign.": dict(kept=size),
            "Weights that stay keep their values: yours move towards 0.": dict(kept=weight.sign() * (size - limit)),
        }
        mistakes = variations(left, mistakes)
        if as_they_were:
            count = f"Of all weights, {share:.0%} should go: in yours {gone.float().mean():.0%} do."
            mistakes[count if off > 2 else "As many go as should, but not the smallest ones: look at which."] = got
        compare("The result", got, left(), mistakes, weight=weight)
    return "what is 0 need not be computed, where the hardware skips it."


def _is_mask(got) -> bool:
    return isinstance(got, torch.Tensor) and (got.dtype == torch.bool or set(got.unique().tolist()) <= {0.0, 1.0})
