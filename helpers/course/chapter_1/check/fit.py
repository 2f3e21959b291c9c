"""fit(module, batches) trains a LightningModule on each batch once, and gives the losses."""

import torch
from torch.nn.functional import cross_entropy

from helpers.course.judge import Solution, call, compare, exercise, expect, expect_type, number

ZERO = "        optimizer.zero_grad()\n"
BACKWARD = "        loss.backward()\n"
STEP = "        optimizer.step()\n"

solution = Solution(
    """
def fit(module, batches):
    optimizer = module.configure_optimizers()
    losses = []
    for batch_idx, batch in enumerate(batches):
        loss = module.training_step(batch, batch_idx)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
""",
    {
        ZERO: {
            "": "The gradients of earlier batches add up: set them to zero before each backward().",
        },
        STEP: {
            "": (
                "The weights have not moved. The order is: old gradients to zero, backward(),"
                " step()."
            ),
        },
        ZERO + BACKWARD + STEP: {
            STEP + ZERO + BACKWARD: (
                "The old gradient moves the weights: go backward first, then take the step."
            ),
        },
    },
)


class _Module(torch.nn.Linear):
    """Stand in for a LightningModule: a layer with its two methods. Keeps its calls."""

    def __init__(self, weight):
        super().__init__(4, 3, bias=False)
        self.weight.data = weight.clone()
        self.calls = []
        self.n_optimizers = 0

    def training_step(self, batch, batch_idx):
        inputs, labels = batch
        self.calls.append(batch_idx)
        return cross_entropy(self(inputs), labels)

    def configure_optimizers(self):
        self.n_optimizers += 1
        return torch.optim.Adam(self.parameters(), lr=0.1)


@exercise("What the Trainer does", ours=solution)
def fit(answer) -> str:
    weight = torch.randn(3, 4)
    # The second batch is not like the first: Adam's memory then counts.
    batches = [(n * torch.randn(6, 4), torch.randint(3, (6,))) for n in (1, 5, 2)]
    got = _Module(weight)
    hints = {
        "second time": "Each batch needs a loss of its own: call training_step in the loop.",
        "missing 1 required positional argument": "training_step(batch, batch_idx) takes two.",
        "'NoneType' object has no attribute 'step'": "configure_optimizers() returns an optimiser.",
        "no attribute 'parameters'": "The optimiser is that of module.configure_optimizers().",
    }
    losses = call(answer, hints, module=got, batches=batches)
    expect(
        len(got.calls) == 3,
        "The loss comes from module.training_step, called once for each batch: of 3 batches, yours"
        f" makes {len(got.calls)} calls.",
    )
    expect(got.calls == [0, 1, 2], f"batch_idx counts the batches from 0: yours are {got.calls}.")
    expect(got.n_optimizers, "The optimiser is that of module.configure_optimizers().")
    expect(
        got.n_optimizers == 1,
        "One optimiser serves all batches: a new one has forgotten the gradients of before.",
    )

    def weights(function):
        """Return the weights after a shorter loop."""
        module = _Module(weight)
        call(function, hints, module=module, batches=batches[:2])
        return module.weight

    solution.compare("The weight", answer, weights)
    expect_type(losses, list | tuple, "Return the losses as a list: yours is")
    expect(len(losses) == 3, f"There is one loss for each batch: yours has {len(losses)}.")
    expect(
        not any(getattr(loss, "requires_grad", False) for loss in losses),
        "The losses still hold all that backward() needed, and fill the memory: keep loss.item().",
    )
    values = torch.tensor([number(loss, "Each loss") for loss in losses])
    compare("The losses", values, torch.tensor(solution(_Module(weight), batches)))
    return "that is the loop of every training. The Trainer runs it on any device."
