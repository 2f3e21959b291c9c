"""training_step(self, batch, batch_idx) gives the cross-entropy of self(images) and labels."""

import torch
from torch.nn import Flatten, Linear
from torch.nn.functional import cross_entropy, one_hot

from helpers.course.checks import call, compare, exercise, expect, is_close, number


def _training_step(self, batch, batch_idx):
    images, labels = batch
    return cross_entropy(self(images), labels)


class _Model(torch.nn.Sequential):
    """Stand in for the learner's LightningModule. What it logs goes nowhere."""

    def log(self, *named, **options) -> None: ...

    log_dict = log

    def network(self, images, state=None):
        return self(images) / 8, state


@exercise("One training step", ours=_training_step)
def training_step(answer) -> str:
    images = torch.randn(6, 1, 28, 28)
    labels = torch.arange(6)
    layer = _Model(Flatten(), Linear(784, 10))
    logits = layer(images)
    one_step = "self(images) goes through all time steps, self.network through one."
    hints = {
        "list indices": "The batch is a pair: images, labels = batch.",
        "unpack": "A batch is a pair: images and labels.",
        "'flatten'": "self takes only the images, not the batch.",
        "must be Tensor, not tuple": one_step,
    }
    loss = call(answer, hints, self=layer, batch=(images, labels), batch_idx=0)
    if isinstance(loss, dict) and "loss" in loss:  # Lightning takes that, too
        loss = loss["loss"]
    expect(
        all(weight.grad is None for weight in layer.parameters()),
        "Lightning goes backward from what you return: leave out backward().",
    )
    expect(
        not is_close(loss, logits), "Those are the logits: the loss compares them with the labels."
    )
    expect(
        not is_close(loss, cross_entropy(logits, labels, reduction="none")),
        "The batch needs one number, their mean.",
    )
    mistakes = {
        one_step: cross_entropy(logits / 8, labels),
        "Cross-entropy takes the logits as they are: yours went through a softmax.": (
            cross_entropy(logits.softmax(1), labels)
        ),
        "The loss should be a mean over the images: yours is a sum.": (
            cross_entropy(logits, labels, reduction="sum")
        ),
        "That is an accuracy: it has no slope to follow.": (
            (logits.argmax(1) == labels).float().mean()
        ),
        "That is a mean square: we want the cross-entropy.": [
            (guesses - one_hot(labels, 10)).square().mean()
            for guesses in (logits, logits.softmax(1))
        ],
    }
    value = torch.as_tensor(number(loss))
    has_slope = getattr(loss, "requires_grad", False)
    if not has_slope:
        mistakes["argmax has no slope to follow: cross_entropy takes the logits."] = value
    compare("The loss", value, cross_entropy(logits, labels), mistakes)
    expect(
        has_slope,
        "The value is right, but no gradient gets from it to the network:"
        " .item() and detach() cut it off.",
    )
    return "one number with a gradient. Lightning does the rest, on any device."
