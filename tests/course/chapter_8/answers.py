"""Answers to the exercises of chapter 8."""

from functools import partial

import torch

from helpers.course.chapter_8 import back_end, check, energy
from tests.course.checks.answers import edited

even = edited("return (density * macs * cost.mac - updates * cost.update) / (macs * cost.synop)")
count = edited("return (spikes * reach).sum() / images")
int8 = edited("""\
scale = weight.abs().amax(1, keepdim=True) / 127
q = (weight / scale).round().to(torch.int8)
return q, scale""")
pruned = edited("""\
limit = weight.abs().flatten().quantile(share)
return torch.where(weight.abs() > limit, weight, 0.0)""")
translated = edited("return 1 / tau_mem_inv, 1 / tau_syn_inv, 1 / (dt * tau_syn_inv)")
first = partial(translated, "1 / tau_mem_inv")
weighed = partial(translated, "1 / (dt * tau_syn_inv)")
converted = edited("""\
x_to_i = dt / node.tau_syn * node.w_in
i_to_v = dt / node.tau_mem * node.r
alpha = 1 - dt / node.tau_syn
beta = 1 - dt / node.tau_mem
threshold = node.v_threshold / (x_to_i * i_to_v)
return alpha, beta, threshold""")


spread = edited("""\
r = torch.arange(size)
along = torch.minimum(r + 1, size - r).clamp(max=min(kernel, size - kernel + 1))
return channels * torch.outer(along, along)""")
joined = partial(spread, "torch.outer(along, along)")
INSIDE = "clamp(max=min(kernel, size - kernel + 1))"
by_loops = edited("""\
count = torch.zeros(size, size)
for top in range(size - kernel + 1):
    for left in range(size - kernel + 1):
        count[top : top + kernel, left : left + kernel] += channels
return count""")
folded = edited("""\
ones = torch.ones(1, kernel**2, (size - kernel + 1) ** 2)
return torch.nn.functional.fold(channels * ones, size, kernel)[0, 0]""")
of_layer = edited("""\
from helpers.course.chapter_8 import energy
layer = torch.nn.Conv2d(1, channels, kernel)
return energy.fan_out(layer, (1, size, size))[0]""")


def by_sorting(weight, share):
    limit = weight.abs().flatten().sort().values[int(share * weight.numel())]
    return torch.where(weight.abs() >= limit, weight, torch.zeros(()))


def by_topk(weight, share):
    kept = weight.flatten().abs().topk(round((1 - share) * weight.numel())).indices
    return torch.zeros(weight.numel()).index_copy(0, kept, weight.flatten()[kept]).view_as(weight)


RIGHT = {
    check.fan_out_map: [spread(), by_loops(), of_layer(), folded()],
    check.break_even: [
        even(),
        "return torch.tensor(density * cost.mac / cost.synop"
        " - updates * cost.update / cost.synop / macs)",
        partial(energy.break_even),
    ],
    check.operations_per_image: [
        count(),
        "return (spikes.sum(0) * reach).sum() / images",
        "return torch.tensordot(spikes, reach, reach.dim()).sum() / images",
        "return sum((spikes_t * reach).sum() for spikes_t in spikes) / images",
    ],
    check.to_int8: [int8(), int8("q, scale", "[q, scale]")],
    check.prune: [
        pruned(),
        pruned("> limit", ">= limit"),
        "return weight * (weight.abs() > weight.abs().quantile(share))",
        by_sorting,
        by_topk,
        lambda weight, share: weight.masked_fill(
            weight.abs() < weight.abs().flatten().quantile(share), 0
        ),
    ],
    check.to_nir: [
        translated(),
        "tau_syn = tau_syn_inv**-1\nreturn [tau_mem_inv**-1, tau_syn, tau_syn / dt]",
        lambda a, b, dt: torch.tensor([1 / a, 1 / b, 1 / b / dt]).unbind(),
        "return np.array([1 / tau_mem_inv, 1 / tau_syn_inv, 1 / tau_syn_inv / dt])",
    ],
    check.to_snntorch: [
        converted(),
        partial(back_end.to_snntorch),
        converted("return alpha, beta, threshold", "return [alpha, beta, threshold]"),
        "alpha = 1 - dt / node.tau_syn\nbeta = 1 - dt / node.tau_mem\n"
        "return alpha, beta, node.v_threshold / (node.w_in * node.r * (1 - alpha) * (1 - beta))",
    ],
}

WRONG = {
    check.fan_out_map: {
        "near a border fewer places": joined("torch.full((size, size), kernel**2)"),
        "yours counts one": spread("channels * "),
        "The product of both counts is asked for, not their sum": joined(
            "(along[:, None] + along)"
        ),
        "the row alone": joined("along[:, None].expand(size, size)"),
        "the column alone": joined("along.expand(size, size)"),
        "only size - kernel + 1 places": spread(INSIDE, "clamp(max=kernel)"),
        "number of all outputs": joined("torch.full((size, size), (size - kernel + 1) ** 2)"),
        "yours has the size of the output": "return torch.ones(size - kernel + 1, size - kernel + 1)",
        "should be one tensor": "return 3",
        "torch.tensor one of numbers": joined("torch.outer(along.tolist(), along.tolist())"),
        "yours leaves out the last": by_loops("size - kernel + 1", "size - kernel"),
        "yours has one fewer": spread("kernel + 1", "kernel"),
        "Pixel 0 is covered by one place": spread("r + 1, size", "r, size - 1"),
        "Near the other border": spread(
            f"torch.minimum(r + 1, size - r).{INSIDE}", "(r + 1).clamp(max=kernel)"
        ),
        "No more than kernel places": spread(f".{INSIDE}"),
        "not the smaller of them": joined("torch.minimum(along[:, None], along)"),
        "the smaller twice": joined("torch.minimum(along[:, None], along) ** 2"),
        "the column counts as much": joined("along[:, None].expand(size, size) ** 2"),
        "yours counts one. That is right in the middle only": "return torch.full((size, size), kernel**2)",
        "yours counts them twice": spread("channels", "channels**2"),
        "do not multiply by it": spread("channels", "channels * kernel**2"),
        "has no gradient: yours comes from weights": folded(
            "channels * ones", "channels * torch.nn.Parameter(ones)"
        ),
        "That is with padding": of_layer("kernel)", "kernel, padding=kernel // 2)"),
    },
    check.break_even: {
        "You are checking the course's solution": energy.break_even,
        "yours leaves that out": "return density * cost.mac / cost.synop",
        "density is left: yours does all": even("density * "),
        "density is left: yours does those alone": even("density *", "(1 - density) *"),
        "density is left: yours divides by it": even("density * macs", "macs / density"),
        "density has no part in the spiking layer": even("(density * ", "density * ("),
        "yours takes their number alone": even("updates * cost.update", "updates"),
        "yours leaves more": even("-", "+"),
        "That is for all synapses together: how many spikes is it for each of the macs?": even(
            "(macs * cost.synop)", "cost.synop"
        ),
        "The other way round": "return cost.synop / cost.mac",
        "That is 1 / s": even("return ", "return 1 / (") + ")",
        "yours takes one for each synapse": "return (density * cost.mac - cost.update) / cost.synop",
        "yours takes one update": even("updates * "),
        "look at the brackets": (
            "return density * cost.mac / cost.synop - updates * cost.update / macs",
            even("(macs * cost.synop)", "macs * cost.synop"),
        ),
        "should be one number": "return torch.ones(2)",
        "All that is left is divided": "return density * macs * cost.mac - updates * cost.update / (macs * cost.synop)",
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
        "yours compares them at one": "return density * macs * cost.mac / (macs * cost.synop + updates * cost.update)",
        "yours is rounded down": even(") / (", ") // ("),
        "divides by what a MAC costs": even("cost.synop", "cost.mac"),
        "updates is not added": even("(macs * cost.synop)", "((macs + updates) * cost.synop)"),
        "yours takes their number": even("macs * cost.mac", "macs"),
        "yours takes one MAC": "return (density * cost.mac - updates * cost.update) / cost.synop",
        "divide by macs, not by updates. That is energy": even("(macs * cost.synop)", "updates"),
        "not percent": even("return ", "return 100 * "),
        "yours takes a synaptic operation on top": even(
            "* cost.update", "* (cost.update + cost.synop)"
        ),
    },
    check.operations_per_image: {
        "Those are the operations of the whole batch": count(" / images"),
        "its length is not the number of images": count("images", "len(spikes)"),
        "That is spikes: each one": count(" * reach"),
        "All synapses count in yours": "return (torch.ones_like(spikes) * reach).sum() / images",
        "yours takes their mean": count("sum", "mean"),
        "Multiply the spikes themselves": (
            count("(spikes *", "((spikes != 0) *"),
            count(" / images", ".item() / images"),
        ),
        "one spike more should cost what it reaches": (
            count("spikes *", "spikes.square() *"),
            count("spikes *", "spikes.sqrt() *"),
        ),
        "fit each other as they are": count("spikes", "spikes.flatten(1)"),
        "should be one number": "return spikes * reach",
        "The result should be": count("images", "(2 * images)"),
        "yours is rounded": count("/ images", "// images"),
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
        "yours are only close to it": pruned("0.0", "1e-12"),
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
        "That is tau_mem_inv": first("tau_mem_inv"),
        "tau_syn is in seconds.": translated("1 / tau_syn_inv", "tau_syn_inv"),
        "the other way round": "return 1 / tau_syn_inv, 1 / tau_mem_inv, 1 / (dt * tau_syn_inv)",
        "yours is in milliseconds": first("1000 / tau_mem_inv"),
        "yours is one in steps": first("1 / (dt * tau_mem_inv)"),
        "share that decays in a step": first("dt * tau_mem_inv"),
        "With w_in = 1": weighed("1.0"),
        "Upside down": weighed("dt * tau_syn_inv"),
        "there is tau_syn, too": weighed("1 / dt"),
        "there is dt, too": weighed("1 / tau_syn_inv"),
        "yours takes tau_mem": translated("(dt * tau_syn_inv)", "(dt * tau_mem_inv)"),
        "Look at the brackets": weighed("1 / tau_syn_inv * dt"),
        "yours divides tau_syn_inv": weighed("tau_syn_inv / dt"),
        "how much does i change": weighed("tau_syn_inv"),
        "and dt has no part in it": first("dt / tau_mem_inv"),
        "// rounds down to 0": first("1 // tau_mem_inv"),
        "and not negative": first("-1 / tau_mem_inv"),
        "That is dt": weighed("dt"),
        "yours is rounded": weighed("round(1 / (dt * tau_syn_inv))"),
        "yours takes an exponential": translated("1 / (dt", "1 / (1 - math.exp(-dt").replace(
            "inv)", "inv))"
        ),
        "dt is given": (
            translated("(dt", "(1e-3"),
            weighed("1e-3 / tau_syn_inv"),
        ),
        "yours has one of them in milliseconds": (
            translated("1 / (dt", "1e-3 / (dt"),
            translated("1 / (dt", "1e3 / (dt"),
        ),
        "yours is the same for all": weighed("7"),
        "w_in for (100, 200, 0.001) should be 5": translated("1 / (dt", "2 / (dt"),
    },
    check.to_snntorch: {
        "alpha is for the current": converted("return alpha, beta", "return beta, alpha"),
        "yours is what is lost": converted("alpha = 1 - ", "alpha = "),
        "of the voltage after a step: yours is what is lost": converted("beta = 1 - ", "beta = "),
        "yours is exponential": converted("1 - dt / node.tau_syn", "math.exp(-dt / node.tau_syn)"),
        "a share without a unit": (
            converted("1 - dt / node.tau_syn", "1 - node.tau_syn"),
            converted("1 - dt / node.tau_mem", "1 - 1 / node.tau_mem"),
        ),
        "yours grows": converted("1 - dt / node.tau_mem", "1 + dt / node.tau_mem"),
        "yours divides tau by dt": converted("dt / node.tau_syn", "node.tau_syn / dt"),
        "That is tau_mem, a time": converted("1 - dt / node.tau_mem", "node.tau_mem"),
        "by what factor is it larger": converted(" / (x_to_i * i_to_v)"),
        "Upside down": converted(" / (x_to_i", " * (x_to_i"),
        "an input x raises syn by x": (
            converted("x_to_i = dt / node.tau_syn * node.w_in", "x_to_i = 1"),
            converted("x_to_i = dt / node.tau_syn * node.w_in", "x_to_i = node.w_in"),
        ),
        "yours leaves out w_in": converted(" * node.w_in"),
        "Yours has no r": converted(" * node.r"),
        "Yours ignores that": converted("i_to_v = dt / node.tau_mem * node.r", "i_to_v = 1"),
        "Yours takes r alone": converted("dt / node.tau_mem * node.r", "node.r"),
        "alpha, beta, threshold, in this order": converted(", threshold"),
        "threshold for neuron 1 should be": converted("x_to_i * i", "2 * x_to_i * i"),
    },
}
