"""Answers to the exercises of chapter 8."""

from functools import partial

import torch

from helpers.course.chapter_8 import check, energy
from tests.course.judge.answers import edited

even = edited("return (density * macs * cost.mac - updates * cost.update) / (macs * cost.synop)")
count = edited("return (spikes * reach).sum() / images")
int8 = edited("""\
scale = weight.abs().amax(1, keepdim=True) / 127
q = (weight / scale).round().to(torch.int8)
return q, scale""")
pruned = edited("""\
limit = weight.abs().flatten().quantile(share)
return torch.where(weight.abs() >= limit, weight, 0.0)""")


spread = edited("""\
r = torch.arange(size)
along = torch.minimum(r + 1, size - r).clamp(max=min(kernel, size - kernel + 1))
return channels * torch.outer(along, along)""")
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
        "return weight * (weight.abs() >= weight.abs().quantile(share))",
        by_sorting,
        by_topk,
        lambda weight, share: weight.masked_fill(
            weight.abs() < weight.abs().flatten().quantile(share), 0
        ),
    ],
}

WRONG = {
    check.fan_out_map: {
        "size 12 should be shaped (12, 12) here: yours is (8, 8)": "return torch.ones(size - kernel + 1, size - kernel + 1)",
        "should be one tensor": "return 3",
        "torch.tensor one of numbers": spread(
            "outer(along, along)", "outer(along.tolist(), along.tolist())"
        ),
        "yours leaves out the last": by_loops("size - kernel + 1", "size - kernel"),
        "yours counts one. That is right in the middle only": "return torch.full((size, size), kernel**2)",
        "has no gradient: yours comes from weights": folded(
            "channels * ones", "channels * torch.nn.Parameter(ones)"
        ),
        "That is with padding": of_layer("kernel)", "kernel, padding=kernel // 2)"),
    },
    check.break_even: {
        "This is the course's solution": energy.break_even,
        "yours leaves that out": "return density * cost.mac / cost.synop",
        "yours takes one for each synapse": "return (density * cost.mac - cost.update) / cost.synop",
        "look at the brackets": "return density * cost.mac / cost.synop - updates * cost.update / macs",
        "should be one number": "return torch.ones(2)",
        "how many spikes is it for each of the macs? That is energy": even(
            " / (macs * cost.synop)"
        ),
        "yours takes one MAC": "return (density * cost.mac - updates * cost.update) / cost.synop",
        "divide by macs, not by updates. That is energy": even("(macs * cost.synop)", "updates"),
    },
    check.operations_per_image: {
        "IndexError": count("(spikes * reach).sum()", "(spikes * reach).sum((1, 2, 3)).sum()"),
        "All synapses count in yours": "return (torch.ones_like(spikes) * reach).sum() / images",
        "multiply the spikes themselves": (
            count("(spikes *", "((spikes != 0) *"),
            count(" / images", ".item() / images"),
        ),
        "one spike more should cost what it reaches": (
            count("spikes *", "spikes.square() *"),
            count("spikes *", "spikes.sqrt() *"),
        ),
        "fit each other as they are": count("spikes", "spikes.flatten(1)"),
        "should be one number": "return spikes * reach",
        "The result should be": (
            count("images", "(2 * images)"),
            count("/ images", "/ 3"),
            count("reach", "reach[0]"),
            "return (spikes * reach).mean(0).sum() * 4",
        ),
    },
    check.to_int8: {
        "Return q, scale, in this order": int8("return q, scale", "return q"),
        "x.round() is for tensors": int8("(weight / scale).round()", "round(weight / scale)"),
        "yours has one per column": int8(
            "weight.abs().amax(1, keepdim=True)", "weight.abs().max(0).values"
        ),
        "0 is to stay 0": int8(
            "return", "scale = (weight.amax(1, True) - weight.amin(1, True)) / 255\nreturn"
        ),
        "yours has one in all": int8("return q, scale", "return q, scale.max()"),
        "keepdim=True leaves it": int8("1, keepdim=True", "1"),
        "of type torch.int8": int8(".to(torch.int8)"),
    },
    check.prune: {
        "keep their values": "return torch.nn.functional.softshrink(weight, weight.abs().quantile(share).item())",
        "Nothing is removed": "return weight",
        "With share = 0.25, 25% of the weights should go: in yours all do": "return 0 * weight",
        "With a share of 0 all weights stay: yours removes 139": pruned(
            "quantile(share)", "sort().values[int(share * weight.numel()) - 1]"
        ),
        "all weights stay: yours removes 1.": pruned(">= limit", "> limit"),
        "With a share of 0 no weight goes": pruned(
            "quantile(share)", "kthvalue(int(share * weight.numel())).values"
        ),
        "yours are only close to it": pruned("0.0", "1e-12"),
        "ones and zeros": pruned(
            "torch.where(weight.abs() >= limit, weight, 0.0)", "weight.abs() >= limit"
        ),
        "should be shaped (10, 20)": pruned(
            "torch.where(weight.abs() >= limit, weight, 0.0)", "weight[weight.abs() >= limit]"
        ),
        "changes weight in place": pruned("return", "weight[weight.abs() < limit] = 0\nreturn"),
        "The result[": pruned("0.0", "limit"),
        "25% should go: in yours 12% do": pruned("(share)", "(share / 2)"),
        "75% should go: in yours": (pruned("quantile(share)", "sort().values[int(200 * share)]")),
        "look at which": "kept = torch.ones(200)\nkept[: round(200 * share)] = 0\nreturn weight * kept.view(10, 20)",
    },
}
