"""break_even(macs, updates, cost, density) gives spikes per synapse that cost as much as ReLU."""

from helpers.course.chapter_6 import energy
from helpers.course.checks.judge import call, exercise
from helpers.course.checks.values import compare, results, variations

CASES = [
    (2_005_000, 121_840, 1.0, *energy.ARITHMETIC),
    (400_000, 4_000, 0.6, *energy.WITH_MEMORY),
    (1_000, 300, 0.5, 1.0, 2.0, 10.0),
]


def _call(answer, macs, updates, density, **cost):
    return call(answer, macs=macs, updates=updates, cost=energy.Cost(**cost), density=density)


@exercise("Break even", ours=energy.break_even)
def break_even(answer) -> str:
    names = "macs updates density mac synop update"
    got, (macs, updates, density, mac, synop, update) = results(answer, names, CASES, _call)
    used = updates * update

    def spikes(share=density, dense=macs * mac, used=used, synapses=macs, each=synop):
        return (share * dense - used) / (synapses * each)

    right = spikes()
    ratio_of_costs = density * macs * mac / (macs * synop + used)
    wrong_updates = {
        "their number alone": updates,
        "one update": update,
        "one for each synapse": macs * update,
        "8 times as many": 8 * used,
        "a synaptic operation on top": updates * (update + synop),
    }
    brackets = [
        density * mac / synop - used / macs,
        density * macs * mac - used / macs / synop,
        right * synop**2,
    ]
    mistakes = {
        "The other way round: how many synaptic operations does one MAC pay for?": [
            synop / mac,
            synop / mac / density,
        ],
        "The chip skips MACs with inputs of 0, and density is left: yours {}.": dict(
            share={"does all": 1, "does those alone": 1 - density, "divides by it": 1 / density}
        ),
        "Only ReLU's MACs are skipped: density has no part in the spiking layer.": (
            density * spikes(share=1)
        ),
        "That is 1 / s: solve for the spikes.": 1 / right,
        "Look at the sign: yours is negative where spikes can be afforded.": -right,
        "A negative result says something here: keep it.": [right.clamp(min=0), right.abs()],
        "The number of spikes need not be whole: yours is rounded down.": right.floor(),
        "Spikes, not percent: yours is 100 times too much.": 100 * right,
        "All that is left is divided by macs * cost.synop: look at the brackets.": brackets,
        (
            "Set the two costs equal, and solve for the spikes:"
            " yours compares them at one per synapse."
        ): ratio_of_costs,
        "The neurons are updated, spikes or not: yours leaves that out.": dict(used=0),
        "The updates cost updates * cost.update: yours takes {}.": dict(used=wrong_updates),
        (
            "Updates are a cost of the spiking layer and leave less for spikes: yours leaves more."
        ): dict(used=-used),
        "A MAC costs cost.mac: yours takes their number.": dict(dense=macs),
        "The layer without spikes costs macs * cost.mac: yours takes one MAC.": dict(dense=mac),
        "That is for all synapses together: how many spikes is it for each of the macs?": dict(
            synapses=1
        ),
        "The spikes are those of each synapse: divide by macs, not by updates.": dict(
            synapses=updates
        ),
        "Spikes cross synapses, and there are macs of them: updates is not added.": dict(
            synapses=macs + updates
        ),
        "That is energy: divide by what one synaptic operation costs.": dict(each=1),
        "Divide by what a synaptic operation costs: yours divides by what a MAC costs.": dict(
            each=mac
        ),
    }
    labels = [f"({m}, {u}, {tuple(round(x, 1) for x in c)}, {d})" for m, u, d, *c in CASES]
    compare("break_even", got, right, variations(spikes, mistakes), labels)
    return (
        "a negative result would mean that the updates alone cost more than ReLU,"
        " and no spike can be afforded."
    )
