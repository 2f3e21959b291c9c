"""The checks of chapter 6. What an answer takes and gives stands in the starter of its exercise.

Where an answer is not right, each check gives back the course's own, and the chapter goes on with that.
"""

import itertools
from collections.abc import Callable

import nir
import numpy as np
import torch

from helpers.check.judge import call, close, compare, exercise, expect, form, kind, number, slopes
from helpers.deploy import energy, nir_export, nir_simulator
from helpers.deploy.energy import fan_out


def _fan_out_map(channels: int, kernel: int, size: int) -> torch.Tensor:
    return fan_out(torch.nn.Conv2d(1, channels, kernel), (1, size, size))[0]


def _both_axes(channels: int, along: list[int]) -> torch.Tensor:
    """The map, if a pixel is covered by so many places of the kernel along one axis."""
    along = torch.tensor(along, dtype=torch.float32)
    return channels * torch.outer(along, along)


@exercise("Fan out", ours=_fan_out_map)
def fan_out_map(answer: Callable) -> str:
    for channels, kernel, size in ((50, 5, 12), (3, 4, 5), (7, 1, 3)):
        layers = [torch.nn.Conv2d(1, channels, kernel, padding=padding) for padding in (0, kernel // 2)]
        right, padded = [fan_out(layer, (1, size, size))[0] for layer in layers]
        got = call(answer, channels=channels, kernel=kernel, size=size)
        got = got.to(right.dtype) if isinstance(got, torch.Tensor) and not got.is_complex() else got
        places = size - kernel + 1
        along = (right[0] / right[0, 0]).round()  # the corner is seen by one place of the kernel
        summed = channels * (along[:, None] + along)
        unlimited, full = [min(r + 1, size - r, kernel) for r in range(size)], torch.ones(size, size)
        mistakes = {
            "That is right in the middle only: near a border fewer places of the kernel cover a pixel.": (
                full * channels * kernel**2
            ),
            "There are channels output maps: yours counts one.": torch.outer(along, along),
            "The kernel covers places along both axes: the product of both counts, not the sum.": summed,
            "Yours depends on the row alone: the column counts as much.": channels * along[:, None] * full,
            "Yours depends on the column alone: the row counts as much.": channels * along * full,
            "The kernel has only size - kernel + 1 places along each axis: that can be the limit.": _both_axes(
                channels, unlimited
            ),
            "That is the number of all outputs: how many of them see a given pixel?": full * (channels * places**2),
            "That is with padding: here the kernel starts and ends within the map.": padded,
            "The kernel has size - kernel + 1 places along each axis: yours leaves out the last.": _both_axes(
                channels, [sum(start <= r < start + kernel for start in range(size - kernel)) for r in range(size)]
            ),
            "The kernel has size - kernel + 1 places along each axis: yours has one fewer.": _both_axes(
                channels, [min(r + 1, size - r, kernel, size - kernel) for r in range(size)]
            ),
            "Pixel 0 is covered by one place of the kernel: yours counts none.": _both_axes(
                channels, [min(r, size - 1 - r, kernel, places) for r in range(size)]
            ),
            "Near the other border, too, fewer places cover a pixel.": _both_axes(
                channels, [min(r + 1, kernel) for r in range(size)]
            ),
            "No more than kernel places along each axis cover a pixel.": _both_axes(
                channels, [min(r + 1, size - r) for r in range(size)]
            ),
            "The product of both axes counts, not the smaller of them.": channels
            * torch.minimum(along[:, None], along),
            "Rows and columns have a number of places each: yours takes the smaller twice.": (
                channels * torch.minimum(along[:, None], along) ** 2
            ),
            "The row counts once, and so does the column: yours takes the row twice.": channels
            * along[:, None] ** 2
            * full,
            "That is right in the middle only, and there are channels output maps.": full * kernel**2,
            "channels counts once: yours counts it twice.": channels * right,
            "The places of the kernel are counted already: yours takes kernel * kernel as well.": kernel**2 * right,
        }
        wrong_size = isinstance(got, torch.Tensor) and got.shape == (places, places) != right.shape
        expect(not wrong_size, "The map is that of the input, (size, size): yours has the size of the output.")
        compare(f"The map for channels {channels}, kernel {kernel}, size {size} ", got, right, mistakes)
    return "at the border a spike is cheaper. If all pixels counted like the middle, 80,000 synapses would be 180,000."


@exercise("Break even", ours=energy.break_even)
def break_even(answer: Callable) -> str:
    costs = [energy.ARITHMETIC, energy.WITH_MEMORY, energy.Cost(1.0, 2.0, 10.0)]
    given = [(2_005_000, 121_840, costs[0]), (400_000, 4_000, costs[1]), (1_000, 300, costs[2])]
    got = [[number(call(answer, macs=m, updates=u, cost=c)), m, u, *c, energy.break_even(m, u, c)] for m, u, c in given]
    got, macs, updates, mac, synop, update, right = torch.tensor(got, dtype=torch.float64).T
    dense, updating = macs * mac, updates * update
    more, undivided = (dense + updating) / (macs * synop), dense - updating / (macs * synop)
    of_each, of_one = (mac - update) / synop, (dense - update) / (macs * synop)
    mistakes = {
        "The neurons are updated, spikes or not: yours leaves that out.": mac / synop,
        "An update costs cost.update: yours takes away their number.": (dense - updates) / (macs * synop),
        "Updates are a cost of the spiking layer: they leave less for spikes, yours leaves more.": more,
        "That is the number of synaptic operations: how many are that for each of the macs synapses?": right * macs,
        "The other way round: how many synaptic operations does one MAC pay for?": synop / mac,
        "That is 1 / s: solve for the spikes.": 1 / right,
        "The update belongs to each neuron and step, not to each synapse: yours counts it macs times.": of_each,
        "One update costs cost.update: yours takes that away once, whatever updates is.": of_one,
        "cost.update is divided by cost.synop too: look at the brackets.": mac / synop - updating / macs,
        "All that is left is divided by macs * cost.synop: look at the brackets.": undivided,
        "Divide by cost.synop as well: without brackets, yours multiplies by it.": right * synop**2,
        "That is energy: divide by what one synaptic operation costs.": right * synop,
        "The spikes are those of each synapse: divide by macs, not by updates.": right * macs / updates,
        "Look at the sign: yours is negative where spikes can be afforded.": -right,
        "A negative result says something here: do not cut it off.": right.clamp(min=0),
        "updates counts the updates of all time steps already.": (dense - 8 * updating) / (macs * synop),
        "That is the energy that is left: divide by that of macs synaptic operations.": dense - updating,
        "That compares the costs at one spike per synapse: set them equal, and solve for the spikes.": (
            dense / (macs * synop + updating)
        ),
        "The number of spikes need not be whole: yours is rounded down.": right.floor(),
        "A negative result says something here: keep its sign.": right.abs(),
        "Divide by what a synaptic operation costs: yours divides by what a MAC costs.": right * synop / mac,
        "Spikes cross synapses, and there are macs of them: updates is not added.": (
            (dense - updating) / ((macs + updates) * synop)
        ),
        "A MAC costs cost.mac: yours takes their number.": (macs - updating) / (macs * synop),
        "The layer without spikes costs macs * cost.mac: yours takes one MAC.": (mac - updating) / synop,
        "That is energy per update: divide by what macs synaptic operations cost.": (dense - updating) / updates,
        "Spikes, not percent: yours is 100 times too much.": 100 * right,
        "An update costs cost.update, and no synaptic operation on top.": right - updates / macs,
    }
    labels = [f"({m}, {u}, {tuple(round(x, 1) for x in c)})" for m, u, c in given]
    compare("break_even", got, right, mistakes, labels)
    return "the third example is negative: there the updates alone cost more than ReLU, and no spike can be afforded."


@exercise("Pay for spikes", ours=energy.spike_penalty)
def spike_penalty(answer: Callable) -> str:
    spikes = torch.rand(6, 5).requires_grad_()
    operations, images, synapses, strength = 40 * spikes.sum(), 6, 200, 0.7
    got = call(answer, operations=operations, images=images, synapses=synapses, strength=strength)
    right = energy.spike_penalty(operations, images, synapses, strength)
    mistakes = {
        "That rewards spikes: look at the sign.": -right,
        "The penalty is in proportion to the spikes: yours is its square.": right**2,
        "operations is a sum over the batch: yours grows with the number of images.": images * right,
        "Spikes for each synapse: yours is not divided by synapses.": synapses * right,
        "Neither synapses nor images are divided out: the penalty grows with both.": strength * operations,
        "strength is missing: it says how much a spike counts.": right / strength,
        "The result is multiplied by strength: yours is divided by it.": right / strength**2,
        "Divide by the number of images: yours multiplies, look at the brackets.": images**2 * right,
        "Divide by the number of synapses: yours multiplies, look at the brackets.": synapses**2 * right,
        "Those are the synaptic operations alone: weigh them.": operations,
        "strength multiplies the spikes: yours is added to them.": strength + right / strength,
        "Upside down: more operations should cost more.": strength * synapses * images / operations,
        "Divide by synapses and by images: yours divides by their sum.": strength * operations / (synapses + images),
        "Divide by images once: yours does so twice.": right / images,
        "The penalty is in proportion to the spikes: yours is a square root.": strength * (right / strength).sqrt(),
        "operations counts all time steps already: yours multiplies by them.": 8 * right,
        "operations is a sum over time already: yours divides by the time steps.": right / 8,
        "Nothing is subtracted: fewer spikes are always better.": right - strength,
    }
    compare("The penalty", torch.as_tensor(number(got, "The penalty")), right.detach(), mistakes)
    arrives = isinstance(got, torch.Tensor) and slopes(got, spikes) != [None]
    expect(arrives, "The value is right, but no gradient gets back to the spikes: what cuts it off?")
    return "a spike of a neuron with many synapses costs more than one with few, and the gradient knows."


def _to_int8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scale = weight.abs().amax(dim=1, keepdim=True) / 127
    return (weight / scale).round().to(torch.int8), scale


@exercise("Eight bits", ours=_to_int8)
def to_int8(answer: Callable) -> str:
    weight = torch.randn(5, 40) * torch.tensor([[0.1], [3.0], [1.0], [0.2], [10.0]])
    weight[2] = -weight[2].abs()  # its largest weight is negative
    weight[3, 7] = -weight[3].abs().max() - 0.1
    hints = {"must match the size of tensor b (5)": "Each row has its scale: keepdim=True leaves it shaped (out, 1)."}
    got = call(answer, hints, weight=weight)
    expect(isinstance(got, tuple | list) and len(got) == 2, f"Return two tensors, q and scale: yours is {kind(got)}.")
    q, scale = got
    largest = weight.abs().amax(1, keepdim=True)
    _, right = _to_int8(weight)
    swapped = isinstance(scale, torch.Tensor) and scale.shape == weight.shape and scale.dtype == torch.int8
    expect(not swapped, "First q, then scale: yours come the other way round.")
    expect(isinstance(scale, torch.Tensor), f"scale should be a tensor, (5, 1) here: yours is {kind(scale)}.")
    whole = weight.abs().max() / 127
    single = scale.numel() == 1 and close(scale.reshape(()), whole)
    expect(not single, "One scale for each row: yours has one in all.")
    columns = scale.shape in ((1, 40), (40,))
    expect(not columns, "There is a scale for each row, each output: yours has one for each column.")
    kept = "scale should be shaped (out, 1), so that q * scale works: keepdim=True leaves that axis."
    expect(scale.shape != (5,), kept)
    highest = weight.amax(1, keepdim=True)
    becomes = "the largest weight in size is to become 127"
    spread = (highest - weight.amin(1, keepdim=True)) / 255
    mistakes = {
        "The largest weight in size may be negative: yours takes the largest value.": highest / 127,
        "Take the size of each weight first, then the largest: yours the other way round.": highest.abs() / 127,
        "The largest weight becomes 127: yours takes the mean.": weight.abs().mean(1, keepdim=True) / 127,
        "The largest weight becomes 127: yours takes the sum.": weight.abs().sum(1, keepdim=True) / 127,
        "127 is the largest: with 126 some numbers are never used.": largest / 126,
        "127 is the largest: with 128 one number does not fit into int8.": largest / 128,
        "The whole numbers go from -127 to 127, which is twice 127 steps: yours uses half of them.": largest / 63.5,
        "Numbers up to 255 do not fit: int8 has a sign.": largest / 255,
        "scale turns q into a weight: yours turns a weight into q.": 127 / largest,
        "The scale is for one step of q: yours is the largest weight.": largest,
        "Each row has a scale of its own: yours all have the same.": whole.expand(5, 1),
        f"That spreads the row over 255 numbers: but 0 is to stay 0, and {becomes}.": spread,
    }
    compare("scale", scale, right, mistakes)
    expect(isinstance(q, torch.Tensor), f"q should be a tensor of type torch.int8: yours is {kind(q)}.")
    expect(q.dtype == torch.int8, f"q should be of type torch.int8: yours is {q.dtype}.")
    steps = weight / scale
    mistakes = {
        "Conversion to int8 cuts off: round first, or the error is up to a whole step.": steps.trunc(),
        "q is weight / scale: yours multiplies.": (weight * scale).round(),
        "q is weight / scale: yours rounds the weight itself.": weight.round().to(torch.int8),
        "q is weight / scale, and 127 is in the scale already.": (127 * weight / scale).round().to(torch.int8),
        "q is weight / scale: yours is 127 times the weight, whatever its row.": (127 * weight).round().to(torch.int8),
        "Rounded down: round to the nearest.": steps.floor(),
        "Rounded up: round to the nearest.": steps.ceil().to(torch.int8),
        "q keeps the sign of the weight.": steps.abs().round(),
    }
    compare("q", q, steps.round().to(torch.int8), mistakes)
    return "no weight is off by more than half a step. A row of small weights has small steps: so each has its scale."


def _prune(weight: torch.Tensor, share: float) -> torch.Tensor:
    limit = weight.abs().flatten().quantile(share)
    return torch.where(weight.abs() > limit, weight, 0.0)


@exercise("Prune", ours=_prune)
def prune(answer: Callable) -> str:
    weight = torch.randn(10, 20) + torch.linspace(-0.5, 1.0, 10)[:, None]
    for share in (0.25, 0.5, 0.75):
        got = call(answer, weight=weight, share=share)
        count = round(share * 200)
        size = weight.abs()
        limit, other = size.flatten().quantile(torch.tensor([share, 1 - share]))
        limit_of_squares = weight.square().flatten().quantile(share)
        right = _prune(weight, share)
        form("The result", got.to(right.dtype) if _is_mask(got) else got, right)
        expect(
            not _is_mask(got), "Those are ones and zeros, or true and false: return weights, with 0 for some of them."
        )
        if torch.equal(got[got != 0], weight[got != 0]) and abs((got == 0).sum() - count) <= 1:
            gone, kept = weight[got == 0].abs(), weight[got != 0].abs()
            if gone.max() < kept.min():
                continue  # whether the weight at the limit goes is a matter of rounding
        rowwise = torch.stack([torch.where(row.abs() > row.abs().quantile(share), row, 0.0) for row in weight])
        columns = torch.stack([torch.where(of.abs() > of.abs().quantile(share), of, 0.0) for of in weight.T]).T
        signed = torch.where(weight > weight.flatten().quantile(share), weight, 0.0)
        share_of_largest = torch.where(size > share * size.max(), weight, 0.0)
        mistakes = {
            "Close to 0 is a matter of size: yours also removes large negative weights.": signed,
            "The smallest go and the largest stay: yours does the opposite.": torch.where(size < limit, weight, 0.0),
            "The share is that of the weights that go: yours is that of those that stay.": torch.where(
                size > other, weight, 0.0
            ),
            "Yours removes the largest weights.": torch.where(size < other, weight, 0.0),
            "The share is one of the number of weights: yours is one of the largest weight.": share_of_largest,
            "That removes what is smaller than share: how many weights are that?": torch.where(
                size > share, weight, 0.0
            ),
            "Weights that stay keep their sign.": right.abs(),
            "Weights that stay keep their values: yours are moved towards 0.": right.sign() * (right.abs() - limit),
            "The smallest of all weights go: yours removes the smallest of each row.": rowwise,
            "The smallest of all weights go: yours removes the smallest of each column.": columns,
            "Nothing is removed. Is the limit the quantile of the sizes, and not that of the weights?": weight,
            "Close to 0 is a matter of size: compare the size of each weight with the limit.": weight
            * (weight > limit),
            "How many go depends on share: yours removes all below the mean.": weight * (size > size.mean()),
            "share is given: yours always removes half.": weight * (size > size.flatten().quantile(0.5)),
            "share is no percentage: 0.5 is half of them already.": weight
            * (size > size.flatten().quantile(share / 100)),
            "Compare sizes with a quantile of sizes: yours is one of squares.": weight * (size > limit_of_squares),
            "Weights that stay keep their values: yours all get smaller.": weight * (1 - share),
        }
        if torch.equal(got[got != 0], weight[got != 0]):
            gone = (got == 0).float().mean()
            few = f"Of all weights, {share:.0%} should go: in yours {gone:.0%} do."
            which = "As many go as should, but not the smallest ones: look at which."
            mistakes |= {few if abs(gone - share) > 0.01 else which: got}
        compare("The result", got, right, mistakes, weight=weight)
    return "what is 0 need not be computed, where the hardware skips it."


def _is_mask(got) -> bool:
    return isinstance(got, torch.Tensor) and (got.dtype == torch.bool or set(got.unique().tolist()) <= {0.0, 1.0})


@exercise("Translate a neuron", ours=nir_export.to_nir)
def to_nir(answer: Callable) -> str:
    given = [(100.0, 200.0, 1e-3), (50.0, 400.0, 0.5e-3), (125.0, 80.0, 2e-3)]
    got = [call(answer, tau_mem_inv=a, tau_syn_inv=b, dt=dt) for a, b, dt in given]
    got = [[*one] if getattr(one, "shape", None) == (3,) else one for one in got]  # an array or a tensor
    three = all(isinstance(one, tuple | list) and len(one) == 3 for one in got)
    expect(three, f"Return three numbers, tau_mem, tau_syn and w_in: yours is {kind(got[0])}.")
    names = "tau_mem", "tau_syn", "w_in"
    columns = [[number(value, name) for value in values] for name, values in zip(names, zip(*got))]
    tau_mem, tau_syn, w_in = torch.tensor(columns, dtype=torch.float64)
    a, b, dt = torch.tensor(given, dtype=torch.float64).T
    labels = [f" for ({x:g}, {y:g}, {z:g})" for x, y, z in given]
    right_mem, right_syn, right_w = nir_export.to_nir(a, b, dt)
    constants = ("tau_mem", tau_mem, right_mem, right_syn, a), ("tau_syn", tau_syn, right_syn, right_mem, b)
    for name, mine, right, other, inverse in constants:
        mistakes = {
            f"That is {name}_inv, in 1/s: {name} is in seconds.": inverse,
            "The two time constants are the other way round.": other,
            f"{name} is in seconds: yours is in milliseconds.": 1e3 / inverse,
            f"{name} is a time in seconds: yours is one in steps.": 1 / (inverse * dt),
            f"{name} is a time: yours is the share that decays in a step.": inverse * dt,
            f"{name} is 1 / {name}_inv, and dt has no part in it.": dt / inverse,
            f"{name} is 1 / {name}_inv: // rounds down to 0.": 0 * inverse,
            f"{name} is a time, and not negative.": -1 / inverse,
        }
        compare(name, mine, right, mistakes, labels)
    mistakes = {
        "With w_in = 1, the current rises by dt / tau_syn times x: it is to rise by x.": torch.ones_like(w_in),
        "Upside down: w_in makes up for the factor dt / tau_syn.": dt * b,
        "That makes up for dt alone: there is tau_syn, too.": 1 / dt,
        "That makes up for tau_syn alone: there is dt, too.": 1 / b,
        "w_in belongs to the current, so to tau_syn: yours takes tau_mem.": 1 / (a * dt),
        "Look at the brackets: yours multiplies by dt.": dt / b,
        "Divide tau_syn by dt: yours divides tau_syn_inv.": b / dt,
        "That is tau_syn_inv: how much does i change in a step of dt?": b,
        "That is dt: the factor to make up for is dt / tau_syn.": dt,
        "w_in need not be a whole number: yours is rounded.": (1 / (b * dt)).round(),
        "One step changes i by dt / tau_syn, as Euler has it: yours takes an exponential.": 1 / (1 - (-dt * b).exp()),
        "dt is given: yours is always 1 ms.": 1 / (1e-3 * b),
        "Divide by dt: yours multiplies by 1 ms.": 1e-3 / b,
        "Divide by dt once: what is the other factor?": 1e-3 / (b * dt),
        "w_in depends on tau_syn and dt: yours is the same for all.": w_in[0].expand(3),
    }
    compare("w_in", w_in, right_w, mistakes, labels)
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
    node = nir.CubaLIF(**{name: np.array(value) for name, value in values.items()})
    of = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    x = np.array([[0.0, 0.0, 1.0, 2.0], [0.5, 9.0, 0.3, 0.0]])
    i = np.array([[0.0, 0.8, -0.5, 0.3], [4.0, 5.0, 0.1, 0.0]])
    v = np.array([[0.9, 0.2, 0.4, 0.95], [1.1, 1.49, 0.9, 1.25]])
    dt = 0.25e-3
    got = call(answer, node=node, x=x.copy(), i=i.copy(), v=v.copy(), dt=dt)
    expect(isinstance(got, tuple | list) and len(got) == 3, "Your function should return three arrays: z, i, v.")
    arrays = [np.asarray(part) for part in got]
    expect(all(array.dtype.kind in "bfiu" for array in arrays), "z, i and v should be arrays of numbers.")
    z, new_i, new_v = (torch.from_numpy(array.astype(np.float64)) for array in arrays)
    x, i, v = map(torch.from_numpy, (x, i, v))
    tau, threshold, leak = of["tau_syn"], of["v_threshold"], of["v_leak"]
    drive, b, a = of["w_in"] * x, dt / tau, dt / of["tau_mem"]

    def charged(current, dt=dt, of=of, **other):
        of = {**of, **other}
        return v + dt / of["tau_mem"] * (of["v_leak"] - v + of["r"] * current)

    right_i = i + b * (drive - i)
    right_u = charged(right_i)
    fires = right_u > threshold

    def reset(u=right_u, fires=None, to=of["v_reset"]):
        return torch.where(u > threshold if fires is None else fires, to, u)

    right = fires.double(), right_i, reset()
    orders = [all(map(close, order, right)) for order in itertools.permutations((z, new_i, new_v))]
    expect(orders[0] or not any(orders), "The three results are right, but in another order than z, i, v.")
    first = {name: value[0, 0] for name, value in of.items()}
    i_of_first = i + dt / first["tau_syn"] * (first["w_in"] * x - i)
    v_of_first = charged(right_i, of=first)
    v_of_first = reset(v_of_first, v_of_first > first["v_threshold"], first["v_reset"])
    early, exactly = v > threshold, right_u >= threshold
    multiplied, synaptic = i + dt * tau * (drive - i), charged(right_i, tau_mem=tau)
    spiked_early = reset(fires=early)

    expect(new_i.shape != i.shape or not torch.equal(new_i, i), "i is the new current: yours is that before the step.")
    mistakes = {
        "The input is multiplied by w_in: yours is not.": i + b * (x - i),
        "w_in x is part of the derivative, so it is multiplied by dt / tau_syn too.": i - b * i + drive,
        "x is added whole, as Norse does: in NIR it is w_in x, and part of the derivative.": i - b * i + x,
        "i should decay towards 0: look at the sign.": i + b * (drive + i),
        "i does not decay: the equation has -i on the right.": i + b * drive,
        "The derivative has the other sign: it is -i + w_in x.": i - b * (drive - i),
        "i takes tau_syn, the time constant of the synapse: yours takes tau_mem.": i + a * (drive - i),
        "That is the change of i: add it to the old i.": b * (drive - i),
        "That is the derivative of i: a step adds dt times that to i.": (drive - i) / tau,
        "Only v is reset where it spiked: i goes on.": torch.where(fires, 0.0, right_i),
        "Euler's step is dt times the derivative: yours is the exact solution.": drive + (i - drive) * (-b).exp(),
        "The derivative is everything on the right, divided by tau_syn: yours is multiplied.": multiplied,
        "All of the right side is divided by tau_syn, -i as well: look at the brackets.": i + dt * (drive / tau - i),
        "dt is missing in i.": i + (drive - i) / tau,
        "The step is dt, which is given: yours is always 1 ms.": i + 1e-3 / tau * (drive - i),
        "Euler's step is dt times the derivative: yours has an exponential.": i * (-b).exp() + b * drive,
        "Each neuron has parameters of its own: yours takes those of the first for all.": i_of_first,
    }
    compare("i", new_i, right_i, mistakes, x=x, i=i, v=v)
    expect(new_v.shape != v.shape or not torch.equal(new_v, v), "v is the new voltage: yours is that before the step.")
    mistakes = {
        "v should feel the new i: yours feels the one before the step.": reset(charged(i)),
        "v should be reset where it spiked: yours goes on.": right_u,
        "After a spike v is v_reset: yours is 0.": reset(to=0.0),
        "After a spike v is v_reset: yours is v_leak.": reset(to=of["v_leak"]),
        "After a spike v is v_reset, wherever it was: yours loses the threshold.": reset(to=right_u - threshold),
        "v is reset where it spiked, and goes on elsewhere: yours does the opposite.": reset(fires=~fires),
        "It spikes where the new voltage is above the threshold: yours looks at the one before the step.": spiked_early,
        "A neuron that is exactly on its threshold does not spike: it has to be above.": reset(fires=exactly),
        "The threshold is v_threshold, for each neuron its own: yours is 1.": reset(fires=right_u > 1),
        "v decays towards v_leak: yours towards 0.": reset(charged(right_i, v_leak=0.0)),
        "v should decay towards v_leak: yours moves away. Look at the sign.": reset(
            v + a * (v - leak + of["r"] * right_i)
        ),
        "v is reset where it spiked: yours is reset everywhere.": of["v_reset"],
        "The current is multiplied by r: yours is divided.": reset(v + a * (leak - v + right_i / of["r"])),
        "The current is multiplied by r: yours is added.": reset(v + a * (leak - v + right_i + of["r"])),
        "r multiplies i alone: look at the brackets.": reset(v + a * (leak - v + of["r"]) * right_i),
        "All of the right side is divided by tau_mem: look at the brackets.": reset(
            v + dt * (leak - v + of["r"] * right_i / of["tau_mem"])
        ),
        "The derivative is the right side divided by tau_mem: yours is multiplied.": reset(
            v + dt * of["tau_mem"] * (leak - v + of["r"] * right_i)
        ),
        "Euler's step is dt times the derivative: yours is the exact solution.": reset(
            leak + of["r"] * right_i + (v - leak - of["r"] * right_i) * (-a).exp()
        ),
        "The current is multiplied by r: yours is not.": reset(charged(right_i, r=1.0)),
        "v is driven by the current i: yours by the input x.": reset(charged(x)),
        "v takes tau_mem, the time constant of the membrane: yours takes tau_syn.": reset(synaptic),
        "That is the change of v: add it to the old v.": reset(right_u - v),
        "dt is missing in v.": reset(charged(right_i, dt=1.0)),
        "The step is dt, which is given: yours is always 1 ms.": reset(charged(right_i, dt=1e-3)),
        "Each neuron has parameters of its own: yours takes those of the first for all.": v_of_first,
    }
    compare("v", new_v, right[2], mistakes, x=x, i=i, v=v)
    mistakes = {
        "z is 1 where v was above the threshold before the reset: yours has no spike at all.": torch.zeros_like(v),
        "z comes from the new voltage: yours from the one before the step.": early.double(),
        "z is 1 where it spiked, and 0 elsewhere: yours is the opposite.": (~fires).double(),
        "A neuron that is exactly on its threshold does not spike: it has to be above.": exactly.double(),
        "The threshold is v_threshold, for each neuron its own: yours is 1.": (right_u > 1).double(),
    }
    compare("z", z, right[0], mistakes, x=x, i=i, v=v)
    form("z", z, right[0])
    return "these lines and the file are all that a simulator needs to know of a neuron."
