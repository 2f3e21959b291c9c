"""spike_penalty(operations, images, synapses, strength) gives what spikes add to the loss.

That is strength times the spikes per synapse and image.
"""

import torch

from helpers.check.judge import call, exercise
from helpers.check.values import compare, expect_slopes, number, variations
from helpers.deploy import energy


@exercise("Pay for spikes", ours=energy.spike_penalty)
def spike_penalty(answer) -> str:
    spikes = torch.rand(6, 5).requires_grad_()
    given = {"operations": 40 * spikes.sum(), "images": 6, "synapses": 200, "strength": 0.7}
    operations = float(given["operations"])
    images = float(given["images"])
    synapses = float(given["synapses"])
    strength = given["strength"]

    def penalty(count=operations, strength=strength, synapses=synapses, images=images):
        return torch.tensor(strength * count / synapses / images)

    def wrong(divisor):
        return {"leaves that out": 1, "does the opposite": 1 / divisor, "does so twice": divisor**2}

    powers = [penalty() ** 2, strength * penalty(strength=1).sqrt()]
    mistakes = {
        "Those are the synaptic operations alone: weigh them.": torch.tensor(operations),
        "strength multiplies the spikes: yours is added to them.": strength + penalty(strength=1),
        "Nothing is subtracted: fewer spikes are always better.": penalty() - strength,
        "The penalty is in proportion to the spikes: yours is a square or a root.": powers,
        "Upside down: more operations should cost more.": strength**2 / penalty(),
        "Divide by synapses and by images: yours divides by their sum.": (
            penalty(synapses=synapses + images, images=1)
        ),
        "That rewards spikes: look at the sign.": dict(count=-operations),
        "operations counts all time steps already.": dict(count=[8 * operations, operations / 8]),
        "The spikes are multiplied by strength: yours {}.": dict(strength=wrong(strength)),
        "Spikes for each synapse: divide by synapses, yours {}.": dict(synapses=wrong(synapses)),
        "operations is a sum over the batch: divide by images, yours {}.": dict(
            images=wrong(images)
        ),
    }
    got = call(answer, **given)
    value = torch.tensor(number(got, "The penalty"))
    compare("The penalty", value, penalty(), variations(penalty, mistakes))
    expect_slopes(got, "the spikes", spikes)
    return (
        "a spike that crosses many synapses costs more than one that crosses few,"
        " and has a larger gradient."
    )
