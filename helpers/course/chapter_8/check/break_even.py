"""break_even(macs, updates, cost, density) gives spikes per synapse that cost as much as ReLU."""

import torch

from helpers.course.chapter_8 import energy
from helpers.course.checks import compare, exercise, results

CASES = [
    (2_005_000, 121_840, energy.ARITHMETIC, 1.0),
    (400_000, 4_000, energy.WITH_MEMORY, 0.6),
    (1_000, 300, energy.Cost(1.0, 2.0, 10.0), 0.5),
]


@exercise("Break even", ours=energy.break_even)
def break_even(answer) -> str:
    got, (macs, updates, costs, density) = results(answer, "macs updates cost density", CASES)
    mac, synop, update = torch.tensor(costs, dtype=torch.float64).T
    used = updates * update

    def spikes(share=density, dense=macs * mac, used=used, synapses=macs, each=synop):
        return (share * dense - used) / (synapses * each)

    right = spikes()
    mistakes = {
        "The other way round: how many synaptic operations does one MAC pay for?": [
            synop / mac,
            synop / mac / density,
        ],
        "The chip skips MACs with inputs of 0, and density is left: yours {}.": {
            "share": {"does all": 1, "does those alone": 1 - density, "divides by it": 1 / density}
        },
        "Only ReLU's MACs are skipped: density has no part in the spiking layer.": (
            density * spikes(share=1)
        ),
        "That is 1 / s: solve for the spikes.": 1 / right,
        "Look at the sign: yours is negative where spikes can be afforded.": -right,
        "A negative result says something here: keep it.": [right.clamp(min=0), right.abs()],
        "The number of spikes need not be whole: yours is rounded down.": right.floor(),
        "Spikes, not percent: yours is 100 times too much.": 100 * right,
        "All that is left is divided by macs * cost.synop: look at the brackets.": [
            density * mac / synop - used / macs,
            density * macs * mac - used / macs / synop,
            right * synop**2,
        ],
        (
            "Set the two costs equal, and solve for the spikes:"
            " yours compares them at one per synapse."
        ): density * macs * mac / (macs * synop + used),
        "The neurons are updated, spikes or not: yours leaves that out.": {"used": 0},
        "The updates cost updates * cost.update: yours takes {}.": {
            "used": {
                "their number alone": updates,
                "one update": update,
                "one for each synapse": macs * update,
                "8 times as many": 8 * used,
                "a synaptic operation on top": updates * (update + synop),
            }
        },
        "Updates are a cost of the spiking layer and leave less for spikes: yours leaves more.": {
            "used": -used
        },
        "A MAC costs cost.mac: yours takes their number.": {"dense": macs},
        "The layer without spikes costs macs * cost.mac: yours takes one MAC.": {"dense": mac},
        "That is for all synapses together: how many spikes is it for each of the macs?": {
            "synapses": 1
        },
        "The spikes are those of each synapse: divide by macs, not by updates.": {
            "synapses": updates
        },
        "Spikes cross synapses, and there are macs of them: updates is not added.": {
            "synapses": macs + updates
        },
        "That is energy: divide by what one synaptic operation costs.": {"each": 1},
        "Divide by what a synaptic operation costs: yours divides by what a MAC costs.": {
            "each": mac
        },
    }
    labels = [f"({m}, {u}, {tuple(round(x, 1) for x in c)}, {d})" for m, u, c, d in CASES]
    compare("break_even", got, spikes, mistakes, labels)
    return (
        "a negative result would mean that the updates alone cost more than ReLU,"
        " and no spike can be afforded."
    )
