"""Classifier(net) is a LightningModule: its training_step(batch, batch_idx) gives the loss."""

from functools import partial

import torch
import torch.nn.functional as F

from helpers.check.judge import call, exercise, expect
from helpers.check.values import close, compare, number, slopes
from helpers.model import SpikingConvNet


def _classifier(net):
    from pytorch_lightning import LightningModule  # here, as it takes seconds to import

    class Classifier(LightningModule):
        def __init__(self, net):
            super().__init__()
            self.net = net

        def training_step(self, batch, batch_idx):
            images, labels = batch
            return F.cross_entropy(self.net(images)[-1], labels)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=5e-3)

    return Classifier(net)


@exercise("The training step", ours=_classifier)
def training_step(answer) -> str:
    from pytorch_lightning import LightningModule

    expect(
        not isinstance(answer, LightningModule),
        "Hand over the class: check.training_step(Classifier).",
    )
    module = call(answer, net=SpikingConvNet(4, n_hidden=20))
    expect(
        isinstance(module, LightningModule),
        "Hand over the class, as in check.training_step(Classifier).",
    )
    expect(
        isinstance(getattr(module, "net", None), torch.nn.Module),
        "The module should hold its network as self.net.",
    )
    weights = [w for w in module.net.parameters() if w.requires_grad]
    voltages = []
    images = torch.randn(6, 1, 28, 28)
    labels = torch.arange(6)

    def spread(net, x, result):
        """Move the voltages apart: each mistake then gives another loss, even without spikes."""
        has_state = isinstance(result, tuple) and len(result) > 1
        v = result[0] if isinstance(result, tuple) else result
        noise = torch.randn(v.shape, generator=torch.Generator().manual_seed(3))
        v = v + 3 * noise
        voltages.append(v)
        return (v, *result[1:]) if has_state else v

    which_axis = "The logits should be shaped (batch, n_classes): which axis of v is time?"
    with module.net.register_forward_hook(spread):
        hints = {
            "second time": "Lightning calls backward itself: training_step only returns the loss.",
            'missing the required "forward"': (
                "The module has no forward of its own: its network is self.net."
            ),
            "Boolean value of Tensor": (
                "CrossEntropyLoss()(logits, labels): mind the brackets. net takes images alone."
            ),
            "[-1, 0], but got 1": which_axis,
            "For 1D input": which_axis,
        }
        loss = call(module.training_step, hints, batch=(images, labels), batch_idx=0)
    expect(
        not isinstance(loss, dict) or "loss" in loss,
        "In a dict the loss is called loss: yours has another name.",
    )
    if isinstance(loss, dict):
        loss = loss["loss"]
    expect(voltages, "The loss should come from the voltage of self.net: yours never calls it.")
    expect(
        voltages[-1].dim() == 3,
        "self.net should give voltages, (seq_length, batch, n_classes), as Network does.",
    )
    expect(
        voltages[-1].shape[1] == 6,
        "self.net takes all images of the batch at once: yours gives it a part.",
    )
    v = voltages[-1]
    entropy = partial(F.cross_entropy, target=labels)
    logits = v[-1]
    is_hit = logits.argmax(1) == labels
    losses = entropy(logits, reduction="none")  # of single images
    expect(not close(loss, logits), "Those are the logits: the loss compares them with the labels.")
    expect(
        not close(loss, losses),
        "Those are the losses of single images: the batch needs one number.",
    )
    mistakes = {
        "The logits should be the last voltages: yours are the mean over time.": entropy(v.mean(0)),
        "The logits should be the last voltages: yours are the sum over time.": entropy(v.sum(0)),
        "The logits should be the last voltages: yours are the highest over time.": (
            entropy(v.amax(0))
        ),
        "The logits should be the last voltages: yours are those of the first step.": entropy(v[0]),
        "Cross-entropy takes the logits as they are: yours went through a softmax.": (
            entropy(logits.softmax(1))
        ),
        "The loss should be a mean over the images: yours is a sum, and grows with the batch.": (
            losses.sum()
        ),
        "That is the accuracy: a share of right answers has no slope to follow.": (
            is_hit.float().mean()
        ),
        "That is the share of wrong answers: it has no slope to follow.": (~is_hit).float().mean(),
        "nll_loss wants logarithms of probabilities: for logits there is cross_entropy.": (
            F.nll_loss(logits, labels)
        ),
        "That is a mean square: for classes, the loss is the cross-entropy.": [
            (guesses - F.one_hot(labels, 10)).square().mean()
            for guesses in (logits, logits.softmax(1))
        ],
        "The loss compares the last voltages: yours compares those of every step.": [
            total(torch.stack([entropy(v_t) for v_t in v])) for total in (torch.mean, torch.sum)
        ],
    }
    value = torch.as_tensor(number(loss)).to(v)
    has_slope = getattr(loss, "requires_grad", False)
    if not has_slope:
        mistakes["argmax has no slope to follow: cross_entropy takes the logits."] = value
    compare("The loss", value, losses.mean(), mistakes)
    expect(
        has_slope,
        "The value is right, but no gradient gets from it to the network.",
    )
    got = call(lambda loss: slopes(loss, *weights), hints, loss=loss)
    expect(
        all(slope is not None for slope in got),
        "The value is right, but some weights of self.net get no gradient.",
    )
    return (
        "one number, and a gradient for every weight."
        " Lightning needs no more to train it on any device."
    )
