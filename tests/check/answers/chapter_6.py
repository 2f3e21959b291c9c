"""Answers to the exercises of chapter 6."""

import torch

from helpers.check import chapter_6 as check
from helpers.deploy import energy
from helpers.deploy.nir_simulator import cuba_lif
from tests.check.answers import edited

even = edited("return (macs * cost.mac - updates * cost.update) / (macs * cost.synop)")
penalty = edited("return strength * operations / (synapses * images)")
int8 = edited("""\
scale = weight.abs().amax(1, keepdim=True) / 127
q = (weight / scale).round().to(torch.int8)
return q, scale""")
pruned = edited("""\
limit = weight.abs().flatten().quantile(share)
return torch.where(weight.abs() > limit, weight, 0.0)""")
translated = edited("return 1 / tau_mem_inv, 1 / tau_syn_inv, 1 / (dt * tau_syn_inv)")
cuba = edited("""\
i = i + dt / node.tau_syn * (node.w_in * x - i)
v = v + dt / node.tau_mem * (node.v_leak - v + node.r * i)
z = (v > node.v_threshold).astype(float)
v = np.where(z > 0, node.v_reset, v)
return z, i, v""")
FLOW, MOVE, SPIKE, RESET, RETURN = cuba().splitlines()
EXACT = "v = node.v_leak + node.r * i + (v - node.v_leak - node.r * i) * np.exp(-dt / node.tau_mem)"
OF_FIRST = """\
import types
node = types.SimpleNamespace(**{name: value[0, 0] for name, value in vars(node).items() if hasattr(value, "shape")})
"""


def reach(kernel, size):
    return torch.tensor([min(r + 1, size - r, kernel, size - kernel + 1) for r in range(size)])


def fan_out_by_loops(channels, kernel, size):
    count = torch.zeros(size, size)
    for top in range(size - kernel + 1):
        for left in range(size - kernel + 1):
            count[top : top + kernel, left : left + kernel] += channels
    return count


def along(places):
    """The map of somebody who takes another number of places of the kernel along one axis."""

    def answer(channels, kernel, size):
        counts = torch.tensor([places(r, kernel, size) for r in range(size)])
        return channels * torch.outer(counts, counts)

    return answer


def without_the_end(channels, kernel, size):
    along = torch.tensor([min(r + 1, size - r, kernel) for r in range(size)])
    return channels * torch.outer(along, along)


def by_the_simulator(node, x, i, v, dt):
    state = {"i": i, "v": v}
    return cuba_lif(node, x, state, dt), state["i"], state["v"]


def by_sorting(weight, share):
    limit = weight.abs().flatten().sort().values[int(share * weight.numel())]
    return torch.where(weight.abs() >= limit, weight, torch.zeros(()))


def by_topk(weight, share):
    kept = weight.flatten().abs().topk(round((1 - share) * weight.numel())).indices
    return torch.zeros(weight.numel()).index_copy(0, kept, weight.flatten()[kept]).view_as(weight)


RIGHT = {
    check.fan_out_map: [
        lambda c, k, s: c * torch.outer(reach(k, s), reach(k, s)),
        fan_out_by_loops,
        lambda c, k, s: energy.fan_out(torch.nn.Conv2d(1, c, k), (1, s, s))[0],
        lambda c, k, s: torch.nn.functional.fold(
            torch.full((1, k * k, (s - k + 1) ** 2), float(c)), s, k
        )[0, 0],
    ],
    check.break_even: [
        *(
            even(),
            "return torch.tensor(cost.mac / cost.synop - updates * cost.update / cost.synop / macs)",
        ),
        lambda m, u, c: energy.break_even(m, u, c),
    ],
    check.spike_penalty: [
        *(penalty(), "spikes = operations / images\nreturn strength * spikes / synapses"),
        lambda operations, images, synapses, strength: (
            strength * operations.sum() * (1 / synapses) / images
        ),
    ],
    check.to_int8: [int8(), int8("q, scale", "[q, scale]")],
    check.prune: [
        *(
            pruned(),
            pruned("> limit", ">= limit"),
            "return weight * (weight.abs() > weight.abs().quantile(share))",
        ),
        by_sorting,
        by_topk,
        lambda weight, share: weight.masked_fill(
            weight.abs() < weight.abs().flatten().quantile(share), 0
        ),
    ],
    check.to_nir: [
        *(
            translated(),
            "tau_syn = tau_syn_inv**-1\nreturn [tau_mem_inv**-1, tau_syn, tau_syn / dt]",
        ),
        lambda a, b, dt: torch.tensor([1 / a, 1 / b, 1 / b / dt]).unbind(),
        "return np.array([1 / tau_mem_inv, 1 / tau_syn_inv, 1 / tau_syn_inv / dt])",
    ],
    check.cuba_lif_step: [cuba(), by_the_simulator],
}

WRONG = {
    check.fan_out_map: {
        "near a border fewer places": lambda c, k, s: torch.full((s, s), float(c * k * k)),
        "yours counts one": lambda c, k, s: torch.outer(reach(k, s), reach(k, s)),
        "The product of both counts is asked for, not their sum": lambda c, k, s: (
            c * (reach(k, s)[:, None] + reach(k, s))
        ),
        "the row alone": lambda c, k, s: c * reach(k, s)[:, None].expand(s, s),
        "the column alone": lambda c, k, s: c * reach(k, s).expand(s, s),
        "only size - kernel + 1 places": without_the_end,
        "number of all outputs": lambda c, k, s: torch.full((s, s), float(c * (s - k + 1) ** 2)),
        "yours has the size of the output": lambda c, k, s: torch.ones(s - k + 1, s - k + 1),
        "should be one tensor": lambda c, k, s: 3,
        "torch.tensor one of numbers": lambda c, k, s: torch.outer(*2 * [reach(k, s).tolist()]),
        "yours leaves out the last": lambda c, k, s: (
            fan_out_by_loops(c, k, s - 1)
            .new_zeros(s, s)
            .index_put(
                torch.meshgrid(torch.arange(s - 1), torch.arange(s - 1), indexing="ij"),
                fan_out_by_loops(c, k, s - 1),
            )
        ),
        "yours has one fewer": along(lambda r, k, s: min(r + 1, s - r, k, s - k)),
        "Pixel 0 is covered by one place": along(lambda r, k, s: min(r, s - 1 - r, k, s - k + 1)),
        "Near the other border": along(lambda r, k, s: min(r + 1, k)),
        "No more than kernel places": along(lambda r, k, s: min(r + 1, s - r)),
        "not the smaller of them": lambda c, k, s: (
            c * torch.minimum(reach(k, s)[:, None], reach(k, s))
        ),
        "the smaller twice": lambda c, k, s: (
            c * torch.minimum(reach(k, s)[:, None], reach(k, s)) ** 2
        ),
        "the column counts as much": lambda c, k, s: c * reach(k, s)[:, None].expand(s, s) ** 2,
        "yours counts one. That is right in the middle only": lambda c, k, s: torch.full(
            (s, s), float(k * k)
        ),
        "yours counts them twice": lambda c, k, s: c**2 * torch.outer(reach(k, s), reach(k, s)),
        "do not multiply by it": lambda c, k, s: c * k**2 * torch.outer(reach(k, s), reach(k, s)),
        "has no gradient: yours comes from weights": lambda c, k, s: torch.nn.functional.fold(
            torch.nn.Parameter(torch.full((1, k * k, (s - k + 1) ** 2), float(c))), s, k
        )[0, 0],
        "That is with padding": lambda c, k, s: energy.fan_out(
            torch.nn.Conv2d(1, c, k, padding=k // 2), (1, s, s)
        )[0],
    },
    check.break_even: {
        "You are checking the course's solution": energy.break_even,
        "yours leaves that out": "return cost.mac / cost.synop",
        "yours takes their number alone": even("updates * cost.update", "updates"),
        "yours leaves more": even("-", "+"),
        "That is for all synapses together: how many spikes is it for each of the macs?": even(
            "(macs * cost.synop)", "cost.synop"
        ),
        "The other way round": "return cost.synop / cost.mac",
        "That is 1 / s": even("return ", "return 1 / (") + ")",
        "yours takes one for each synapse": "return (cost.mac - cost.update) / cost.synop",
        "yours takes one update": even("updates * "),
        "look at the brackets": (
            "return cost.mac / cost.synop - updates * cost.update / macs",
            even("(macs * cost.synop)", "macs * cost.synop"),
        ),
        "should be one number": "return torch.ones(2)",
        "All that is left is divided": "return macs * cost.mac - updates * cost.update / (macs * cost.synop)",
        "what one synaptic operation costs": even("(macs * cost.synop)", "macs"),
        "not by updates": even("(macs * cost.synop)", "(updates * cost.synop)"),
        "Look at the sign": even("return ", "return -"),
        "A negative result says something here": (
            even("return ", "return max(0, ") + ")",
            even("return ", "return abs(") + ")",
        ),
        "yours takes 8 times as many": even("updates", "8 * updates"),
        "how many spikes is it for each of the macs? That is energy": even(
            " / (macs * cost.synop)"
        ),
        "yours compares them at one": "return macs * cost.mac / (macs * cost.synop + updates * cost.update)",
        "yours is rounded down": even(") / (", ") // ("),
        "divides by what a MAC costs": even("cost.synop", "cost.mac"),
        "updates is not added": even("(macs * cost.synop)", "((macs + updates) * cost.synop)"),
        "yours takes their number": even("macs * cost.mac", "macs"),
        "yours takes one MAC": "return (cost.mac - updates * cost.update) / cost.synop",
        "divide by macs, not by updates. That is energy": even("(macs * cost.synop)", "updates"),
        "not percent": even("return ", "return 100 * "),
        "yours takes a synaptic operation on top": even(
            "* cost.update", "* (cost.update + cost.synop)"
        ),
    },
    check.spike_penalty: {
        "rewards spikes": penalty("return ", "return -"),
        "yours is a square or a root": (
            penalty("return ", "return (") + ") ** 2",
            "return strength * (operations / (synapses * images)) ** 0.5",
        ),
        "operations is a sum over the batch: divide by images, yours leaves that out.": penalty(
            "(synapses * images)", "synapses"
        ),
        "Spikes for each synapse: divide by synapses, yours leaves that out.": penalty(
            "(synapses * images)", "images"
        ),
        "divide by synapses, yours leaves that out. operations is a sum over the batch": penalty(
            " / (synapses * images)"
        ),
        "The spikes are multiplied by strength: yours leaves that out": penalty("strength * "),
        "multiplied by strength: yours does the opposite": "return operations / (synapses * images * strength)",
        "divide by images, yours does the opposite": penalty(
            "(synapses * images)", "synapses * images"
        ),
        "divide by synapses, yours does the opposite": penalty(
            "(synapses * images)", "images * synapses"
        ),
        "the synaptic operations alone": "return operations",
        "yours is added to them": penalty("strength * ", "strength + "),
        "Upside down": "return strength * synapses * images / operations",
        "divides by their sum": penalty("synapses * images", "synapses + images"),
        "yours does so twice": penalty("images", "images**2"),
        "operations counts all time steps already": (
            penalty("strength", "8 * strength"),
            penalty("(synapses", "(8 * synapses"),
        ),
        "Nothing is subtracted": "return strength * (operations / (synapses * images) - 1)",
        "no gradient gets back to the spikes": penalty("operations", "operations.item()"),
        "The penalty should be": penalty("strength", "2 * strength"),
    },
    check.to_int8: {
        "Return q, scale, in this order": int8("return q, scale", "return q"),
        "First q, then scale": int8("q, scale", "scale, q"),
        "x.round() is for tensors": int8("(weight / scale).round()", "round(weight / scale)"),
        "yours has one per column": int8("amax(1", "amax(0"),
        "yours all have the same": int8("return q, scale", "return q, scale.max().expand(5, 1)"),
        "0 is to stay 0": int8(
            "return", "scale = (weight.amax(1, True) - weight.amin(1, True)) / 255\nreturn"
        ),
        "Round to the nearest": (
            int8("round", "ceil"),
            int8("round", "floor"),
        ),
        "keeps the sign": int8("(weight /", "(weight.abs() /"),
        "yours has one in all": int8("return q, scale", "return q, scale.max()"),
        "should be shaped (out, 1)": int8("return q, scale", "return q, scale.squeeze(1)"),
        "yours takes the largest value": int8("abs().amax", "amax"),
        "yours is 128": int8("127", "128"),
        "yours is 126": int8("127", "126"),
        "yours the other way round": int8(
            "abs().amax(1, keepdim=True)", "amax(1, keepdim=True).abs()"
        ),
        "yours takes the mean": int8("amax(1,", "mean(1,"),
        "yours takes the sum": int8("amax(1,", "sum(1,"),
        "yours rounds the weight itself": int8("(weight / scale)", "weight"),
        "127 is in the scale already": int8("(weight / scale)", "(127 * weight / scale)"),
        "whatever its row": int8("(weight / scale)", "(127 * weight)"),
        "keepdim=True leaves it": int8("1, keepdim=True", "1"),
        "yours is 63.5": int8("127", "63.5"),
        "yours is 255": int8("127", "255"),
        "scale turns q into a weight": int8("return q, scale", "return q, 1 / scale"),
        "yours is the largest weight": int8(" / 127"),
        "cuts off: round first": int8(".round()"),
        "yours multiplies": int8("weight / scale", "weight * scale"),
        "should be of type torch.int8": int8(".to(torch.int8)"),
    },
    check.prune: {
        "yours goes by the sign, too": pruned("weight.abs()", "weight"),
        "yours does the opposite": pruned("> limit", "< limit"),
        "yours is that of those that stay": pruned("(share)", "(1 - share)"),
        "Yours removes the largest weights": pruned("> limit", "< limit").replace(
            "(share)", "(1 - share)"
        ),
        "yours is one of the largest": pruned(
            "weight.abs().flatten().quantile(share)", "share * weight.abs().max()"
        ),
        "how many weights are that?": pruned("> limit", "> share"),
        "keep their sign": pruned("limit, weight,", "limit, weight.abs(),"),
        "keep their values": "return torch.nn.functional.softshrink(weight, weight.abs().quantile(share).item())",
        "the smallest of each row": "limit = weight.abs().quantile(share, dim=1, keepdim=True)\n"
        "return torch.where(weight.abs() > limit, weight, 0.0)",
        "the smallest of each column": "limit = weight.abs().quantile(share, dim=0, keepdim=True)\n"
        "return torch.where(weight.abs() > limit, weight, 0.0)",
        "Nothing is removed": "return weight",
        "With share = 0.25, 25% of the weights should go: in yours all do": "return 0 * weight",
        "With share = 0, 0% of the weights should go: in yours all do": pruned(
            "quantile(share)", "sort().values[int(share * weight.numel()) - 1]"
        ),
        "With a share of 0 no weight goes": pruned(
            "quantile(share)", "kthvalue(int(share * weight.numel())).values"
        ),
        "ones and zeros": pruned(
            "torch.where(weight.abs() > limit, weight, 0.0)", "weight.abs() > limit"
        ),
        "should be shaped (10, 20)": pruned(
            "torch.where(weight.abs() > limit, weight, 0.0)", "weight[weight.abs() > limit]"
        ),
        "changes weight in place": pruned("return", "weight[weight.abs() <= limit] = 0\nreturn"),
        "The result[": pruned("0.0", "limit"),
        "and not that of the weights": pruned("weight.abs().flatten()", "weight.flatten()"),
        "compare the size of each weight": pruned("weight.abs() > limit", "weight > limit"),
        "all below the mean": pruned(
            "weight.abs().flatten().quantile(share)", "weight.abs().mean()"
        ),
        "always removes half": pruned("(share)", "(0.5)"),
        "share is no percentage": pruned("(share)", "(share / 100)"),
        "yours is one of squares": pruned("weight.abs().flatten()", "weight.square().flatten()"),
        "25% should go: in yours 12% do": pruned("(share)", "(share / 2)"),
        "yours all get smaller": "return weight * (1 - share)",
        "look at which": "kept = torch.ones(200)\nkept[: round(200 * share)] = 0\nreturn weight * kept.view(10, 20)",
    },
    check.to_nir: {
        "yours is a tuple of 2": "return 1 / tau_mem_inv, 1 / tau_syn_inv",
        "That is tau_mem_inv": translated("1 / tau_mem_inv", "tau_mem_inv"),
        "tau_syn is in seconds.": translated("1 / tau_syn_inv", "tau_syn_inv"),
        "the other way round": "return 1 / tau_syn_inv, 1 / tau_mem_inv, 1 / (dt * tau_syn_inv)",
        "yours is in milliseconds": translated("1 / tau_mem_inv", "1000 / tau_mem_inv"),
        "yours is one in steps": translated("1 / tau_mem_inv", "1 / (dt * tau_mem_inv)"),
        "share that decays in a step": translated("1 / tau_mem_inv", "dt * tau_mem_inv"),
        "With w_in = 1": translated("1 / (dt * tau_syn_inv)", "1.0"),
        "Upside down": translated("1 / (dt * tau_syn_inv)", "dt * tau_syn_inv"),
        "there is tau_syn, too": translated("1 / (dt * tau_syn_inv)", "1 / dt"),
        "there is dt, too": translated("1 / (dt * tau_syn_inv)", "1 / tau_syn_inv"),
        "yours takes tau_mem": translated("(dt * tau_syn_inv)", "(dt * tau_mem_inv)"),
        "Look at the brackets": translated("1 / (dt * tau_syn_inv)", "1 / tau_syn_inv * dt"),
        "yours divides tau_syn_inv": translated("1 / (dt * tau_syn_inv)", "tau_syn_inv / dt"),
        "how much does i change": translated("1 / (dt * tau_syn_inv)", "tau_syn_inv"),
        "and dt has no part in it": translated("1 / tau_mem_inv", "dt / tau_mem_inv"),
        "// rounds down to 0": translated("1 / tau_mem_inv", "1 // tau_mem_inv"),
        "and not negative": translated("1 / tau_mem_inv", "-1 / tau_mem_inv"),
        "That is dt": translated("1 / (dt * tau_syn_inv)", "dt"),
        "yours is rounded": translated("1 / (dt * tau_syn_inv)", "round(1 / (dt * tau_syn_inv))"),
        "yours takes an exponential": translated("1 / (dt", "1 / (1 - math.exp(-dt").replace(
            "inv)", "inv))"
        ),
        "dt is given": (
            translated("(dt", "(1e-3"),
            translated("1 / (dt * tau_syn_inv)", "1e-3 / tau_syn_inv"),
        ),
        "yours has one of them in milliseconds": (
            translated("1 / (dt", "1e-3 / (dt"),
            translated("1 / (dt", "1e3 / (dt"),
        ),
        "yours is the same for all": translated("1 / (dt * tau_syn_inv)", "7"),
        "w_in for (100, 200, 0.001) should be 5": translated("1 / (dt", "2 / (dt"),
    },
    check.cuba_lif_step: {
        "yours is of type ndarray": cuba(RETURN, "return z"),
        "in another order": cuba(RETURN, "return v, i, z"),
        "multiplied by w_in: yours is not": cuba("node.w_in * x", "x"),
        "yours adds i": cuba("x - i", "x + i"),
        "yours leaves it out": cuba("x - i", "x"),
        "yours takes the other": cuba("tau_syn", "tau_mem"),
        "yours feels the one before the step": "before = i\n"
        + cuba("node.r * i", "node.r * before"),
        "yours moves towards 0": cuba("node.v_leak - v", "-v"),
        "multiplied by r: yours is not": cuba("node.r * i", "i"),
        "yours goes on": cuba(RESET),
        "yours is 0": cuba("node.v_reset", "0"),
        "np.where(z == 1, node.v_reset, v) fits": cuba(
            RESET, "v = v.copy()\nv[z > 0] = node.v_reset"
        ),
        "yours is v_leak": cuba("node.v_reset", "node.v_leak"),
        "yours loses the threshold": cuba("node.v_reset", "v - node.v_threshold"),
        "yours has no spike at all": cuba(
            RETURN, "return (v > node.v_threshold).astype(float), i, v"
        ),
        "yours is always 1 ms": "dt = 1e-3\n" + cuba(),
        "yours takes those of the first": OF_FIRST + cuba(),
        "at once: an if": cuba(
            SPIKE, "z = np.array([1.0 if a > b else 0.0 for a, b in zip(v, node.v_threshold)])"
        ),
        "yours is 1": cuba("v > node.v_threshold", "v > 1"),
        "exactly on its threshold": cuba("v > node", "v >= node"),
        "yours looks at the old one": (
            "old = v\n" + cuba("v > node", "old > node"),
            "old = v\n" + cuba(RETURN, "return (old > node.v_threshold).astype(float), i, v"),
        ),
        "yours does the opposite": (cuba("z > 0", "z < 1"), cuba(RETURN, "return 1 - z, i, v")),
        "yours is that before the step": "before = i\n" + cuba(RETURN, "return z, before, v"),
        "has the other sign": cuba("i + dt", "i - dt"),
        "-i as well": cuba(
            "dt / node.tau_syn * (node.w_in * x - i)", "dt * (node.w_in * x / node.tau_syn - i)"
        ),
        "Euler": cuba(
            FLOW, "i = i * np.exp(-dt / node.tau_syn) + dt / node.tau_syn * node.w_in * x"
        ),
        "as Norse does": cuba(FLOW, "i = i + x - dt / node.tau_syn * i"),
        "is part of the derivative": cuba(FLOW, "i = i + node.w_in * x - dt / node.tau_syn * i"),
        "That is the change of i": cuba("i + dt", "dt"),
        "That is the derivative of i": cuba(
            "i + dt / node.tau_syn * (node.w_in * x - i)", "(node.w_in * x - i) / node.tau_syn"
        ),
        "Only v is reset": cuba(RETURN, "return z, np.where(z > 0, 0, i), v"),
        "yours has an exponential": cuba(
            FLOW, "i = node.w_in * x + (i - node.w_in * x) * np.exp(-dt / node.tau_syn)"
        ),
        "yours moves away": cuba("node.v_leak - v", "v - node.v_leak"),
        "yours is reset everywhere": cuba("np.where(z > 0, node.v_reset, v)", "node.v_reset"),
        "yours is divided": cuba("node.r * i", "i / node.r"),
        "yours is added": cuba("node.r * i", "node.r + i"),
        "r multiplies i alone": cuba(
            "(node.v_leak - v + node.r * i)", "(node.v_leak - v + node.r) * i"
        ),
        "All of the right side is divided by tau_mem": cuba(
            MOVE, "v = v + dt * (node.v_leak - v + node.r * i / node.tau_mem)"
        ),
        "divided by tau_mem: yours is multiplied": cuba("dt / node.tau_mem", "dt * node.tau_mem"),
        "yours is the exact solution": cuba(MOVE, EXACT),
        "yours is multiplied": cuba("dt / node.tau_syn", "dt * node.tau_syn"),
        "dt is missing in i": cuba(
            "dt / node.tau_syn * (node.w_in * x - i)", "(node.w_in * x - i) / node.tau_syn"
        ),
        "should be arrays of numbers": "return 'a', i, v",
    },
}
