"""The network that is to be repaired: silent as the text says, and repaired by the course's answer."""

import torch

from helpers.course.chapter_2.check import repair
from helpers.course.chapter_2.silent_network import silent_network
from helpers.digits_classifier import DigitsClassifier
from helpers.network import record_spikes


def rates(net, images) -> dict[str, float]:
    """Of each layer, in Hz."""
    return {name: float(z.mean()) / 1e-3 for name, z in record_spikes(net, images)[1].items()}


def test_the_second_layer_is_silent_until_it_is_repaired(digits):
    images = digits.val[:50][0]
    net = silent_network()
    before = rates(net, images)
    assert before["lif1"] > 50 and before["lif2"] < 0.5 and before["lif3"] < 0.01
    assert record_spikes(net, images)[0].abs().max() == 0  # it never answers
    repaired = repair.ours(net, lambda name: rates(net, images)[name])
    after = rates(repaired, images)
    assert after.pop("lif1") == before["lif1"]
    assert min(after.values()) >= 2 and max(after.values()) < 50
    assert record_spikes(repaired, images)[0].abs().max() > 0


def test_a_readout_whose_highest_voltage_is_its_first_gets_no_gradient(digits):
    """What section 2.4 says of the maximum: the class's readout weights get none, all other layers do."""
    torch.manual_seed(0)
    net = DigitsClassifier().net
    images, labels = digits.val[:200]
    logits = net(images).amax(dim=0)
    n = int((logits[range(200), labels] == 0).nonzero()[0])
    net.zero_grad()
    torch.nn.functional.cross_entropy(net(images[n : n + 1]).amax(0), labels[n : n + 1]).backward()
    largest = {name: p.grad.abs().max().item() for name, p in net.named_parameters()}
    assert net.out.weight.grad[labels[n]].abs().max() == 0
    assert min(largest.values()) > 0
