"""Chapter 8: operations are counted right, the penalty is what it says, int8 carries the network faithfully."""

import re
from functools import partial

import jupytext
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import InputError
from helpers.assets.study_results import read_sparse
from helpers.course.chapter_8 import check, energy
from helpers.course.chapter_8.energy import (
    SPIKE_LAYERS,
    Work,
    count_macs,
    evaluate,
    fan_out,
    keep_inputs,
)
from helpers.course.chapter_8.networks import ReluTwin, SparseClassifier, changed
from helpers.course.notebook.measure import count_flops
from helpers.digits_classifier import DigitsClassifier
from helpers.model import SpikingConvNet
from helpers.network import record_spikes
from tests import ROOT


@pytest.fixture
def net(seed) -> SpikingConvNet:
    return SpikingConvNet().eval()


@pytest.fixture
def batch(digits):
    return digits.test[:20]


def test_accuracy_is_that_of_the_classifier(batch, seed):
    model = DigitsClassifier().eval()
    with torch.no_grad():
        answers = model(batch[0]).argmax(1)
    answers[:5] += 1
    assert evaluate(model.net, batch[0], answers)[0] == 0.75


# Operations and energy


SHAPES = [
    (torch.nn.Conv2d(4, 4, 3, stride=2, padding=1, groups=2), (4, 6, 5)),
    (torch.nn.Linear(5, 3), (5,)),
]


@pytest.mark.parametrize("layer, shape", SHAPES)
def test_fan_out_is_what_each_input_reaches(layer, shape):
    """By weights of which half are pruned."""
    with torch.no_grad():
        layer.weight.uniform_(0.1, 1).mul_(torch.rand_like(layer.weight) >= 0.5)
    inputs = torch.eye(int(np.prod(shape))).reshape(-1, *shape)  # one spike each
    reached = (layer(inputs) != layer(0 * inputs)).flatten(1).sum(1)
    assert torch.equal(fan_out(layer, shape), reached.reshape(shape).float())


def test_bad_input_gets_a_sentence():
    with pytest.raises(InputError, match="this layer is ReLU"):
        fan_out(torch.nn.ReLU(), (3,))
    with pytest.raises(InputError, match="strength is -1"):
        SparseClassifier(strength=-1)


def test_operations_are_those_of_the_spikes_after_pooling(net, images):
    _, spikes = record_spikes(net, images)
    first, second = (F.max_pool2d(spikes[name].flatten(0, 1), 2) for name in ("lif1", "lif2"))
    conv2 = F.conv2d(first, torch.ones(50, 20, 5, 5)).sum()
    totals = [conv2, 500 * second.sum(), 10 * spikes["lif3"].sum()]
    _, counts = evaluate(net, images, torch.zeros(3))
    assert list(counts) == list(SPIKE_LAYERS) and min(totals) > 0
    assert list(counts.values()) == pytest.approx([total.item() / 3 for total in totals])


def test_macs_are_half_of_the_floating_point_operations(net, images):
    flops = count_flops(lambda: SpikingConvNet(seq_length=1)(images[:1]))
    macs = count_macs(net, images, ("conv1", *SPIKE_LAYERS))
    assert sum(macs.values()) == flops / 2 == 2_293_000


def test_work_is_counted_for_spikes_and_for_relu(net, batch):
    images, labels = batch
    work = energy.work_of(net, images)
    assert work.macs == 288_000 and work.updates == 8 * (20 * 24 * 24 + 50 * 8 * 8 + 500 + 10)
    assert work.synops == pytest.approx(sum(evaluate(net, images, labels)[1].values()))
    twin = ReluTwin().net.eval()
    assert count_macs(twin, images) == count_macs(net, images)
    assert sum(count_macs(net, images).values()) == energy.SYNAPSES
    operations = evaluate(twin, images, labels)[1]
    assert energy.work_of(twin, images) == pytest.approx((288_000 + sum(operations.values()), 0, 0))
    with torch.no_grad(), keep_inputs(twin) as inputs:
        twin(images)
    n_active = (inputs["out"] > 0).sum().item()  # an input of any size is one MAC
    assert operations["out"] == pytest.approx(10 * n_active / len(images))


def limit(density: float = 1.0) -> float:
    """Where spikes cost as much as ReLU, with memory; density: of its inputs, the share that are not 0."""
    return energy.break_even(2_005_000, 121_840, energy.WITH_MEMORY, density)


def test_break_even_is_as_in_the_text():
    """Half to six tenths of ReLU's inputs are not 0. Where zeros are skipped, our sparse network gains little."""
    assert [limit(), limit(0.5), limit(0.6)] == pytest.approx([0.796, 0.337, 0.429], abs=1e-3)
    for seed, points in read_sparse().items():
        spikes, accuracies = zip(*points)  # of the strengths 0, 0.01, 0.03, 0.1, 0.3 and 1
        lost = 1000 * (accuracies[0] - np.array(accuracies))  # digits
        assert spikes[2] < limit() < spikes[1] and max(lost[:3]) < 5, seed
        assert 0.75 * limit(0.5) < spikes[3] < min(limit(0.5), 0.25 * spikes[0]), seed
        assert round(lost[3]) == {0: 7, 1: 4}[seed] and 25 < lost[5] < 40, seed


def test_energy_is_in_microjoules():
    assert Work(1e6, 2e6, 3e6).energy(energy.ARITHMETIC) == pytest.approx(4.6 + 2 * 0.9 + 3 * 11.9)


def loss_of(model, batch):
    """The loss of one training step, and what it logs."""
    logged = {}
    model.log = lambda name, value, **options: logged.update({name: value.item()})
    model.log_dict = lambda *args, **options: None
    torch.manual_seed(1)
    return model.training_step(batch, 0), logged


def test_the_penalty_is_strength_times_spikes_per_synapse_and_lowers_them(batch, seed):
    """It is all that the loss has more than that of DigitsClassifier."""
    few = [part[:8] for part in batch]
    sparse, usual = SparseClassifier(strength=2.0, distort=0), DigitsClassifier(distort=0)
    usual.net = sparse.net

    def spikes_per_synapse():
        return sum(evaluate(sparse.net, *few)[1].values()) / energy.SYNAPSES

    before = spikes_per_synapse()
    loss, logged = loss_of(sparse, few)
    assert logged["spikes_per_synapse"] == pytest.approx(before, rel=1e-5)
    penalty = loss - loss_of(usual, few)[0]
    assert penalty.item() == pytest.approx(2 * before, rel=1e-3)
    penalty.backward()
    with torch.no_grad():
        for weight in sparse.parameters():
            weight -= 0.01 * weight.grad
    assert spikes_per_synapse() < before
    assert sparse.net.conv1.weight.grad.abs().sum() > 0.1


# int8 and pruning


def test_int8_is_a_quarter_of_the_size_and_computes_with_the_rounded_weights(net, batch):
    """As the chapter's cells make it."""
    space = {"torch": torch, "net": net}
    for cell in jupytext.read(ROOT / "solutions" / "08_deploy.md").cells:
        if "def kilobytes" in cell.source or "quantize_(int8" in cell.source:
            exec(re.sub("^!.*", "", cell.source, flags=re.MULTILINE), space)  # without the shell's
    int8, kilobytes = space["int8"], space["kilobytes"]
    assert kilobytes(int8) < 0.29 * kilobytes(net)
    for name in SPIKE_LAYERS:
        stored = getattr(int8, name).weight
        assert stored.qdata.dtype == torch.int8
        getattr(net, name).weight.data.copy_(stored.dequantize())
    with torch.no_grad():
        torch.testing.assert_close(net(batch[0]), int8(batch[0]))
    assert evaluate(int8, *batch) == evaluate(net, *batch)


def test_a_pruned_copy_costs_less(net, batch):
    pruned = changed(net, partial(check.prune.ours, share=0.7))
    assert count_macs(pruned, batch[0])["conv2"] < 0.4 * count_macs(net, batch[0])["conv2"]
    assert torch.equal(pruned.conv1.weight, net.conv1.weight)
