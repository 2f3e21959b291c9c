"""break_even(macs, updates, cost, density) gives spikes per synapse that cost as much as ReLU."""

from helpers.course.chapter_8 import energy
from helpers.course.judge import Solution, exercise

CASES = [
    (2_005_000, 121_840, energy.ARITHMETIC, 1.0),
    (400_000, 4_000, energy.WITH_MEMORY, 0.6),
    (1_000, 300, energy.Cost(1.0, 2.0, 10.0), 0.5),
]
USED = "updates * cost.update"
SKIPPED = "The chip skips MACs with inputs of 0, and density is left: yours"
UPDATES = "The updates cost updates * cost.update: yours takes"
solution = Solution(
    """
def break_even(macs, updates, cost, density):
    left = density * macs * cost.mac - updates * cost.update
    return left / (macs * cost.synop)
""",
    {
        "left / (macs * cost.synop)": {
            (
                "cost.synop / cost.mac",
                "cost.synop / cost.mac / density",
            ): "The other way round: how many synaptic operations does one MAC pay for?",
            "(macs * cost.synop) / left": "That is 1 / s: solve for the spikes.",
            (
                f"density * cost.mac / cost.synop - {USED} / macs",
                f"density * macs * cost.mac - {USED} / (macs * cost.synop)",
                "left / macs * cost.synop",
            ): "All that is left is divided by macs * cost.synop: look at the brackets.",
            f"density * macs * cost.mac / (macs * cost.synop + {USED})": (
                "Set the two costs equal, and solve for the spikes:"
                " yours compares them at one per synapse."
            ),
        },
        "density * macs": {
            "macs": f"{SKIPPED} does all.",
            "(1 - density) * macs": f"{SKIPPED} does those alone.",
            "macs / density": f"{SKIPPED} divides by it.",
        },
        f"density * macs * cost.mac - {USED}": {
            f"density * (macs * cost.mac - {USED})": (
                "Only ReLU's MACs are skipped: density has no part in the spiking layer."
            ),
        },
        "return left": {
            "return -left": "Look at the sign: yours is negative where spikes can be afforded.",
        },
        "left /": {
            ("max(0, left) /", "abs(left) /"): "A negative result says something here: keep it.",
            "left //": "The number of spikes need not be whole: yours is rounded down.",
            "100 * left /": "Spikes, not percent: yours is 100 times too much.",
        },
        f"- {USED}": {
            "": "The neurons are updated, spikes or not: yours leaves that out.",
            "- updates": f"{UPDATES} their number alone.",
            "- cost.update": f"{UPDATES} one update.",
            "- macs * cost.update": f"{UPDATES} one for each synapse.",
            f"- 8 * {USED}": f"{UPDATES} 8 times as many.",
            "- updates * (cost.update + cost.synop)": f"{UPDATES} a synaptic operation on top.",
            f"+ {USED}": (
                "Updates are a cost of the spiking layer and leave less for spikes: yours leaves"
                " more."
            ),
        },
        "macs * cost.mac": {
            "macs": "A MAC costs cost.mac: yours takes their number.",
            "cost.mac": "The layer without spikes costs macs * cost.mac: yours takes one MAC.",
        },
        "(macs *": {
            "(1 *": (
                "That is for all synapses together: how many spikes is it for each of the macs?"
            ),
            "(updates *": "The spikes are those of each synapse: divide by macs, not by updates.",
            "((macs + updates) *": (
                "Spikes cross synapses, and there are macs of them: updates is not added."
            ),
        },
        "cost.synop": {
            "1": "That is energy: divide by what one synaptic operation costs.",
            "cost.mac": (
                "Divide by what a synaptic operation costs: yours divides by what a MAC costs."
            ),
        },
    },
)


@exercise("Break even", ours=solution)
def break_even(answer) -> str:
    labels = [f"({m}, {u}, {tuple(round(x, 1) for x in c)}, {d})" for m, u, c, d in CASES]
    solution.compare_numbers("break_even", answer, CASES, labels=labels)
    return (
        "a negative result would mean that the updates alone cost more than ReLU,"
        " and no spike can be afforded."
    )
