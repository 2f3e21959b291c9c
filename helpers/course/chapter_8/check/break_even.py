"""break_even(macs, updates, cost, density) gives spikes per synapse that cost as much as ReLU."""

from helpers.course.chapter_8 import energy
from helpers.course.judge import Solution, exercise

CASES = [
    (2_005_000, 121_840, energy.ARITHMETIC, 1.0),
    (400_000, 4_000, energy.WITH_MEMORY, 0.6),
    (1_000, 300, energy.Cost(1.0, 2.0, 10.0), 0.5),
]
USED = "updates * cost.update"
RESULT = "left / (macs * cost.synop)"
solution = Solution(
    """
def break_even(macs, updates, cost, density):
    left = density * macs * cost.mac - updates * cost.update
    return left / (macs * cost.synop)
""",
    {
        "The other way round: how many synaptic operations does one MAC pay for?": (
            RESULT,
            "cost.synop / cost.mac",
            "cost.synop / cost.mac / density",
        ),
        **{
            f"The chip skips MACs with inputs of 0, and density is left: yours {does}.": (
                "density * macs",
                macs,
            )
            for does, macs in (
                ("does all", "macs"),
                ("does those alone", "(1 - density) * macs"),
                ("divides by it", "macs / density"),
            )
        },
        "Only ReLU's MACs are skipped: density has no part in the spiking layer.": (
            f"density * macs * cost.mac - {USED}",
            f"density * (macs * cost.mac - {USED})",
        ),
        "That is 1 / s: solve for the spikes.": (RESULT, "(macs * cost.synop) / left"),
        "Look at the sign: yours is negative where spikes can be afforded.": (
            "return left",
            "return -left",
        ),
        "A negative result says something here: keep it.": (
            "left /",
            "max(0, left) /",
            "abs(left) /",
        ),
        "The number of spikes need not be whole: yours is rounded down.": ("left /", "left //"),
        "Spikes, not percent: yours is 100 times too much.": ("left /", "100 * left /"),
        "All that is left is divided by macs * cost.synop: look at the brackets.": (
            RESULT,
            f"density * cost.mac / cost.synop - {USED} / macs",
            f"density * macs * cost.mac - {USED} / (macs * cost.synop)",
            "left / macs * cost.synop",
        ),
        (
            "Set the two costs equal, and solve for the spikes:"
            " yours compares them at one per synapse."
        ): (
            RESULT,
            f"density * macs * cost.mac / (macs * cost.synop + {USED})",
        ),
        "The neurons are updated, spikes or not: yours leaves that out.": (f" - {USED}", ""),
        **{
            f"The updates cost updates * cost.update: yours takes {used}.": (USED, cost)
            for used, cost in (
                ("their number alone", "updates"),
                ("one update", "cost.update"),
                ("one for each synapse", "macs * cost.update"),
                ("8 times as many", "8 * updates * cost.update"),
                ("a synaptic operation on top", "updates * (cost.update + cost.synop)"),
            )
        },
        "Updates are a cost of the spiking layer and leave less for spikes: yours leaves more.": (
            "- updates",
            "+ updates",
        ),
        "A MAC costs cost.mac: yours takes their number.": ("macs * cost.mac", "macs"),
        "The layer without spikes costs macs * cost.mac: yours takes one MAC.": (
            "macs * cost.mac",
            "cost.mac",
        ),
        "That is for all synapses together: how many spikes is it for each of the macs?": (
            "(macs *",
            "(1 *",
        ),
        "The spikes are those of each synapse: divide by macs, not by updates.": (
            "(macs *",
            "(updates *",
        ),
        "Spikes cross synapses, and there are macs of them: updates is not added.": (
            "(macs *",
            "((macs + updates) *",
        ),
        "That is energy: divide by what one synaptic operation costs.": ("cost.synop", "1"),
        "Divide by what a synaptic operation costs: yours divides by what a MAC costs.": (
            "cost.synop",
            "cost.mac",
        ),
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
