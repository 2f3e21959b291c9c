"""training_step(self, batch, batch_idx) gives the cross-entropy of self(images) and labels."""

import torch
from torch.nn import Flatten, Linear, Sequential
from torch.nn.functional import cross_entropy

from helpers.course.judge import Solution, call, exercise, expect, number, slopes

ONE_STEP = "self(images) goes through all time steps, self.network through one."

solution = Solution(
    """
def training_step(self, batch, batch_idx):
    images, labels = batch
    return cross_entropy(self(images), labels)
""",
    {
        "self(images)": {
            "self.network(images)[0]": ONE_STEP,
            "self(images).softmax(1)": (
                "Cross-entropy takes the logits as they are: yours went through a softmax."
            ),
        },
        "labels)": {
            "labels, reduction='sum')": (
                "The loss should be a mean over the images: yours is a sum."
            ),
            "self(images).argmax(1))": (
                "The loss compares the logits with labels: yours with its own answers."
            ),
        },
        "cross_entropy(self(images), labels)": {
            "(self(images).argmax(1) == labels).float().mean()": (
                "That is an accuracy: it has no slope to follow."
            ),
            (
                "(self(images) - torch.eye(10)[labels]).square().mean()",
                "(self(images).softmax(1) - torch.eye(10)[labels]).square().mean()",
            ): "That is a mean square: we want the cross-entropy.",
            (
                "(self(images).argmax(1) != labels).float().mean()",
                "(self(images).argmax(1) - labels).square().float().mean()",
            ): "argmax has no slope to follow: cross_entropy takes the logits.",
        },
    },
    cross_entropy=cross_entropy,
)


@exercise("One training step", ours=solution)
def training_step(answer) -> str:
    import pytorch_lightning as pl  # here, as it takes seconds; the chapter has it already

    class Model(pl.LightningModule):
        """What it prints and logs goes nowhere."""

        def forward(self, images):
            return self.layers(images)

        def network(self, images, state=None):
            return self(images) / 8, state

        def print(self, *words, **options) -> None: ...

    images = torch.randn(6, 1, 28, 28)
    labels = torch.randint(10, (6,))
    layer = Model()
    layer.layers = Sequential(Flatten(), Linear(784, 10))
    hints = {
        "list indices": "The batch is a pair: images, labels = batch.",
        "unpack": "A batch is a pair: images and labels.",
        "'flatten'": "self takes only the images, not the batch.",
        "must be Tensor, not tuple": ONE_STEP,
    }

    def run(function, n=6):
        batch = images[:n], labels[:n]
        loss = call(function, hints, self=layer, batch=batch, batch_idx=0)
        if isinstance(loss, dict) and "loss" in loss:  # Lightning takes that, too
            loss = loss["loss"]
        return loss

    loss = run(answer)
    expect(
        all(weight.grad is None for weight in layer.parameters()),
        "Lightning goes backward from what you return: leave out backward().",
    )

    def value(function):
        return torch.tensor(number(run(function, 4), "The loss, a mean over the images,"))

    solution.compare("The loss", answer, value)
    expect(
        None not in slopes(loss, *layer.parameters()),
        "The value is right, but no gradient gets from it to the network:"
        " .item(), detach() and no_grad() cut it off.",
    )
    return "one number with a gradient. Lightning does the rest, on any device."
